"""BackendConnection: keeps a backend open and follows it, whatever happens to the database or the network.

Opening never blocks the screen, a lost connection is tried again by itself with growing pauses, and a
transcription under way is left alone while only the stream of events is lost.
"""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing
from typing import TYPE_CHECKING, Literal

from msgspec import Struct

from orstt_core.errors import OrsttError, ServerUnreachable
from orstt_tui.servers import ADDRESS, LOCAL

if TYPE_CHECKING:
    from orstt_core.backend import Backend
    from orstt_core.types import BackendEvent

FIRST_PAUSE = 1.0
LONGEST_PAUSE = 30.0
CLOSING = 8.0
"""Seconds a backend may take to close before the program ends without it."""


class ConnectionState(Struct, frozen=True, kw_only=True):
    """Where the backend is and whether it answers."""

    location: str
    phase: Literal["opening", "ready", "lost"] = "opening"
    database: str = ""
    problem: Exception | None = None
    """Why it is lost."""


class BackendConnection:
    """Owns the backend between the program's first paint and its end.

    Args:
        open_backend: returns a backend that is not entered yet; called in a thread, since it may import much.
        location: what to call the place: the name of a server, or its address until the backend says so itself.
        on_state: called at every change of state.
        on_event: called with everything the backend reports.
    """

    def __init__(
        self,
        open_backend: Callable[[], Backend],
        location: str,
        *,
        on_state: Callable[[ConnectionState], None],
        on_event: Callable[[BackendEvent], None],
    ) -> None:
        self._open_backend = open_backend
        self._on_state = on_state
        self._on_event = on_event
        self._backend: Backend | None = None
        self._task: asyncio.Task[None] | None = None
        self._retry_now = asyncio.Event()
        self._pause = FIRST_PAUSE
        self.state = ConnectionState(location=location)

    @property
    def backend(self) -> Backend:
        """The open backend.

        Raises:
            OrsttError: there is none yet, or it could not be opened.
        """
        if self._backend is not None:
            return self._backend
        if isinstance(self.state.problem, OrsttError):
            raise self.state.problem
        raise ServerUnreachable("OR-STT is not open yet.", hint="Try again in a moment.")

    def start(self) -> None:
        """Begin to open the backend."""
        self._task = asyncio.create_task(self._run())

    def retry(self) -> None:
        """Try again now instead of after the pause."""
        self._retry_now.set()

    async def close(self) -> None:
        """Close the backend, and with it whatever still runs there."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.wait({self._task}, timeout=CLOSING)

    async def leave(self, location: str) -> None:
        """Close the backend; from now on there is none, until another one is entered.

        Args:
            location: what to call the place of the next one.
        """
        self._backend = None
        self._change(ConnectionState(location=location))
        await self.close()

    @property
    def _name(self) -> str:
        """What a person called the server; empty: it has no name, or it is this machine."""
        location = self.state.location
        return "" if location == LOCAL or ADDRESS in location else location

    def enter(self, open_backend: Callable[[], Backend]) -> None:
        """Begin to open another backend in the place of the one that was left."""
        self._open_backend, self._pause = open_backend, FIRST_PAUSE
        self.start()

    async def _run(self) -> None:
        while True:
            try:
                backend = await asyncio.to_thread(self._open_backend)
                async with backend:
                    self._backend = backend
                    try:
                        await self._follow(backend)
                    finally:
                        if self._backend is backend:  # and not the next one: this one may take long to close
                            self._backend = None
            except Exception as error:  # noqa: BLE001 - whatever keeps it from opening is shown, and tried again
                await self._lost(error)

    async def _follow(self, backend: Backend) -> None:
        while True:
            try:
                async with aclosing(backend.events()) as events:
                    await self._listen(backend, events)
            except Exception as error:  # noqa: BLE001 - as above
                await self._lost(error)

    async def _listen(self, backend: Backend, events: AsyncGenerator[BackendEvent]) -> None:
        waiting = asyncio.ensure_future(anext(events))
        try:
            # Follow first, look second: what changes in between is then seen twice instead of never.
            await asyncio.sleep(0)
            info = await backend.info()
            self._pause = FIRST_PAUSE
            self._change(ConnectionState(location=self._name or info.location, phase="ready", database=info.database))
            while True:
                self._on_event(await waiting)
                waiting = asyncio.ensure_future(anext(events))
        except StopAsyncIteration:
            raise ServerUnreachable(f"{self.state.location} ended the connection.") from None
        finally:
            waiting.cancel()
            await asyncio.wait({waiting})

    async def _lost(self, error: Exception) -> None:
        self._change(ConnectionState(location=self.state.location, phase="lost", problem=error))
        self._retry_now.clear()
        with contextlib.suppress(TimeoutError):
            await asyncio.wait_for(self._retry_now.wait(), self._pause)
        self._pause = FIRST_PAUSE if self._retry_now.is_set() else min(self._pause * 2, LONGEST_PAUSE)

    def _change(self, state: ConnectionState) -> None:
        self.state = state
        self._on_state(state)
