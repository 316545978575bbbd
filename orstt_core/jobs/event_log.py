"""EventLog: what happens to a job while this process works on it, for any number of followers."""

from __future__ import annotations

import asyncio

from orstt_core.errors import OrsttError
from orstt_core.types import TranscribeEvent


class EventLog:
    """The events of one attempt from its beginning; a follower that comes late gets them all."""

    def __init__(self) -> None:
        self._events: list[TranscribeEvent] = []
        self._error: OrsttError | None = None
        self._ended = False
        self._changed = asyncio.Event()

    def add(self, event: TranscribeEvent) -> None:
        """Add an event."""
        self._events.append(event)
        self._wake()

    def end(self, error: OrsttError | None = None) -> None:
        """Say that no more will come, because the job ended or because another process has it now."""
        if not self._ended:
            self._error = error
            self._ended = True
            self._wake()

    async def after(self, count: int) -> list[TranscribeEvent]:
        """Return the events after the first so many, as soon as there are any; empty: no more will come.

        Raises:
            OrsttError: what the job failed with, once all its events were returned.
        """
        while len(self._events) <= count and not self._ended:
            await self._changed.wait()
        if len(self._events) <= count and self._error is not None:
            raise self._error
        return self._events[count:]

    def _wake(self) -> None:
        self._changed.set()
        self._changed = asyncio.Event()
