"""Lease: the use of a loaded engine, which it gives up between two segments where others go before."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import aclosing
from typing import TYPE_CHECKING

from orstt_core.runtime.engine_process import EngineProcess
from orstt_core.runtime.protocol import Cancelled, FromChild, Paused, SegmentMessage, Work
from orstt_core.runtime.schedule import Ticket
from orstt_core.runtime.slot import Slot
from orstt_core.runtime.work_stream import WorkStream
from orstt_core.types import Priority

if TYPE_CHECKING:
    from orstt_core.runtime.pool import EnginePool

MOST_PAUSED = 2
"""How many paused recordings an engine's process keeps in memory; a further one goes on by what was found of it."""


class Displaced(Exception):
    """The engine gave the work up for others, and kept nothing of it. Run what is left of it in the same lease.

    Args:
        seconds: those that the work took.
    """

    def __init__(self, seconds: float) -> None:
        super().__init__()
        self.seconds = seconds


class Lease:
    """One caller's use of an engine, got from `EnginePool.lease`.

    Args:
        pool: whose engine it is.
        slot: the engine's.
        priority: what it goes before and after.
        keep_alive: seconds the engine stays when it is idle afterwards; None: the setting's.
        extra: as for `Ticket`.
        alone: as for `Ticket`.

    Attributes:
        process: what serves it while it has the engine; after a run that was displaced maybe another one.
    """

    process: EngineProcess

    def __init__(
        self,
        pool: EnginePool,
        slot: Slot,
        priority: Priority,
        keep_alive: float | None,
        *,
        extra: bool = False,
        alone: bool = False,
    ) -> None:
        self.slot = slot
        self.keep_alive = keep_alive
        self.ticket = Ticket(slot, priority, extra=extra, alone=alone, on_preempt=self._preempt)
        self._pool = pool
        self._stream: WorkStream | None = None

    @property
    def pid(self) -> int:
        """The process id of what serves it."""
        return self.process.pid

    async def run(self, work: Work) -> AsyncGenerator[FromChild]:
        """Do one piece of work and yield what the engine says until it is finished; see `EngineProcess.run`.

        The engine is given up between two segments where the schedule says so, and the work goes on later: from where
        it stopped, as if nothing had been, or else by `Displaced`.

        Raises:
            OrsttError: what the engine failed with.
            EngineDied: its process died over this work, not while it was paused.
            Displaced: begin again with what is left.
        """
        await self._make_way()
        process = self.process
        stream = self._stream = process.open()
        async with aclosing(process.run(work, stream)) as messages:
            async for message in messages:
                if isinstance(message, Paused):
                    await self._make_way()
                    if not process.keeps(stream):
                        raise Displaced(message.seconds)
                    process.proceed(stream)
                elif isinstance(message, Cancelled):
                    await self._make_way()
                    raise Displaced(message.seconds)
                else:
                    if isinstance(message, SegmentMessage):
                        self._note(message)
                    yield message

    def abandon(self) -> None:
        """Ask for the end of work that was left in the middle."""
        stream, self._stream = self._stream, None
        if stream and not stream.abandoned:
            self.process.abandon(stream)

    async def _make_way(self) -> None:
        """Let others have the engine that go before; there may be some again as soon as it is granted."""
        while self.ticket.preempted:
            await self._pool.yield_engine(self)

    def _note(self, message: SegmentMessage) -> None:
        # What has no time cannot be gone on with by another process.
        self.ticket.movable = self.ticket.movable and message.event.segment.end is not None
        self._pool.note_segment(self)

    def _preempt(self) -> bool:
        stream = self._stream
        if stream is None or stream.state != "running":
            return True  # `run` looks before it begins or goes on
        if self.process.paused < MOST_PAUSED:
            self.process.pause(stream)
        elif self.ticket.movable:
            self.process.cancel(stream)
        else:
            return False
        return True
