"""The loaded models: one process each, leased to requests by the schedule, unloaded when idle for long.

At most `max_loaded` models are leased at once and at most that many are loaded; a switch may take one more until the
new model has answered. Who goes before whom, and who gives an engine up, `orstt_core.runtime.schedule` decides. A
request for another model than those that are loaded takes the place of the least recently used idle one.

Invariant: what another task can see changes only in steps without an `await`, so that a request may be cancelled
anywhere: whoever leaves a slot calls `reconcile`, which puts right whatever state it is in.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncIterator, Callable
from contextlib import aclosing, asynccontextmanager, nullcontext
from functools import partial

from orstt_core.background import BackgroundTasks
from orstt_core.engines.shown_name import shown_as, shown_name
from orstt_core.errors import EngineFailed, ModelSuspended, OrsttError
from orstt_core.runtime.engine_process import EngineProcess
from orstt_core.runtime.eviction import Eviction
from orstt_core.runtime.lease import Lease
from orstt_core.runtime.preload import Preload
from orstt_core.runtime.protocol import EngineSpec
from orstt_core.runtime.schedule import Schedule, Ticket
from orstt_core.runtime.slot import LoadedEngine, Slot
from orstt_core.runtime.slots import Slots
from orstt_core.settings import Settings
from orstt_core.types import LoadMeasured, Measurement, Priority


class EnginePool:
    """Leases engines.

    Args:
        settings: `max_loaded`, `keep_alive`, `memory_mb`, `max_engine_mb`; `engine_silence`, and what engines read.
        measure: told of every load that was asked for by itself.
        on_change: called whenever `loaded` would give another answer for what the pool did.
        suspend_seconds: how long a model whose engine died repeatedly is refused.
    """

    def __init__(
        self,
        settings: Settings,
        *,
        on_change: Callable[[], None] = lambda: None,
        measure: Callable[[Measurement], None] = lambda _: None,
        suspend_seconds: float = ModelSuspended.retry_after,
    ) -> None:
        self._settings = settings
        self._on_change = on_change
        self._measure = measure
        self._schedule = Schedule(settings.max_loaded)
        self._slots = Slots(suspend_seconds)
        self._eviction = Eviction(
            self._slots.values(),
            self._schedule,
            self._end,
            max_loaded=settings.max_loaded,
            memory_mb=settings.memory_mb,
        )
        self._admission = asyncio.Lock()
        self.tasks = BackgroundTasks()
        """Work that `close` waits for."""
        self._closed = False

    @asynccontextmanager
    async def lease(
        self,
        spec: EngineSpec,
        keep_alive: float | None = None,
        *,
        priority: Priority = "interactive",
        extra: bool = False,
        alone: bool = False,
    ) -> AsyncIterator[Lease]:
        """Wait until this model's engine is to be had and lease it, started if need be.

        Args:
            spec: which model.
            keep_alive: seconds it stays when it is idle afterwards, 0 not at all, -1 for ever; None: the setting's.
            priority: what it goes before and after.
            extra: load it beside those that are there, even if that is one too many.
            alone: have the engine serve nothing else meanwhile, whatever its capacity.

        Raises:
            ModelSuspended: its engine died repeatedly.
            EngineFailed: the pool is closed, or no process can be started.
        """
        slot = self._slots[spec]
        self._admit(slot)
        lease = Lease(self, slot, priority, keep_alive, extra=extra, alone=alone)
        slot.users += 1
        try:
            self._schedule.enter(lease.ticket)
            await self._acquire(lease)
            yield lease
        finally:
            slot.users -= 1
            self._release(lease)

    async def yield_engine(self, lease: Lease) -> None:
        """Let others have a lease's engine, and wait until it is to be had again; the process may be another then.

        Raises:
            ModelSuspended, EngineFailed: as `lease`.
        """
        self._schedule.requeue(lease.ticket)
        self.reconcile(lease.slot)
        await self._acquire(lease)

    def note_segment(self, lease: Lease) -> None:
        """Look whether a lease that did a segment just now is to give its engine up."""
        self._schedule.note_segment(lease.ticket)

    async def load(
        self, spec: EngineSpec, *, name: str = "", keep_alive: float | None = None, probe: bool = False
    ) -> None:
        """Load a model, unless it is loaded; with `probe` also see it answer, unless it has.

        `name` is what the configured model is called, in messages and when the load is measured. With `probe` it is
        loaded beside those that are there, even if that is one too many: no idle one goes before it has answered,
        unless `memory_mb` is too little for both.

        Raises:
            ModelSuspended, EngineFailed: as `lease`.
            OrsttError: why it cannot be loaded, or does not answer; it is not kept then.
        """
        with shown_as(name):
            slot = self._slots[spec]
            self._admit(slot)
            if slot.is_loaded(answered=probe):
                self._touch(slot, keep_alive)
                self.reconcile(slot)
                return
            async with self.lease(spec, keep_alive, extra=probe) as lease:
                await self._load(lease, name or spec.model, probe=probe)
                self._touch(slot, keep_alive)  # what served while it was loaded goes first

    def preload(
        self, spec: EngineSpec | None, keep_alive: float | None = None, *, priority: Priority = "background"
    ) -> Preload:
        """Begin to load a model of which such a lease will be wanted soon, if nothing is to be ended for it.

        None, for a model that is not known yet, loads nothing. It raises nothing: the lease will meet what went wrong.
        """
        slot = self._slots[spec] if spec else None
        there = slot is None or slot.users or slot.reserved or slot.is_loaded(answered=False)
        return Preload(self, None if there or self._closed else slot, priority, keep_alive, self._settings.for_engines)

    async def has_room(self, spec: EngineSpec, priority: Priority) -> bool:
        """Tell whether a lease would get its engine at once, and no other model would be ended for it."""
        slot = self._slots[spec]
        return await self._eviction.fits(slot) and self._schedule.has_room(Ticket(slot, priority))

    async def unload(self, spec: EngineSpec) -> LoadedEngine | None:
        """End a model's process and return how it was; None when it is not loaded.

        Raises:
            ModelInUse: a request has it or waits for it.
        """
        slot = self._slots.unused(spec, shown_name(spec.model))
        if slot is None or slot.process is None:
            return None
        was = slot.describe() if slot.process.alive else None
        await asyncio.shield(self._end(slot))
        return was

    def capacity(self, spec: EngineSpec) -> int:
        """Return how many leases a model's engine serves at once; 1 until it is loaded, or free of abandoned work."""
        return self._slots.capacity(spec)

    def loaded(self) -> list[LoadedEngine]:
        """Return what is loaded or suspended, the most recently used first."""
        return self._slots.loaded()

    async def close(self) -> None:
        """End every process; whoever still waits for one is refused."""
        self._closed = True
        self._eviction.close()
        for slot in self._slots.values():
            if slot.process is not None:
                self._end(slot, "was ended because the program is stopping")
        await self.tasks.join()

    def _admit(self, slot: Slot) -> None:
        if self._closed:
            raise _stopping()
        slot.breaker.check(shown_name(slot.spec.model))

    async def _acquire(self, lease: Lease) -> None:
        """Wait for a lease that is entered in the schedule, and for a process that serves it."""
        try:
            while True:
                await lease.ticket.granted()
                self._admit(lease.slot)  # again: those before may have been its end
                self._touch(lease.slot, lease.keep_alive)
                self._on_change()
                if process := await self._process(lease):
                    lease.process = process
                    return
                self._schedule.requeue(lease.ticket)  # others still have a process that died just now
                self.reconcile(lease.slot)
        except BaseException:
            self._release(lease)
            raise

    def _release(self, lease: Lease) -> None:
        lease.abandon()
        self._schedule.leave(lease.ticket)
        self.reconcile(lease.slot)

    def _touch(self, slot: Slot, keep_alive: float | None) -> None:
        self._slots.touch(slot, self._settings.keep_alive if keep_alive is None else keep_alive)

    async def _process(self, lease: Lease) -> EngineProcess | None:
        """Return the process that serves a lease; None: it died, and others who have it do not know yet."""
        slot = lease.slot
        # Its memory tells what the event loop has not heard yet: that it died just now.
        if slot.process is not None and slot.process.alive and slot.process.memory:
            return slot.process
        if slot.process is not None:
            if len(slot.holders) > 1:
                slot.process.kill()
                return None
            await asyncio.shield(self._end(slot))
        await self._eviction.estimate(slot)
        # One after another: what one newcomer will need counts for the next. A switch waits for nobody.
        async with nullcontext() if slot.extra else self._admission:
            await self._eviction.make_room(lease)
            # A task of its own: a request that is cancelled half-way would lose a process that is there already.
            if slot.process is None and not self._closed:
                await asyncio.shield(self.tasks.start(self._start(slot)))
        if slot.process is None:
            raise _stopping()
        return slot.process

    async def _start(self, slot: Slot) -> None:
        process = await EngineProcess.start()
        process.on_change = partial(self.reconcile, slot)
        process.silence = self._settings.engine_silence
        if self._closed or slot.process is not None:  # one that a cancelled request had begun to start
            await process.close()
            return
        slot.attach(process)
        process.limit_memory(self._settings.max_engine_mb)
        if not slot.leased:
            self.reconcile(slot)

    async def _load(self, lease: Lease, name: str, *, probe: bool) -> None:
        slot, process = lease.slot, lease.process
        if slot.is_loaded(answered=probe):
            return  # by the request before
        began = time.monotonic()
        try:
            async with aclosing(process.load(slot.spec, self._settings.for_engines, probe=probe)) as messages:
                async for _ in messages:
                    self._on_change()
        except OrsttError:
            self._measure(LoadMeasured(model=name, seconds=time.monotonic() - began, failed=True))
            process.kill()
            raise
        self._measure(LoadMeasured(model=name, seconds=time.monotonic() - began))

    def reconcile(self, slot: Slot) -> None:
        """Put right a slot that was left: end what is of no use, and what is one too many; let others have it."""
        if slot.idle:
            assert slot.process is not None
            if not slot.process.useful or (slot.keep_alive == 0 and not slot.wanted):
                self._end(slot)
            elif slot.keep_alive > 0 and not slot.wanted and slot.expiry is None:
                slot.expiry = asyncio.get_running_loop().call_later(slot.keep_alive, self._expire, slot)
        self._eviction.trim()
        self._eviction.wake()
        self._changed()

    def _changed(self) -> None:
        self._schedule.dispatch()
        self._on_change()

    def _expire(self, slot: Slot) -> None:
        slot.expiry = None
        if not slot.wanted:  # otherwise someone is about to use it, and reconciles it when they leave
            self._end(slot)

    def _end(self, slot: Slot, why: str = "was ended") -> asyncio.Task[None]:
        """End a slot's process; the task is over when its memory is given back."""
        process, slot.process = slot.process, None
        assert process is not None
        slot.stop_expiry()
        process.kill(why)
        self._changed()  # some may have waited for the end of its abandoned work
        return self.tasks.start(process.close())


def _stopping() -> EngineFailed:
    return EngineFailed("The program is stopping.", hint="Try again when it is back.")
