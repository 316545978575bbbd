"""Connections as uvicorn keeps them, but not for clients that take for ever, or send a head without end, or never read."""

from __future__ import annotations

import asyncio

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

HEAD_SECONDS = 20.0
"""How long a client may take over the head of a request, or over beginning its first one."""
HEAD_BYTES = 64 * 1024
"""What the head of a request may take; all of it is in memory before anybody looks at it."""
UNREAD_SECONDS = 60.0
"""How long a client may read nothing of its answer."""
TOO_LARGE = b"HTTP/1.1 431 Request Header Fields Too Large\r\nConnection: close\r\nContent-Length: 0\r\n\r\n"


class ImpatientProtocol(HttpToolsProtocol):
    """Closes a connection whose request's head does not end, in time or in size, or whose answer nobody reads."""

    _head_due: asyncio.TimerHandle | None = None
    _head_bytes = 0
    _read_due: asyncio.TimerHandle | None = None

    def connection_made(self, transport: asyncio.Transport) -> None:  # type: ignore[override]  # as in uvicorn
        """Wait for the first request."""
        super().connection_made(transport)
        self._await_head()

    def on_message_begin(self) -> None:
        """Wait for the rest of a head."""
        super().on_message_begin()
        self._await_head()

    def on_headers_complete(self) -> None:
        """Wait no longer."""
        self._stop_waiting()
        super().on_headers_complete()

    def data_received(self, data: bytes) -> None:
        """Take no more of a head than may be."""
        self._head_bytes += len(data) if self._head_due is not None else 0
        super().data_received(data)
        if self._head_due is not None and self._head_bytes > HEAD_BYTES:
            self.transport.write(TOO_LARGE)
            self.transport.abort()

    def pause_writing(self) -> None:
        """Wait for the client to read."""
        super().pause_writing()
        self._read_due = self.loop.call_later(UNREAD_SECONDS, self.transport.abort)

    def resume_writing(self) -> None:
        """Wait no longer."""
        self._stop_reading()
        super().resume_writing()

    def connection_lost(self, exc: Exception | None) -> None:
        """Wait no longer."""
        self._stop_waiting()
        self._stop_reading()
        super().connection_lost(exc)

    def _await_head(self) -> None:
        self._stop_waiting()
        self._head_due = self.loop.call_later(HEAD_SECONDS, self.transport.close)

    def _stop_reading(self) -> None:
        if self._read_due is not None:
            self._read_due.cancel()
            self._read_due = None

    def _stop_waiting(self) -> None:
        self._head_bytes = 0
        if self._head_due is not None:
            self._head_due.cancel()
            self._head_due = None
