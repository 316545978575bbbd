"""Measure requests a second over real sockets, with a client small enough not to be the limit."""

from __future__ import annotations

import asyncio
import time

CONNECTIONS = 16


async def requests_per_second(port: int, request: bytes, *, count: int) -> float:
    """Send `count` requests over a few kept connections and return how many were answered per second."""
    await send(port, request, max(1, count // 20))  # warm-up
    began = time.perf_counter()
    await asyncio.gather(*(send(port, request, count // CONNECTIONS) for _ in range(CONNECTIONS)))
    return (count // CONNECTIONS) * CONNECTIONS / (time.perf_counter() - began)


def http_request(method: str, path: str, body: bytes = b"") -> bytes:
    """Return a request as bytes."""
    head = f"{method} {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: {len(body)}\r\n"
    return (head + ("Content-Type: application/json\r\n" if body else "") + "\r\n").encode() + body


async def send(port: int, request: bytes, count: int) -> None:
    """Send one request `count` times over one connection; each must succeed."""
    reader, writer = await asyncio.open_connection("127.0.0.1", port)
    for _ in range(count):
        writer.write(request)
        head = await reader.readuntil(b"\r\n\r\n")
        status = head.split(b" ", 2)[1]
        if not status.startswith(b"2"):
            raise SystemExit(f"{request!r} was answered {head!r}")
        length = next(
            int(line.split(b":")[1]) for line in head.split(b"\r\n") if line.lower().startswith(b"content-length")
        )
        await reader.readexactly(length)
    writer.close()
    await writer.wait_closed()
