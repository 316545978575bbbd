"""MeasuredEngine: a model in a process of its own, as in service, and what each transcription takes in it.

For whoever measures what no model is configured with: settings that are tried (`orstt_core.tuning`), and engines beside
each other. Configured models are measured by jobs of a Backend (`orstt_core.benchmarks`), which may be a server; the
seconds and bytes of both are those that the engine's process tells when it has finished.
"""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import aclosing, asynccontextmanager
from typing import NamedTuple, Self

from orstt_core.runtime.engine_process import EngineProcess
from orstt_core.runtime.protocol import EngineSpec, Finished, SegmentMessage, SoundFile, Work
from orstt_core.settings import Settings
from orstt_core.transcript import join_text
from orstt_core.types import TranscribeOptions


class Run(NamedTuple):
    """A transcription: its text, the seconds that it took, and the most bytes that the process had until then."""

    text: str
    seconds: float
    peak_memory: int


class MeasuredEngine:
    """See `loaded`."""

    def __init__(self, process: EngineProcess, spec: EngineSpec, settings: Settings) -> None:
        self._process = process
        self._spec = spec
        self._settings = settings.for_engines

    @classmethod
    @asynccontextmanager
    async def loaded(cls, spec: EngineSpec, settings: Settings) -> AsyncIterator[Self]:
        """Load a model, and keep it loaded until the end.

        Args:
            spec: which, and how.
            settings: those that engines work with.

        Raises:
            OrsttError: it cannot be loaded.
        """
        process = await EngineProcess.start()
        try:
            process.silence = settings.engine_silence
            process.limit_memory(settings.max_engine_mb)
            async with aclosing(process.load(spec, settings.for_engines)) as messages:
                async for _ in messages:
                    pass
            yield cls(process, spec, settings)
        finally:
            await process.close()

    @property
    def alive(self) -> bool:
        """Whether the process is still there."""
        return self._process.alive

    @property
    def compute_type(self) -> str:
        """What it really computes with."""
        loaded = self._process.loaded
        return loaded.compute_type if loaded else self._spec.compute_type

    async def transcribe(self, sound: SoundFile, options: TranscribeOptions) -> Run:
        """Transcribe a recording.

        Raises:
            OrsttError: the engine fails.
        """
        work = Work(spec=self._spec, sound=sound, options=options, settings=self._settings)
        texts: list[str] = []
        seconds, memory = 0.0, 0
        async with aclosing(self._process.run(work)) as messages:
            async for message in messages:
                match message:
                    case SegmentMessage(event=event):
                        texts.append(event.segment.text)
                    case Finished():
                        seconds = message.seconds
                        memory = message.peak_memory or self._process.memory
        return Run(join_text(texts, options.language), seconds, memory)
