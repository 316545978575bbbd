"""EngineProcess: the host's end of the child that holds one loaded engine."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Callable
from datetime import UTC, datetime
from typing import Self

import msgspec

from orstt_core.errors import EngineDied, from_wire
from orstt_core.runtime.child_process import ChildProcess
from orstt_core.runtime.protocol import (
    Cancel,
    Cancelled,
    EngineSpec,
    Failure,
    Finished,
    FromChild,
    Load,
    Loaded,
    SegmentMessage,
    Work,
    decode_from_child,
)
from orstt_core.settings import EngineSettings
from orstt_core.units import MIB

CANCEL_SECONDS = 0.7
"""How long a cancelled engine may take to stop by itself: cancelling must be over within a second."""
WATCH_SECONDS = 0.5
"""How often a child's memory is looked at."""


class EngineProcess(ChildProcess):
    """A child process that holds at most one loaded engine and does one piece of work at a time.

    Attributes:
        loaded: what it said when it had loaded its model; None before.
        loaded_at: when that was.
        answers: how many pieces of work it finished, a probe among them.
        proven: whether it has transcribed anything yet, so that no probe is needed to see that it can.
        silence: seconds after which it counts as hung when it says nothing and stands still; None: never.
        death: why it died while something was asked of it. A cancelled one that had to be killed did not die.
    """

    def __init__(self, process: asyncio.subprocess.Process, what: str) -> None:
        super().__init__(process, what)
        self.loaded: Loaded | None = None
        self.on_loaded: Callable[[], None] = lambda: None
        self.loaded_at: datetime | None = None
        self.answers = 0
        self.proven = False
        self.silence: float | None = None
        self.death: EngineDied | None = None
        self._working = False
        self._watching: asyncio.Task[None] | None = None

    @classmethod
    async def start(cls, module: str = "orstt_core.runtime.engine_child", what: str = "The engine's process") -> Self:
        """See `ChildProcess.start`."""
        return await super().start(module, what)

    @property
    def ready(self) -> bool:
        """Whether it has a model and waits for work: false too for one that was left in the middle of some."""
        return self.alive and self.loaded is not None and not self._working

    @property
    def memory(self) -> int:
        """Bytes that the child really uses (resident set); 0 when it is gone."""
        from psutil import Error, Process

        if not self.alive:
            return 0
        try:
            return int(Process(self.pid).memory_info().rss)
        except Error:
            return 0

    def limit_memory(self, most_mb: int) -> None:
        """From now on end the child when it uses more than `most_mb` MiB."""
        self._watching = asyncio.create_task(self._watch(most_mb))

    def load(self, spec: EngineSpec, settings: EngineSettings, *, probe: bool = False) -> AsyncGenerator[FromChild]:
        """Load a model, with `probe` also let it transcribe a second of sound; otherwise as `run`."""
        return self._ask(Load(spec=spec, settings=settings, probe=probe), int(probe))

    def run(self, work: Work) -> AsyncGenerator[FromChild]:
        """Do one piece of work and yield what the child says until it is finished.

        Closing the generator early cancels: the engine is asked to stop and killed if it does not within
        `CANCEL_SECONDS`, because nothing interrupts a native call.

        Raises:
            OrsttError: what the child failed with.
            EngineDied: the child died, or was ended because it said nothing for `silence` seconds.
        """
        return self._ask(work, 1)

    async def close(self) -> None:
        """End the child and give all its memory back."""
        self.kill()
        if self._watching:
            self._watching.cancel()
        await super().close()

    async def _ask(self, question: Load | Work, counts: int) -> AsyncGenerator[FromChild]:
        self._working = True
        try:
            await self.send(question, self.silence)
            while self._working:
                message = await self._message(self.silence)
                if isinstance(message, Failure):
                    raise from_wire(message.code, message.message, message.hint, message.field)
                if isinstance(message, Finished):
                    self.answers += counts
                if isinstance(message, SegmentMessage) or self.answers:
                    self.proven = True
                yield message
        except EngineDied as error:
            self.death = error
            raise
        finally:
            if self._working and self.alive:
                await self._cancel()

    async def _message(self, patience: float | None) -> FromChild:
        body = await self.receive(patience)
        try:
            message = decode_from_child(body)
        except msgspec.DecodeError as error:
            self.kill("was ended because it said what makes no sense")
            raise await self.died() from error
        if isinstance(message, Loaded) and self.loaded is None:
            self.loaded, self.loaded_at = message, datetime.now(UTC)
            self.on_loaded()
        self._working = not isinstance(message, Finished | Cancelled | Failure)
        return message

    async def _cancel(self) -> None:
        try:
            async with asyncio.timeout(CANCEL_SECONDS):
                await self.send(Cancel())
                while self._working:
                    await self._message(None)
        except (TimeoutError, asyncio.CancelledError) as error:
            self.kill()
            if isinstance(error, asyncio.CancelledError):
                raise
        except EngineDied:
            pass  # it died of something else meanwhile

    async def _watch(self, most_mb: int) -> None:
        while self.alive:
            if self.memory > most_mb * MIB:
                self.kill(
                    f"was ended because it outgrew {most_mb} MiB of memory, which the setting max_engine_mb allows "
                    f"(ORSTT_MAX_ENGINE_MB raises it)"
                )
            await asyncio.sleep(WATCH_SECONDS)
