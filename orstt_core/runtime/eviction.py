"""Eviction: which loaded models go so that another one fits, by `max_loaded` and by `memory_mb`."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Collection

from orstt_core.runtime.lease import Lease
from orstt_core.runtime.memory_need import memory_need
from orstt_core.runtime.schedule import Schedule
from orstt_core.runtime.slot import Slot
from orstt_core.units import MIB


class Eviction:
    """Ends idle models, the least recently used first, also over abandoned work; never one that a request has.

    Args:
        slots: all models of the pool.
        schedule: has leases preempted where they leave others too little memory.
        end: ends a slot's process; the task is over when its memory is given back.
        max_loaded: how many models may be loaded.
        memory_mb: what they may use together, in MiB; 0: any.
    """

    def __init__(
        self,
        slots: Collection[Slot],
        schedule: Schedule,
        end: Callable[[Slot], asyncio.Task[None]],
        *,
        max_loaded: int,
        memory_mb: int,
    ) -> None:
        self._closed = False
        self._slots = slots
        self._schedule = schedule
        self._end = end
        self._max_loaded = max_loaded
        self._budget = memory_mb * MIB
        self._released = asyncio.Event()

    async def estimate(self, slot: Slot) -> None:
        """Find out what a model will need, where that counts."""
        if self._budget:
            slot.need = await asyncio.to_thread(memory_need, slot.spec)

    async def make_room(self, lease: Lease) -> None:
        """End idle models until one more fits; where busy ones leave it too little memory, wait for one of them."""
        for ending in [self._end(slot) for slot in self._idle()[: self._surplus(lease)]]:
            await asyncio.shield(ending)
        while self._budget and self._memory() > self._budget and not self._closed:
            if idle := self._idle():
                await asyncio.shield(self._end(idle[0]))
            elif lease.slot.extra or not self._others(lease):
                break  # alone it may need more than it is allowed
            else:
                await self._wait_for_memory(lease)

    async def fits(self, slot: Slot) -> bool:
        """Tell whether a model that nobody has yet fits beside all others, leased and idle."""
        await self.estimate(slot)
        others = sum(other.leased or other.idle for other in self._slots if other is not slot)
        return others < self._max_loaded and (not self._budget or self._memory() + slot.need <= self._budget)

    def trim(self) -> None:
        """End the model that is one too many after a switch, as soon as it is idle."""
        slots = sorted((slot for slot in self._slots if slot.process), key=lambda slot: slot.used)
        surplus = len(slots) - self._max_loaded - any(slot.extra for slot in slots)
        for slot in slots[: max(0, surplus)]:
            if slot.idle and not slot.wanted:
                self._end(slot)

    def close(self) -> None:
        """Have nobody wait any more: the pool is being closed."""
        self._closed = True
        self.wake()

    def wake(self) -> None:
        """Have those who wait for memory look again."""
        self._released.set()
        self._released = asyncio.Event()

    def _surplus(self, lease: Lease) -> int:
        if lease.slot.extra:
            return 0
        # What is leased takes room even before its process is there; the newcomer is among it.
        leased = sum(slot.leased and not slot.extra for slot in self._slots)
        return max(0, leased + len(self._idle()) - self._max_loaded)

    def _others(self, lease: Lease) -> bool:
        return any(slot.leased and slot.process for slot in self._slots if slot is not lease.slot)

    async def _wait_for_memory(self, lease: Lease) -> None:
        self._schedule.short_of_memory = lease.ticket
        try:
            self._schedule.dispatch()
            await self._released.wait()
        finally:
            self._schedule.short_of_memory = None

    def _idle(self) -> list[Slot]:
        """Return the idle models, the first to go first: one that is waited for goes where there is no other."""
        return sorted((slot for slot in self._slots if slot.idle), key=lambda slot: (slot.wanted, slot.used))

    def _memory(self) -> int:
        """Return the bytes that all models use, or will when they are loaded, as far as that is known."""
        total = 0
        for slot in self._slots:
            used = slot.process.memory if slot.process else 0
            if (slot.leased or slot.process) and not (slot.process and slot.process.loaded):
                used = max(used, slot.need)
            total += used
        return total
