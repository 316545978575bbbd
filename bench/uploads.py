"""How fast a large recording gets into the server, beside an ASGI application that throws it away."""

from __future__ import annotations

import asyncio
import time

MIB = 1024 * 1024
HEAD = b'--b\r\nContent-Disposition: form-data; name="audio"; filename="a.wav"\r\n\r\n'
TAIL = b"\r\n--b--\r\n"


async def upload_rate(port: int, path: str, mebibytes: int, *, times: int) -> float:
    """Upload so many zeros so many times, one after another, and return the best rate in MB/s.

    The best, since what is measured is the server and not what else the machine's disk was asked for.
    """
    best = min([await _upload(port, path, mebibytes) for _ in range(times)])
    return mebibytes * MIB / best / 1e6


async def _upload(port: int, path: str, mebibytes: int) -> float:
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    length, chunk = len(HEAD) + mebibytes * MIB + len(TAIL), bytes(MIB)
    began = time.perf_counter()
    writer.write(
        f"POST {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: {length}\r\nConnection: close\r\n"
        f"Content-Type: multipart/form-data; boundary=b\r\n\r\n".encode()
        + HEAD
    )
    for _ in range(mebibytes):
        writer.write(chunk)
        await writer.drain()
    writer.write(TAIL)
    head = await reader.readuntil(b"\r\n\r\n")
    took = time.perf_counter() - began
    if head.split(b" ", 2)[1] != b"202":
        raise SystemExit(f"the upload was answered {head!r}")
    writer.close()
    await writer.wait_closed()
    return took
