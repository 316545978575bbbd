"""Benchmark: settings of a model measured by turns with the one as it is, each in a process of its own as in service.

Every other program on the machine slows both sides of a comparison, so it is made of runs that follow each other, and
of each recording the median counts. That is why it is no benchmark as `orstt bench` runs it: those measure configured
models, each on its whole set and once, to tell how often they are wrong; a setting that is tried is none, and what it
gains, some percent, is less than a machine's pace changes in the time of a set. What one transcription takes and how
many of its words are wrong is measured by the same pieces: `orstt_core.runtime.measured_engine` and
`orstt_core.measurements.scoring`.
"""

from __future__ import annotations

import tempfile
from collections.abc import AsyncIterator, Callable, Collection
from contextlib import asynccontextmanager
from dataclasses import dataclass
from pathlib import Path
from statistics import median
from typing import NamedTuple

import msgspec
from msgspec.structs import replace

from orstt_core.engines import sentence
from orstt_core.engines.shown_name import shown_name
from orstt_core.errors import Conflict, OrsttError
from orstt_core.measurements.scoring import error_rate
from orstt_core.runtime.measured_engine import MeasuredEngine
from orstt_core.runtime.protocol import EngineSpec, SoundFile
from orstt_core.settings import Settings
from orstt_core.types import ModelSetting, TranscribeOptions, TuningFigures, TuningTrial
from orstt_core.types.options import Capability
from orstt_core.units import SAMPLE_RATE

PAUSE_SECONDS = 1.2
"""After each sentence of the long recording, so that it can be cut there."""
LONG_SECONDS, FEWEST, MOST = 8.0, 9, 64
"""The long recording is so many sentences as the machine hears in so long one by one: 75 s to 9 minutes of sound. What
does well on large batches shows only where there are windows enough."""
CLIPS, LONG = 3, 2
"""How often each is transcribed in a comparison."""
HOPELESS = 0.75
"""A setting that is not even so fast after the first round is measured no further."""
MOST_WRONG = 0.5
"""Of the sentence's words. Where more are wrong, those of another setting say nothing of its accuracy."""


@dataclass(frozen=True, eq=False)
class Sound:
    """A recording whose words are known."""

    file: SoundFile
    words: str


class _Run(NamedTuple):
    seconds: float
    wrong: int
    memory: int


