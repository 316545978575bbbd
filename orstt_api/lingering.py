"""LingeringClose: lets an answer that is given before the body was read reach the client that still sends.

A refused upload (no key, too large) is answered at once. Were the connection closed then, the client's
system would meet unread data with a reset, and the client would report that instead of the answer.
"""

from __future__ import annotations

import asyncio

from litestar.datastructures import Headers
from litestar.types import ASGIApp, Message, Receive, Scope, Send
from litestar.types.asgi_types import ReceiveMessage

LINGER_SECONDS = 30.0
"""How long to read on at most."""
SILENCE_SECONDS = 5.0
"""How long to wait for a client that has stopped sending."""


class LingeringClose:
    """ASGI middleware: after an early answer it reads on for a while, throwing away, and then closes."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve the request."""
        headers = Headers.from_scope(scope)
        if headers.get("content-length", "0") == "0" and "transfer-encoding" not in headers:
            await self._app(scope, receive, send)
            return
        unread = True
        closing = False

        async def receive_noting_the_end() -> ReceiveMessage:
            nonlocal unread
            message = await receive()
            unread = unread and message["type"] == "http.request" and bool(message.get("more_body"))
            return message

        async def send_lingering(message: Message) -> None:
            nonlocal closing
            if message["type"] == "http.response.start" and unread:
                closing = True
                message["headers"] = [*message.get("headers", []), (b"connection", b"close")]
            if not closing or message["type"] != "http.response.body" or message.get("more_body"):
                await send(message)
                return
            await send({**message, "more_body": True})
            try:
                async with asyncio.timeout(LINGER_SECONDS):
                    while unread:
                        async with asyncio.timeout(SILENCE_SECONDS):
                            await receive_noting_the_end()
            except TimeoutError:
                pass  # it had its moment
            await send({"type": "http.response.body", "body": b"", "more_body": False})

        await self._app(scope, receive_noting_the_end, send_lingering)
