"""Preload: a model is loaded while a recording is decoded, without a lease for as long as that takes."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from contextlib import aclosing
from types import TracebackType
from typing import TYPE_CHECKING, Self

from orstt_core.errors import OrsttError
from orstt_core.runtime.protocol import Loaded, LoadingMessage
from orstt_core.runtime.slot import Slot
from orstt_core.settings import EngineSettings
from orstt_core.types import Priority

if TYPE_CHECKING:
    from orstt_core.runtime.pool import EnginePool


class Preload:
    """A model on its way into memory, and kept there until this context is left.

    What has begun to load is loaded to its end, whether it is still wanted or not: the next one has use for it.

    Args:
        pool: loads it.
        slot: the model's; None: nothing is to be loaded.
        priority: of the work that it is for.
        keep_alive: as for `EnginePool.lease`.
        settings: for its engine.

    Attributes:
        seconds: what loading took; 0 until it is done.
    """

    def __init__(
        self,
        pool: EnginePool,
        slot: Slot | None,
        priority: Priority,
        keep_alive: float | None,
        settings: EngineSettings,
    ) -> None:
        self._pool = pool
        self._slot = slot
        self._priority = priority
        self._keep_alive = keep_alive
        self._settings = settings
        self._messages: asyncio.Queue[LoadingMessage | None] = asyncio.Queue()
        self.seconds = 0.0

    async def __aenter__(self) -> Self:
        """Begin."""
        if self._slot is not None:
            self._slot.reserved += 1
            self._pool.tasks.start(self._load(self._slot))
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        """Let the model go when it is idle."""
        if self._slot is not None:
            self._slot.reserved -= 1
            self._pool.reconcile(self._slot)

    async def progress(self) -> AsyncGenerator[LoadingMessage]:
        """Yield how far loading is, and return when it is over, well or not."""
        while self._slot is not None and (message := await self._messages.get()):
            yield message

    async def _load(self, slot: Slot) -> None:
        try:
            if not await self._pool.has_room(slot.spec, self._priority):
                return  # whether the recording is one is not known yet: nothing is given up for it
            async with (
                self._pool.lease(slot.spec, self._keep_alive, priority=self._priority) as lease,
                aclosing(lease.process.load(slot.spec, self._settings)) as messages,
            ):
                async for message in messages:
                    if isinstance(message, Loaded):
                        self.seconds = message.seconds
                    elif isinstance(message, LoadingMessage):
                        self._messages.put_nowait(message)
        except OrsttError:
            pass  # the lease that this was for meets it as well
        finally:
            self._messages.put_nowait(None)
