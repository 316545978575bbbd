"""What HTTP/1.1 needs here beyond uvicorn's settings and Litestar's routing; each file names the promise it keeps.

A proxy in front does most of it too, but this server also stands alone on a network, behind nothing but its key.
"""
