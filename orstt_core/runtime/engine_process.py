"""EngineProcess: the host's end of the child that holds one loaded engine; the other is `engine_child`."""

from __future__ import annotations

import asyncio
import itertools
import time
from collections.abc import AsyncGenerator, Callable
from contextlib import suppress
from datetime import UTC, datetime
from typing import Self

import msgspec
from msgspec.structs import replace

from orstt_core.engines import registry
from orstt_core.engines.shown_name import shown_name
from orstt_core.errors import EngineDied, from_wire
from orstt_core.runtime.child_process import GONE, ChildProcess
from orstt_core.runtime.frames import decode_from_child
from orstt_core.runtime.memory_watch import resident_bytes, watch_memory
from orstt_core.runtime.protocol import (
    Cancel,
    Cancelled,
    Continue,
    EngineSpec,
    Failure,
    Finished,
    FromChild,
    Load,
    Loaded,
    Pause,
    SegmentMessage,
    Work,
)
from orstt_core.runtime.work_stream import WorkStream
from orstt_core.settings import EngineSettings

CANCEL_SECONDS = 0.4
"""How long whoever cancels waits for the engine to stop: cancelling must be over within a second."""
LEAST_GRACE, LONGEST_GRACE = 0.7, 60.0
"""For how many seconds abandoned work may go on: at least, for what is loaded in no time may have slow segments;
at most, for loading may take for ever, or have fetched the weights."""
LONGEST_SILENCE = 6
"""How many times as long as a child that stands still, one may be silent that computes."""


