"""The bare thing to compare uploads with: an ASGI application that reads a body and throws it away."""

import sys

import uvicorn


async def sink(_: dict, receive, send) -> None:  # noqa: ANN001 - ASGI's own
    """Read, then answer."""
    while (await receive()).get("more_body"):
        pass
    await send({"type": "http.response.start", "status": 202, "headers": [(b"content-length", b"2")]})
    await send({"type": "http.response.body", "body": b"{}"})


uvicorn.run(sink, port=int(sys.argv[1]), log_level="error", access_log=False, lifespan="off")
