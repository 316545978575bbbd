"""FasterWhisperSTT: OpenAI's Whisper on CTranslate2, by the faster-whisper library.

Invariant: this module opens no network connection. The library gets a folder that `orstt_core.weights` has
found and checked, never a name that it would look up itself.
"""

from __future__ import annotations

import math
import threading
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from importlib import import_module
from typing import TYPE_CHECKING, Any, ClassVar

from msgspec.structs import replace

from orstt_core.engines.base import BaseSTT
from orstt_core.engines.voice_activity import Stretch, Voice, stretches
from orstt_core.engines.whisper_model import open_model, present_compute_types
from orstt_core.errors import (
    AudioError,
    EngineFailed,
    InvalidRequest,
    LanguageUnknown,
    OptionUnsupported,
    OrsttError,
)
from orstt_core.languages import chosen_language, possible_languages
from orstt_core.settings import load_settings
from orstt_core.transcript import join_text
from orstt_core.types import Loading, Segment, TokenLogprob, TranscribeOptions, Word
from orstt_core.weights import obtain

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from orstt_core.engines.token_logprobs import MeasuringWhisperModel

CONTEXT_TOKENS = 223
"""As many tokens of the text before as Whisper's prompt holds."""

HOTWORD_TOKENS = 64
"""Hotwords, text before and text to come share 448 positions; more would cut off what is spoken fast."""

PROMPT_RESET_TEMPERATURE = 0.5
"""Text that was only found by sampling at a higher temperature does not guide what follows (Whisper's rule)."""


class FasterWhisperSTT(BaseSTT):
    """Whisper weights in CTranslate2's format; see `BaseSTT` for the arguments."""

    title = "Faster Whisper"
    requires: ClassVar = {
        "faster_whisper": "faster-whisper",
        "ctranslate2": "ctranslate2",
        "onnxruntime": "onnxruntime",
    }
    capabilities: ClassVar = frozenset(
        {
            "segments",
            "words",
            "language_detection",
            "translate",
            "prompt",
            "hotwords",
            "vad",
            "beam_size",
            "temperature",
            "logprobs",
        }
    )
    weights_format = "ctranslate2-whisper"

    def __init__(self, model_name: str, device: str = "cpu", compute_type: str = "int8") -> None:
        super().__init__(model_name, device, compute_type)
        self._model: MeasuringWhisperModel | None = None
        self._loading = threading.Lock()

    def is_available(self) -> bool:
        """Return whether faster-whisper and what it needs can be imported."""
        try:
            for module in self.requires:
                import_module(module)
        except ImportError:
            return False
        return True

    @classmethod
    def devices(cls) -> dict[str, list[str]]:
        """Return what CTranslate2 supports on this machine, `cuda` only where it sees a GPU."""
        return present_compute_types()

    def preprocess(self, audio_tuple: tuple[int, NDArray[np.generic]]) -> NDArray[np.float32]:
        """Turn `(rate in Hz, samples)` into float32 mono at 16 kHz.

        Raises:
            AudioError: the samples are empty, not finite, or of a type or shape that is no sound.
        """
        from orstt_core.audio import resample

        return resample(audio_tuple)

    def transcribe(self, audio_data: NDArray[np.float32], language: str | None = "en") -> str:
        """Return the text of float32 mono samples at 16 kHz; None detects the language.

        Raises:
            OrsttError: as `segments`.
        """
        found = list(self.segments(audio_data, TranscribeOptions(language=language)))
        return join_text((segment.text for segment in found), found[0].language if found else None)

    def load(self, progress: Callable[[Loading], None] | None = None) -> None:
        """Load the weights, fetching them first where the settings allow it.

        Raises:
            WeightsError: they are not there, or damaged.
            DeviceUnavailable: the device or compute type is not to be had.
            EngineUnavailable: faster-whisper is not installed.
        """
        self._loaded(progress)

    def unload(self) -> None:
        """Let go of the weights; transcriptions under way keep them until they end."""
        self._model = None

    def segments(self, samples: NDArray[np.float32], options: TranscribeOptions) -> Iterator[Segment]:
        """Return an iterator that decodes as it is read; a segment's times are those of the recording.

        Args:
            samples: float32 mono at 16 kHz, shape (n,); without samples there are no segments.
            options: all of them are supported; hotwords up to about 40 words.

        Raises:
            AudioError: the samples are not floats of shape (n,); while iterating, they are not finite.
            LanguageUnknown: Whisper does not know the language.
            OptionUnsupported: the model is for English only and another language, or a translation, is asked of it.
            InvalidRequest: too many hotwords; the language is none of the possible ones.
            EngineFailed: the library raised while it decoded; while iterating.
        """
        samples = _checked(samples)
        model = self._loaded()
        language = self._language(model, options)
        if options.hotwords and _tokens(model, options.hotwords) > HOTWORD_TOKENS:
            raise InvalidRequest(
                "There are too many hotwords: about forty words are the most.", hint="Leave some out.", field="hotwords"
            )
        voice = None
        if options.vad_filter:
            voice = Voice.chosen(options.vad_threshold, options.vad_padding_ms, options.vad_silence_ms)
        return self._decode(model, samples, options, language, voice)

    def _loaded(self, progress: Callable[[Loading], None] | None = None) -> MeasuringWhisperModel:
        with self._loading:
            if self._model is None:
                self._model = self._open(progress)
            return self._model

    def _open(self, progress: Callable[[Loading], None] | None) -> MeasuringWhisperModel:
        settings = self.settings or load_settings().for_engines
        folder = obtain(
            self.weights_format,
            self.model_name,
            cache_dir=settings.cache_dir,
            allow_download=settings.allow_download,
            progress=progress,
        )
        return open_model(
            self.model_name,
            folder,
            device=self.device,
            compute_type=self.compute_type,
            threads=settings.cpu_threads,
        )

    def _language(self, model: MeasuringWhisperModel, options: TranscribeOptions) -> str | None:
        language = chosen_language(options)
        if not model.model.is_multilingual:
            if options.task == "translate":
                raise OptionUnsupported(
                    f"{self.model_name} is for English only and cannot translate.",
                    hint="Choose a model without .en in its name.",
                    field="task",
                )
            if language not in (None, "en"):
                raise OptionUnsupported(
                    f"{self.model_name} is for English only.",
                    hint="Choose a model without .en in its name.",
                    field="language",
                )
            return "en"
        # The library's own list names languages that only the newest weights know.
        field = "language" if language else "languages"
        for code in [language] if language else possible_languages(options):
            if model.hf_tokenizer.token_to_id(f"<|{code}|>") is None:
                raise LanguageUnknown(f"{self.model_name} does not know the language {code}.", field=field)
        return language

    def _decode(
        self,
        model: MeasuringWhisperModel,
        samples: NDArray[np.float32],
        options: TranscribeOptions,
        language: str | None,
        voice: Voice | None,
    ) -> Iterator[Segment]:
        probability: float | None = None
        possible = possible_languages(options)
        before: str | list[int] | None = options.initial_prompt
        number = 0
        with _engine_errors(), _measured(model, options) as measure:
            for stretch in stretches(samples, voice=voice):
                if language is None and possible:
                    language, probability = _likeliest(model, stretch.samples, possible)
                found, info = model.transcribe(
                    stretch.samples,
                    language=language,
                    task=options.task,
                    beam_size=options.beam_size,
                    temperature=options.temperature,
                    initial_prompt=before,
                    hotwords=options.hotwords,
                    word_timestamps=options.word_timestamps or options.logprobs,
                )
                if language is None:
                    # Detected once, on the first half minute of speech, and then kept.
                    language, probability = info.language, float(info.language_probability)
                tokens: list[int] = []
                for segment in found:
                    if not any(map(str.isalnum, segment.text)):
                        continue  # on music Whisper writes a row of full stops
                    tokens += segment.tokens
                    if segment.temperature > PROMPT_RESET_TEMPERATURE:
                        tokens.clear()
                    known = _segment(number, segment, stretch, language, probability)
                    yield replace(
                        known,
                        words=known.words if options.word_timestamps else None,
                        logprobs=measure(segment.tokens) if measure else None,
                    )
                    number += 1
                before = tokens[-CONTEXT_TOKENS:] or options.initial_prompt


