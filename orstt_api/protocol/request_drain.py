"""RequestDrain: lets an answer that is given before the body was read reach the client that still sends.

docs/api.md promises a refused upload (no key, too large) its reason. uvicorn closes the connection of such an answer at
once, or reads on without end where it is kept alive. Were it closed, the client's system would meet unread data with
a reset, and the client would report that instead of the answer (RFC 9112, 9.6); nginx calls the remedy lingering close.
"""

from __future__ import annotations

import asyncio

from litestar.datastructures import Headers
from litestar.types import ASGIApp, Message, Receive, Scope, Send
from litestar.types.asgi_types import ReceiveMessage

DRAIN_SECONDS = 30.0
"""How long to read on at most."""
SILENCE_SECONDS = 5.0
"""How long to wait for a client that has stopped sending."""


class RequestDrain:
    """ASGI middleware: after an early answer it reads on for a while, throwing away, and then closes."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve the request."""
        headers = Headers.from_scope(scope)
        if headers.get("content-length", "0") == "0" and "transfer-encoding" not in headers:
            await self._app(scope, receive, send)
            return
        body = _Body(receive)
        closing = False

        async def send_and_drain(message: Message) -> None:
            nonlocal closing
            if message["type"] == "http.response.start" and body.unread:
                closing = True
                message["headers"] = [*message.get("headers", []), (b"connection", b"close")]
            if not closing or message["type"] != "http.response.body" or message.get("more_body"):
                await send(message)
                return
            await send({**message, "more_body": True})
            await body.drain()
            await send({"type": "http.response.body", "body": b"", "more_body": False})

        await self._app(scope, body.receive, send_and_drain)


class _Body:
    """The body of a request, and whether some of it is still to come."""

    def __init__(self, receive: Receive) -> None:
        self._receive = receive
        self.unread = True

    async def receive(self) -> ReceiveMessage:
        message = await self._receive()
        self.unread = self.unread and message["type"] == "http.request" and bool(message.get("more_body"))
        return message

    async def drain(self) -> None:
        try:
            async with asyncio.timeout(DRAIN_SECONDS):
                while self.unread:
                    async with asyncio.timeout(SILENCE_SECONDS):
                        await self.receive()
        except TimeoutError:
            pass  # the client had the time to read its answer
