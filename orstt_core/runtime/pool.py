"""The loaded models: one process each, lent to one request at a time, closed when idle for long.

At most `max_loaded` requests work at once and at most that many models are loaded. A request for a model
that is busy waits for it; one for another model takes the place of the least recently used idle one.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from orstt_core.errors import EngineFailed
from orstt_core.runtime.process import EngineProcess
from orstt_core.runtime.protocol import EngineSpec


class _Slot:
    def __init__(self) -> None:
        self.turn = asyncio.Lock()
        self.waiting = 0
        self.lent = False
        self.process: EngineProcess | None = None
        self.expiry: asyncio.TimerHandle | None = None


class EnginePool:
    """Lends engine processes.

    Args:
        max_loaded: how many models may be in memory at once.
        keep_alive: seconds an idle model stays; 0 closes it at once, -1 never.
    """

    def __init__(self, *, max_loaded: int, keep_alive: float) -> None:
        self._max_loaded = max_loaded
        self._keep_alive = keep_alive
        self._places = asyncio.Semaphore(max_loaded)
        self._slots: dict[EngineSpec, _Slot] = {}
        self._queued = 0
        self._closing: set[asyncio.Task[None]] = set()
        self._closed = False

    @property
    def queued(self) -> int:
        """How many requests are being served or wait."""
        return self._queued

    @asynccontextmanager
    async def lease(self, spec: EngineSpec) -> AsyncIterator[EngineProcess]:
        """Wait for this model's turn and lend its process, started if need be."""
        self._queued += 1
        slot = self._slots.setdefault(spec, _Slot())
        slot.waiting += 1
        try:
            # The turn before the place: whoever holds a place never waits for another one's turn.
            async with slot.turn, self._places:
                if slot.expiry is not None:
                    slot.expiry.cancel()
                if self._closed:
                    raise EngineFailed("The program is stopping.", hint="Try again when it is back.")
                slot.lent = True
                try:
                    yield await self._process(spec, slot)
                finally:
                    slot.lent = False
                    self._schedule_expiry(spec, slot)
        finally:
            slot.waiting -= 1
            self._queued -= 1

    async def close(self) -> None:
        """End every process; whoever still waits for one is refused."""
        self._closed = True
        slots, self._slots = list(self._slots.values()), {}
        for slot in slots:
            await _end(slot)
        await asyncio.gather(*self._closing)

    async def _process(self, spec: EngineSpec, slot: _Slot) -> EngineProcess:
        if slot.process is not None and not slot.process.alive:
            await _end(slot)
        if slot.process is None:
            await self._make_room()
            slot.process = await EngineProcess.start()
        # Last in the dictionary is the most recently used.
        self._slots.pop(spec, None)
        self._slots[spec] = slot
        return slot.process

    async def _make_room(self) -> None:
        # What is lent takes room even before its process is there; the caller's own slot is among it.
        lent = [slot for slot in self._slots.values() if slot.lent]
        idle = [slot for slot in self._slots.values() if slot.process is not None and not slot.lent]
        for slot in idle[: max(0, len(lent) + len(idle) - self._max_loaded)]:
            await _end(slot)

    def _schedule_expiry(self, spec: EngineSpec, slot: _Slot) -> None:
        if slot.process is not None and self._keep_alive >= 0:
            loop = asyncio.get_running_loop()
            slot.expiry = loop.call_later(self._keep_alive, self._expire, spec, slot)

    def _expire(self, spec: EngineSpec, slot: _Slot) -> None:
        if slot.waiting:
            return  # someone is about to use it; their release schedules the next expiry
        self._slots.pop(spec, None)
        task = asyncio.get_running_loop().create_task(_end(slot))
        self._closing.add(task)
        task.add_done_callback(self._closing.discard)


async def _end(slot: _Slot) -> None:
    if slot.expiry is not None:
        slot.expiry.cancel()
        slot.expiry = None
    process, slot.process = slot.process, None
    if process is not None:
        await process.close()
