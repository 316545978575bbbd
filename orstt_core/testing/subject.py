"""Subject: the engine with the model that is checked, in the process that checks it, and the speech it is given."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any

from msgspec import Struct

from orstt_core.engines import construction, registry
from orstt_core.engines.base import BaseSTT
from orstt_core.engines.inspection import title_of
from orstt_core.engines.sentence import LANGUAGE, sentence
from orstt_core.languages import normalize_language, requested_languages
from orstt_core.settings import EngineSettings, load_settings
from orstt_core.speech_rate import is_invented
from orstt_core.testing.verification import verified
from orstt_core.types import Segment, TranscribeOptions
from orstt_core.types.options import OptionValue
from orstt_core.units import SAMPLE_RATE

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

PAUSE_SECONDS = 1.2
"""After each repetition of the speech in a longer recording, so that it can be cut there."""
MOST_SPEECH_SECONDS = 60.0
"""Of a recording that is given: checks transcribe it some thirty times."""


class Configuration(Struct, frozen=True, kw_only=True):
    """What is checked, and with what.

    Attributes:
        engine: where the class is, as `module:qualname`.
        compute_type: empty: int8 where the engine has it, else the first that it has.
        options: those of the engine.
        language: what is spoken in `audio`, or in OR-STT's own English sentence.
        audio: path of a recording of speech; empty: that sentence.
        settings: what the engine works with; None: the environment's.
    """

    model_type: str
    engine: str
    model: str
    device: str = "cpu"
    compute_type: str = ""
    options: Mapping[str, OptionValue] = {}
    language: str = LANGUAGE
    audio: str = ""
    settings: EngineSettings | None = None


class Subject:
    """The engine is imported, built and loaded when a check first asks for it.

    Args:
        configuration: what is checked.
    """

    def __init__(self, configuration: Configuration) -> None:
        self.configuration = configuration

    @cached_property
    def kind(self) -> type[BaseSTT]:
        """The engine's class.

        Raises:
            EngineUnavailable: it cannot be imported.
        """
        return registry.import_engine(self.configuration.model_type, self.configuration.engine)

    @property
    def name(self) -> str:
        """What to call the engine in a sentence."""
        return title_of(self.kind)

    @property
    def compute_type(self) -> str:
        """What it computes with."""
        offered = self.kind.devices().get(self.configuration.device, [])
        usual = "int8" if not offered or "int8" in offered else offered[0]
        return self.configuration.compute_type or usual

    @property
    def settings(self) -> EngineSettings:
        """What it works with."""
        return self.configuration.settings or load_settings().for_engines

    @cached_property
    def engine(self) -> BaseSTT:
        """The engine, loaded."""
        engine = self.build()
        engine.load()
        return engine

    @cached_property
    def speech(self) -> NDArray[np.float32]:
        """A recording of somebody who speaks, float32 mono at 16 kHz, shape (n,)."""
        if not self.configuration.audio:
            return sentence()
        from orstt_core.audio import decode

        return decode(Path(self.configuration.audio), max_seconds=MOST_SPEECH_SECONDS).samples

    @cached_property
    def heard(self) -> list[Segment]:
        """What the engine hears in the speech."""
        return self.hear(self.speech)

    @property
    def language(self) -> str | None:
        """The engine's code for what is spoken."""
        return self._asked(TranscribeOptions(language=self.configuration.language)).language

    @property
    def languages(self) -> list[str]:
        """The codes that the model declares; empty: any."""
        return list(self.kind.languages(self.configuration.model))

    def build(self) -> BaseSTT:
        """Return another object of the engine, not loaded yet.

        Raises:
            OrsttError: why it cannot run here.
        """
        asked = self.configuration
        return construction.build(
            asked.model_type,
            asked.model,
            asked.device,
            self.compute_type,
            self.settings,
            asked.options,
        )

    def options(self, **given: Any) -> TranscribeOptions:
        """Return options of a transcription in the language that is spoken, unless another one is given.

        The same speech again and again looks like a loop to Whisper, which would then sample; and no promise is about
        how wide it searches.
        """
        usual: dict[str, Any] = {"language": self.configuration.language}
        quick: dict[str, Any] = {"temperature": (0.0,), "beam_size": 1}
        usual |= {name: value for name, value in quick.items() if name in self.kind.capabilities}
        return TranscribeOptions(**usual | given)

    def repeated(self, times: int) -> NDArray[np.float32]:
        """Return the speech so many times, with a pause after each."""
        import numpy as np

        return np.tile(np.concatenate([self.speech, silence(PAUSE_SECONDS)]), times)

    def segments(
        self, samples: NDArray[np.float32], options: TranscribeOptions | None = None, engine: BaseSTT | None = None
    ) -> Iterator[Segment]:
        """Begin a transcription as the program does.

        Raises:
            OrsttError: the options are refused, or the engine fails.
        """
        options = options or self.options()
        self.kind.check_options(options)
        return (engine or self.engine).segments(samples, self._asked(options))

    def hear(
        self, samples: NDArray[np.float32], options: TranscribeOptions | None = None, engine: BaseSTT | None = None
    ) -> list[Segment]:
        """Return what the engine hears, as the program would show it.

        Raises:
            Violation: the segments are not what segments are.
            OrsttError: the options are refused, or the engine fails.
        """
        duration = len(samples) / SAMPLE_RATE
        found = verified(self.segments(samples, options, engine), duration)
        return [segment for segment in found if not is_invented(segment, duration)]

    def understands(self, language: str) -> bool:
        """Whether the model declares a language, or none at all."""
        codes = map(normalize_language, self.languages)
        return not self.languages or normalize_language(language) in codes

    def _asked(self, options: TranscribeOptions) -> TranscribeOptions:
        detects = "language_detection" in self.kind.capabilities
        return requested_languages(options, self.languages, speaker=self.configuration.model, detects=detects)


def silence(seconds: float) -> NDArray[np.float32]:
    """Return samples of nothing."""
    import numpy as np

    return np.zeros(round(seconds * SAMPLE_RATE), np.float32)


def said(segments: list[Segment]) -> str:
    """Return the words of segments, for a comparison: a comma may come and go with a number's last digit."""
    return " ".join(re.findall(r"[^\W_]+", " ".join(segment.text for segment in segments).casefold()))