class EngineProcess(ChildProcess):
    """A child process that holds at most one loaded engine.

    Attributes:
        loaded: what it said when it had loaded its model; None before.
        loaded_at: when that was.
        proven: whether it has transcribed anything yet, so that no probe is needed to see that it can.
        silence: seconds after which it counts as hung when it says nothing and stands still; None: never.
        grace_factor: how many times as long as loading took abandoned work may go on.
        on_overdue: called when it was ended because abandoned work went on for longer.
        on_change: called when its model is loaded, when abandoned work ended, and when it died.
        on_completed: called when it finished what proves that it can transcribe.
        on_death: called with the reason when it died over work. A cancelled one that had to be killed did not.
    """

    def __init__(self, process: asyncio.subprocess.Process, what: str) -> None:
        super().__init__(process, what)
        self.loaded: Loaded | None = None
        self.loaded_at: datetime | None = None
        self.proven = False
        self.silence: float | None = None
        self.grace_factor = 1
        self.on_overdue: Callable[[], None] = lambda: None
        self.on_change: Callable[[], None] = lambda: None
        self.on_completed: Callable[[], None] = lambda: None
        self.on_death: Callable[[EngineDied], None] = lambda _: None
        self._numbers = itertools.count(1)
        self._streams: dict[int, WorkStream] = {}
        self._died: EngineDied | None = None
        self._started = time.monotonic()
        self._grace = LONGEST_GRACE  # loading that is abandoned goes on to its end, if that is near
        self._reading = asyncio.create_task(self._read_messages())
        self._watching: asyncio.Task[None] | None = None

    @classmethod
    async def start(cls, module: str = "orstt_core.runtime.engine_child", what: str = "The engine's process") -> Self:
        """See `ChildProcess.start`."""
        return await super().start(module, what)

    @property
    def useful(self) -> bool:
        """Whether it has a model, or is loading it, be it for somebody who has gone: the next one has use for it."""
        return self.alive and (self.loaded is not None or self.computing)

    @property
    def computing(self) -> bool:
        """Whether any work is under way, be it abandoned."""
        return self._count("running") > 0

    @property
    def capacity(self) -> int:
        """How many pieces of work it serves at once, besides those that are abandoned."""
        if not self.alive or self.loaded is None:
            return 1
        return self.loaded.capacity - sum(
            stream.abandoned and stream.state == "running" for stream in self._streams.values()
        )

    @property
    def paused(self) -> int:
        """How many pieces of work it keeps to go on with, or will as soon as they have stopped."""
        return self._count("paused") + sum(stream.pausing and not stream.abandoned for stream in self._streams.values())

    @property
    def memory(self) -> int:
        """Bytes that the child really uses (resident set); 0 when it is gone."""
        return resident_bytes(self.pid) if self.alive else 0

    def limit_memory(self, most_mb: int) -> None:
        """From now on end the child when it uses more than `most_mb` MiB; 0: never."""
        if most_mb:
            self._watching = asyncio.create_task(watch_memory(self, most_mb))

    def open(self, *, proves: bool = True) -> WorkStream:
        """Return a stream for work that is to begin."""
        stream = WorkStream(next(self._numbers), proves=proves)
        if self._died:
            stream.put(self._died)
        else:
            self._streams[stream.number] = stream
        return stream

    def load(self, spec: EngineSpec, settings: EngineSettings, *, probe: bool = False) -> AsyncGenerator[FromChild]:
        """Load a model, with `probe` also let it transcribe a second of sound; otherwise as `run`."""
        return self._ask(
            self.open(proves=probe), Load(spec=spec, settings=settings, probe=probe, name=shown_name(spec.model))
        )

    def run(self, work: Work, stream: WorkStream | None = None) -> AsyncGenerator[FromChild]:
        """Do one piece of work and yield what the child says until it is finished.

        Closing the generator early cancels and takes no longer than `CANCEL_SECONDS`, even where the work is inside a
        native call, which nothing interrupts; see `abandon`.

        Args:
            work: what to do.
            stream: one that is open, for a caller who will `pause` and `proceed`.

        Raises:
            OrsttError: what the child failed with.
            EngineDied: the child died, or was ended because it said nothing for `silence` seconds.
        """
        return self._ask(stream or self.open(), work)

    def pause(self, stream: WorkStream) -> None:
        """Have work stop after its next segment: `Paused` is then the next message, unless the work ends."""
        stream.pausing = True
        with suppress(*GONE):  # its reader hears of that
            self.post(Pause(), stream.number)

    def proceed(self, stream: WorkStream) -> None:
        """Have paused work go on."""
        stream.state = "running"
        with suppress(*GONE):
            self.post(Continue(), stream.number)

    def cancel(self, stream: WorkStream) -> None:
        """Have work end, with its next segment at the latest: `Cancelled` is the last message, if it ended by that."""
        with suppress(*GONE):
            self.post(Cancel(), stream.number)

    def abandon(self, stream: WorkStream) -> None:
        """Ask for the end of work that nobody listens to any more, and end the process should that not come in time.

        It may go on for `grace_factor` times as long as loading the model took: whoever comes next would wait for that.
        """
        stream.abandoned = True
        if stream.state != "ended":
            self.cancel(stream)
            grace = min(self.grace_factor * self._grace, LONGEST_GRACE)
            asyncio.get_running_loop().call_later(grace, self._note_overdue, stream)

    def keeps(self, stream: WorkStream) -> bool:
        """Whether this paused work can go on."""
        return self.alive and stream.state == "paused" and stream.number in self._streams

    async def close(self) -> None:
        """End the child and give all its memory back."""
        self.kill()
        if self._watching:
            self._watching.cancel()
        await super().close()
        self._reading.cancel()
        await asyncio.wait([self._reading])
        if self._died is None:  # it was cancelled before it heard of the end
            self._report_death(await self.death())

    def _count(self, state: str) -> int:
        return sum(stream.state == state for stream in self._streams.values())

    async def _ask(self, stream: WorkStream, question: Load | Work) -> AsyncGenerator[FromChild]:
        try:
            with suppress(EngineDied):  # then that comes as a message, after all that was said before
                await self.send(
                    _with_own_credentials(question), stream.number, silence=self.silence, longest=self._longest
                )
            message: FromChild | None = None
            while not isinstance(message, Finished | Cancelled):
                message = await self.watched(stream.get(), self.silence, self._longest)
                if isinstance(message, Failure):
                    raise from_wire(message.code, message.message, message.hint, message.field)
                yield message
        finally:
            await self._leave(stream)

    @property
    def _longest(self) -> float:
        return LONGEST_SILENCE * (self.silence or 0.0)

    async def _leave(self, stream: WorkStream) -> None:
        if stream.abandoned or stream.state == "ended":
            return
        self.abandon(stream)
        if stream.state == "paused":
            return  # it computes nothing
        with suppress(TimeoutError):
            async with asyncio.timeout(CANCEL_SECONDS):
                await stream.ended.wait()

    def _note_overdue(self, stream: WorkStream) -> None:
        stream.overdue = True
        self._end_overdue()

    def _end_overdue(self) -> None:
        """End the process over work that goes on too long, unless work that somebody waits for would end with it."""
        running = [stream for stream in self._streams.values() if stream.state == "running"]
        if any(stream.overdue for stream in running) and all(stream.abandoned for stream in running):
            self.kill()
            self.on_overdue()

    async def _read_messages(self) -> None:
        try:
            while True:
                number, body = await self.receive()
                self._note(number, decode_from_child(body))
        except msgspec.DecodeError:
            self.kill("was ended because it said what makes no sense")
            self._report_death(await self.death())
        except EngineDied as death:
            self._report_death(death)

    def _report_death(self, death: EngineDied) -> None:
        """Let everybody who listens know that the process is gone."""
        running = [stream for stream in self._streams.values() if stream.state == "running"]
        if any(not stream.abandoned for stream in running):
            self.on_death(death)
        self._died = death
        for stream in running:
            stream.put(death)
        self._streams.clear()
        self.on_change()

    def _note(self, number: int, message: FromChild) -> None:
        if isinstance(message, Loaded) and self.loaded is None:
            self.loaded, self.loaded_at = message, datetime.now(UTC)
            self._grace = max(LEAST_GRACE, time.monotonic() - self._started)
            self.on_change()
        if number not in self._streams:
            return
        stream = self._streams[number]
        stream.put(message)
        if isinstance(message, SegmentMessage):
            self.proven = True
        if isinstance(message, Finished) and stream.proves:
            self.proven = True
            self.on_completed()
        if stream.state == "ended":
            del self._streams[number]
            self._end_overdue()
            if stream.abandoned:
                self.on_change()


def _with_own_credentials(question: Load | Work) -> Load | Work:
    """Return a message that tells no engine's process the credentials of another one."""
    settings = question.settings
    return replace(question, settings=registry.with_own_credentials(settings, question.spec.model_type))