def _tokens(model: MeasuringWhisperModel, text: str) -> int:
    return len(model.hf_tokenizer.encode(text, add_special_tokens=False).ids)


def _likeliest(model: MeasuringWhisperModel, samples: NDArray[np.float32], possible: list[str]) -> tuple[str, float]:
    """Return which of the languages is the likeliest in the first half minute, and how likely among all."""
    _, _, found = model.detect_language(audio=samples)
    likelihoods: dict[str, float] = dict(found)
    best = max(possible, key=lambda code: likelihoods.get(code, 0.0))
    return best, float(likelihoods.get(best, 0.0))


def _checked(samples: NDArray[np.float32]) -> NDArray[np.float32]:
    import numpy as np

    if not isinstance(samples, np.ndarray) or samples.ndim != 1 or not np.issubdtype(samples.dtype, np.floating):
        raise AudioError(
            "The engine takes mono samples as an array of floats, shape (n,).",
            hint="Pass (rate, samples) through `preprocess` first.",
        )
    return samples.astype(np.float32, copy=False)


@contextmanager
def _engine_errors() -> Iterator[None]:
    try:
        yield
    except OrsttError:
        raise
    except Exception as error:  # CTranslate2 raises RuntimeError and ValueError with texts of its own
        raise EngineFailed(f"faster-whisper failed while it decoded: {error}.") from error


@contextmanager
def _measured(
    model: MeasuringWhisperModel, options: TranscribeOptions
) -> Iterator[Callable[[Sequence[int]], list[TokenLogprob]] | None]:
    """Have tokens measured where that is asked for; yields what tells of those of a segment."""
    if not options.logprobs:
        yield None
        return
    from orstt_core.engines.token_logprobs import token_logprobs

    model.keep_probabilities(keep=True)
    try:
        yield partial(token_logprobs, model)
    finally:
        model.keep_probabilities(keep=False)


def _segment(number: int, segment: Any, stretch: Stretch, language: str, probability: float | None) -> Segment:
    # The library's floats are NumPy's, which msgspec does not encode.
    words = None
    if segment.words is not None:
        words = [_word(word, stretch) for word in segment.words]
    start, end = stretch.times(float(segment.start), float(segment.end))
    if words:
        start, end = words[0].start, words[-1].end
    return Segment(
        id=number,
        start=start,
        end=end,
        text=segment.text.strip(),
        words=words,
        language=language,
        language_probability=probability,
        confidence=min(math.exp(segment.avg_logprob), 1.0),
        avg_logprob=float(segment.avg_logprob),
        compression_ratio=float(segment.compression_ratio),
        no_speech_prob=float(segment.no_speech_prob),
        temperature=float(segment.temperature),
        seek=stretch.seek(segment.seek),
        tokens=list(segment.tokens),
    )


def _word(word: Any, stretch: Stretch) -> Word:
    start, end = stretch.word_times(float(word.start), float(word.end))
    return Word(start=start, end=end, word=word.word.strip(), probability=float(word.probability))
