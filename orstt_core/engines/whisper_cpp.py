"""WhisperCppSTT: Whisper by whisper.cpp, from GGML weights, quantised ones among them.

The encoder always computes its half minute: with less (`audio_ctx`) some languages lose words.
"""

from __future__ import annotations

import math
import re
from collections.abc import Callable, Iterator, Sequence
from typing import TYPE_CHECKING, ClassVar

from orstt_core.engines.devices import NO_CHOICE
from orstt_core.engines.local import ThreadedSTT
from orstt_core.engines.model_file import model_file
from orstt_core.engines.token_words import DecodedSegment, whole_letters, words_of
from orstt_core.engines.whisper_languages import likeliest, whisper_languages
from orstt_core.engines.whisper_options import in_english
from orstt_core.errors import OptionUnsupported
from orstt_core.types import Loading, Segment, TranscribeOptions

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from orstt_core.engines.whisper_cpp_model import WhisperCppModel

MOST_BEAMS = 8
"""Whisper.cpp's own limit (`WHISPER_MAX_DECODERS`)."""
FILES = "ggml-*.bin"
_VARIANT = re.compile(r"(-q\d\w*|\.bin)+$")
"""What a name says beside the model's: `base.en-q5_1`, `ggml-base.en.bin`."""


class WhisperCppSTT(ThreadedSTT):
    """Whisper weights in GGML's form; see `BaseSTT` for the arguments. The file decides what it computes with."""

    title = "whisper.cpp"
    requires: ClassVar = {"_pywhispercpp": "'orstt[whisper-cpp]'"}
    capabilities: ClassVar = frozenset(
        {"segments", "words", "language_detection", "translate", "prompt", "vad", "beam_size", "temperature"}
    )
    weights_format = "ggml-whisper"

    def __init__(self, model_name: str, device: str = "cpu", compute_type: str = "int8") -> None:
        super().__init__(model_name, device, compute_type)
        self._aligned = False

    def is_available(self) -> bool:
        """Return whether the library can be imported."""
        from orstt_core.engines.whisper_cpp_model import binding

        try:
            binding()
        except ImportError:
            return False
        return True

    @classmethod
    def devices(cls) -> dict[str, list[str]]:
        """Return the CPU, with no choice of compute types."""
        return NO_CHOICE

    @classmethod
    def languages(cls, model_name: str) -> tuple[str, ...]:
        """Return the codes of Whisper's languages, or English alone for a model called `.en`."""
        return whisper_languages(_VARIANT.sub("", model_name))

    @classmethod
    def check_options(cls, options: TranscribeOptions) -> None:
        """Refuse what the library cannot do.

        Raises:
            OptionUnsupported: the beam is too wide, or the temperatures are no even steps up to 1.
            InvalidRequest: as `BaseSTT.check_options`.
        """
        super().check_options(options)
        _temperature_step(options.temperature)
        if options.beam_size > MOST_BEAMS:
            raise OptionUnsupported(
                f"whisper.cpp keeps {MOST_BEAMS} readings in view at most.",
                hint=f"Give a beam size of {MOST_BEAMS} or less.",
                field="beam_size",
            )

    def open_model(self, progress: Callable[[Loading], None] | None) -> WhisperCppModel:
        """Load the weights; once words were asked for, so that they can be aligned.

        Raises:
            WeightsError: they are not there, or damaged.
            EngineUnavailable: the library is not installed.
        """
        from orstt_core.engines.whisper_cpp_model import WhisperCppModel

        return WhisperCppModel(model_file(self, FILES, progress), self.threads, aligned=self._aligned)

    def unload(self) -> None:
        """Give the memory of the weights back."""
        if self._model is not None:
            self._model.free()
        super().unload()

    def decode(self, samples: NDArray[np.float32], options: TranscribeOptions) -> Iterator[Segment]:
        """Yield what is said in one window.

        Raises:
            OptionUnsupported: the model is for English only and another language, or a translation, is asked of it.
            EngineFailed: the library failed.
        """
        from orstt_core.engines.whisper_cpp_model import DecodingTask

        if options.word_timestamps and not self._aligned:
            self._aligned = True
            self.unload()
        model: WhisperCppModel = self.loaded_model()
        if not model.is_multilingual:
            options = in_english(self.shown_name, options)
        language, probability = options.language, None
        if language is None:
            language, probability = likeliest(model.likelihoods(samples), options.languages)
        task = DecodingTask(
            language=language,
            translate=options.task == "translate",
            prompt=options.initial_prompt or "",
            beam_size=options.beam_size,
            temperature=options.temperature[0],
            temperature_step=_temperature_step(options.temperature),
        )
        end = 0.0
        for found in _whole(model.decode(samples, task)):
            segment = _segment(found, end, language, probability, options)
            end = found.tokens[-1].end if found.tokens else end
            if any(map(str.isalnum, segment.text)):  # on music Whisper writes a row of full stops
                yield segment


def _temperature_step(temperatures: Sequence[float]) -> float:
    """Return by how much the temperature rises while a passage decodes badly; 0: it stays.

    Raises:
        OptionUnsupported: the library cannot go these steps.
    """
    if len(temperatures) == 1:
        return 0.0
    step = temperatures[1] - temperatures[0]
    even = [temperatures[0] + number * step for number in range(len(temperatures))]
    if step > 0 and all(map(math.isclose, temperatures, even)) and temperatures[-1] + step > 1:
        return step
    raise OptionUnsupported(
        "whisper.cpp raises the temperature in even steps up to 1, or not at all.",
        hint="Give one temperature, or such steps, e.g. 0, 0.5 and 1.",
        field="temperature",
    )


def _whole(segments: Sequence[DecodedSegment]) -> Iterator[DecodedSegment]:
    """Yield the segments, none of which ends within a letter: what is left of that is moved from the next one."""
    waiting = [list(segment.tokens) for segment in segments]
    for number, segment in enumerate(segments):
        tokens = waiting[number]
        following = waiting[number + 1] if number + 1 < len(segments) else []
        while following and not whole_letters(token.spelt for token in tokens):
            tokens.append(following.pop(0))
        yield segment._replace(tokens=tokens)


def _segment(
    found: DecodedSegment, earliest: float, language: str, probability: float | None, options: TranscribeOptions
) -> Segment:
    spelt = b"".join(token.spelt for token in found.tokens)
    logprob = sum(token.logprob for token in found.tokens) / max(1, len(found.tokens))
    words = words_of(found.tokens, max(earliest, found.start), language, options)
    return Segment(
        id=0,
        start=found.start,
        end=max(found.start, found.end),
        text=spelt.decode(errors="replace").strip(),
        words=list(words) if options.word_timestamps else None,
        language=language,
        language_probability=probability,
        confidence=min(math.exp(logprob), 1.0),
        avg_logprob=logprob,
    )