class Benchmark:
    """Measures settings; see `opened`.

    Args:
        spec: the model as it is.
        settings: those that engines work with.
        options: of each transcription.
        folder: for the recordings.
        status: called with a few words on what is being done.
    """

    def __init__(
        self,
        spec: EngineSpec,
        settings: Settings,
        options: TranscribeOptions,
        folder: Path,
        status: Callable[[str], None],
    ) -> None:
        self._spec = spec
        self._settings = settings
        self._options = options
        self._folder = folder
        self._clip = self._long = _recording(folder, 1)
        self._status = status
        self._present: _Side | None = None

    @classmethod
    @asynccontextmanager
    async def opened(
        cls, spec: EngineSpec, settings: Settings, capabilities: Collection[Capability], status: Callable[[str], None]
    ) -> AsyncIterator[Benchmark]:
        """Load the model as it is, and keep it loaded until the end.

        Raises:
            Conflict: it does not understand the sentence.
            OrsttError: it cannot be loaded, or fails.
        """
        # A sentence that is said again and again looks like a loop to Whisper, which would then sample.
        options = TranscribeOptions(language=sentence.LANGUAGE)
        if "temperature" in capabilities:
            options = replace(options, temperature=(0.0,))
        with tempfile.TemporaryDirectory(prefix="orstt-tune-") as folder:
            benchmark = cls(spec, settings, options, Path(folder), status)
            status("loading the model as it is")
            async with benchmark._loaded(spec) as present:
                heard = await present.transcribe(benchmark._clip)
                _refuse_inaccurate(spec, heard.wrong)
                count = min(max(round(LONG_SECONDS / heard.seconds), FEWEST), MOST)
                benchmark._present, benchmark._long = present, _recording(benchmark._folder, count)
                yield benchmark

    async def compare(self, setting: ModelSetting) -> TuningTrial:
        """Try a setting.

        Raises:
            OrsttError: the model as it is fails.
        """
        assert self._present is not None
        spec = replace(self._spec, compute_type=setting.compute_type, options=encoded(setting))
        try:
            async with self._loaded(spec) as tried:
                return await self._compare(setting, self._present, tried)
        except OrsttError as error:
            if not self._present.alive:
                raise
            return TuningTrial(setting=setting, problem=error.message)

    async def _compare(self, setting: ModelSetting, present: _Side, tried: _Side) -> TuningTrial:
        for side in (present, tried):
            side.runs.clear()
        turns = [present, tried]
        for number in range(max(CLIPS, LONG)):
            sounds = [*([self._clip] if number < CLIPS else []), *([self._long] if number < LONG else [])]
            for sound in sounds:
                for side in turns:
                    self._status(f"round {number + 1} of {max(CLIPS, LONG)}, {sound.file.duration:.0f} s of speech")
                    await side.transcribe(sound)
            turns.reverse()  # what becomes slower or faster meanwhile does so for both
            trial = TuningTrial(setting=setting, before=self._figures(present), after=self._figures(tried))
            if trial.speed < HOPELESS:
                break
        return trial

    def _figures(self, side: _Side) -> TuningFigures:
        clips, long = side.runs[self._clip], side.runs[self._long]
        return TuningFigures(
            clip_seconds=median(run.seconds for run in clips),
            long_duration=self._long.file.duration,
            long_seconds=median(run.seconds for run in long),
            wrong_words=max(run.wrong for run in clips) + max(run.wrong for run in long),
            memory=max(run.memory for run in clips + long),
        )

    @asynccontextmanager
    async def _loaded(self, spec: EngineSpec) -> AsyncIterator[_Side]:
        async with MeasuredEngine.loaded(spec, self._settings) as engine:
            side = _Side(engine, self._options)
            await side.transcribe(self._clip)  # whatever is done once is done
            yield side


class _Side:
    """One of two that are compared, and what its transcriptions took.

    Attributes:
        runs: by recording.
    """

    def __init__(self, engine: MeasuredEngine, options: TranscribeOptions) -> None:
        self._engine = engine
        self._options = options
        self.runs: dict[Sound, list[_Run]] = {}

    @property
    def alive(self) -> bool:
        return self._engine.alive

    async def transcribe(self, sound: Sound) -> _Run:
        heard = await self._engine.transcribe(sound.file, self._options)
        errors = error_rate(sound.words, heard.text, sentence.LANGUAGE)
        assert errors is not None, "what is said has words"
        run = _Run(heard.seconds, errors.wrong, heard.peak_memory)
        self.runs.setdefault(sound, []).append(run)
        return run


def _refuse_inaccurate(spec: EngineSpec, wrong: int) -> None:
    words = len(sentence.TEXT.split())
    if wrong > MOST_WRONG * words:
        raise Conflict(
            f"{shown_name(spec.model)} hears {min(wrong, words)} of the {words} words of an English sentence wrongly, "
            "so which setting is as accurate cannot be measured.",
            hint="Set its options by `orstt models update`.",
        )


def encoded(setting: ModelSetting) -> str:
    """Return the options of a setting as an `EngineSpec` has them."""
    return msgspec.json.encode(setting.options, order="sorted").decode()


def _recording(folder: Path, sentences: int) -> Sound:
    import numpy as np

    pause = np.zeros(round(PAUSE_SECONDS * SAMPLE_RATE), np.float32)
    samples = np.tile(np.concatenate([sentence.sentence(), pause]), sentences)
    path = folder / f"{sentences}.f32"
    samples.tofile(path)
    file = SoundFile(path=path, samples=samples.size, warnings=[])
    return Sound(file, " ".join([sentence.TEXT] * sentences))
