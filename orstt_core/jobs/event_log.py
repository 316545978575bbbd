"""EventLog: what happens to a job while this process works on it, told to any number of followers."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator

from orstt_core.errors import OrsttError
from orstt_core.types import TranscribeEvent


class EventLog:
    """The events of one attempt from its beginning; a follower that comes late gets them all."""

    def __init__(self) -> None:
        self._log: list[TranscribeEvent] = []
        self._error: OrsttError | None = None
        self._over = False
        self._news = asyncio.Event()

    def tell(self, event: TranscribeEvent) -> None:
        """Add an event."""
        self._log.append(event)
        self._wake()

    def end(self, error: OrsttError | None = None) -> None:
        """Say that no more will come, because the job ended or because another process has it now."""
        if not self._over:
            self._error = error
            self._over = True
            self._wake()

    async def follow(self) -> AsyncGenerator[TranscribeEvent]:
        """Yield the events so far and to come; raises what the job failed with."""
        told = 0
        while True:
            news = self._news
            while told < len(self._log):
                told += 1
                yield self._log[told - 1]
            if self._over:
                break
            if told == len(self._log):
                await news.wait()
        if self._error is not None:
            raise self._error

    def _wake(self) -> None:
        self._news.set()
        self._news = asyncio.Event()
