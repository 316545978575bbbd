"""HTTP/1.1 as uvicorn speaks it with h11, with time limits for clients that do not finish or do not read.

docs/security.md promises that a client that drips its request, or reads nothing of its answer, is let go. uvicorn has
settings for the size of a head (`h11_max_incomplete_event_size`) and for idle connections (`timeout_keep_alive`), and
none for these two. An answer that is taken away from its client in the middle is no fault of the application's, but
uvicorn would log it as one, with a traceback.

h11 and not httptools, which is faster: that one takes the body of a request with `Upgrade: h2c` for another protocol
and loses it, and Java's own client and `curl --http2` send this header with every request.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from functools import partial
from typing import Any

import h11
from litestar.types import ASGIApp, Receive, Scope, Send
from uvicorn.protocols.http.h11_impl import H11Protocol

from orstt_api.client_connection import ClientDisconnected

HEAD_BYTES = 64 * 1024
"""What the head of a request may take; all of it is in memory before anybody looks at it."""
HEAD_SECONDS = 20.0
"""How long a client may take over the head of a request, or over beginning its first one."""
UNREAD_SECONDS = 60.0
"""How long a client may read nothing of its answer."""


class Http1Protocol(H11Protocol):
    """Closes a connection whose request's head does not end in time, or whose answer nobody reads or is to read."""

    def __init__(self, *arguments: Any, **options: Any) -> None:
        super().__init__(*arguments, **options)
        application: Any = self.app  # uvicorn and litestar each have types of their own for it
        self.app = partial(self._answer, application)

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as in uvicorn
        """Wait for the first request."""
        super().connection_made(transport)
        self._head = _Timeout(self.loop, HEAD_SECONDS, transport.close)
        self._unread = _Timeout(self.loop, UNREAD_SECONDS, transport.abort)
        self._head.start()

    def data_received(self, data: bytes) -> None:
        """Wait for the rest of a head, or no longer."""
        super().data_received(data)
        if self.conn.their_state is h11.IDLE:
            self._head.start()
        else:
            self._head.stop()

    def pause_writing(self) -> None:
        """Wait for the client to read."""
        super().pause_writing()
        self._unread.start()

    def resume_writing(self) -> None:
        """Wait no longer."""
        self._unread.stop()
        super().resume_writing()

    async def _answer(self, application: ASGIApp, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve a request; a connection that is cut shows a client that its answer is not whole."""
        try:
            await application(scope, receive, send)
        except Exception as error:
            if not _is_disconnect(error):
                raise
            self.transport.abort()
            while (await receive())["type"] != "http.disconnect":
                pass

    def _should_upgrade(self) -> bool:
        # The sockets of pages, where they are served. Of any other protocol uvicorn would warn with every request.
        return self._get_upgrade() == b"websocket" and self._should_upgrade_to_ws()

    def connection_lost(self, exc: Exception | None) -> None:
        """Wait no longer."""
        self._head.stop()
        self._unread.stop()
        super().connection_lost(exc)


def _is_disconnect(error: BaseException | None) -> bool:
    """Return whether that is why an answer ended: litestar raises an error of its own from a group with the cause."""
    if isinstance(error, BaseExceptionGroup):
        return all(map(_is_disconnect, error.exceptions))
    return isinstance(error, ClientDisconnected) or (error is not None and _is_disconnect(error.__cause__))


class _Timeout:
    """Calls back once, so many seconds after its first start, unless it is stopped before."""

    def __init__(self, loop: asyncio.AbstractEventLoop, seconds: float, expire: Callable[[], None]) -> None:
        self._loop, self._seconds, self._expire = loop, seconds, expire
        self._timer: asyncio.TimerHandle | None = None

    def start(self) -> None:
        if self._timer is None:
            self._timer = self._loop.call_later(self._seconds, self._expire)

    def stop(self) -> None:
        if self._timer is not None:
            self._timer.cancel()
            self._timer = None
