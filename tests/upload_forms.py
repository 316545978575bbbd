"""Forms with a recording, byte by byte, and bare connections to send them on."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, suppress

PATHS = ["/api/v1/transcriptions", "/api/transcribe_only", "/api/jobs"]
HEAD = b'--b\r\nContent-Disposition: form-data; name="audio"; filename="a.wav"\r\n\r\n'
TAIL = b"\r\n--b--\r\n"
FORM = {"Content-Type": "multipart/form-data; boundary=b"}


@asynccontextmanager
async def connected(
    address: str, path: str, length: str, source: str = "127.0.0.1"
) -> AsyncIterator[tuple[asyncio.StreamReader, asyncio.StreamWriter]]:
    """A bare connection, from one of this machine's own addresses, on which a form was announced."""
    host, port = address.removeprefix("http://").split(":")
    reader, writer = await asyncio.open_connection(host, int(port), local_addr=(source, 0))
    writer.write(
        f"POST {path} HTTP/1.1\r\nHost: {host}\r\n{length}\r\nContent-Type: {FORM['Content-Type']}\r\n\r\n".encode()
    )
    try:
        yield reader, writer
    finally:
        writer.close()
        with suppress(ConnectionError):
            await writer.wait_closed()
