"""OpenAIWhisperSTT: OpenAI's own Whisper on PyTorch, by the openai-whisper library.

Invariant: a checkpoint is data. It is read with `weights_only`, so that none can run code, from a folder that
`orstt_core.weights` has found; this module opens no network connection and needs no FFmpeg.
"""

from __future__ import annotations

import gc
import math
from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, Any, ClassVar

from orstt_core.engines.cancellation import current
from orstt_core.engines.local import ThreadedSTT
from orstt_core.engines.model_file import model_file
from orstt_core.engines.openai_checkpoint import open_checkpoint
from orstt_core.engines.whisper_languages import likeliest, whisper_languages
from orstt_core.engines.whisper_options import in_english
from orstt_core.engines.window_counts import count_window
from orstt_core.types import Loading, Segment, TranscribeOptions, Word

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


class OpenAIWhisperSTT(ThreadedSTT):
    """Whisper weights as OpenAI publishes them; see `BaseSTT` for the arguments."""

    title = "OpenAI Whisper"
    requires: ClassVar = {"whisper": "'orstt[openai-whisper]'", "torch": "'orstt[openai-whisper]'"}
    capabilities: ClassVar = frozenset(
        {"segments", "words", "language_detection", "translate", "prompt", "vad", "beam_size", "temperature"}
    )
    weights_format = "openai-whisper"

    def __init__(self, model_name: str, device: str = "cpu", compute_type: str = "float32") -> None:
        super().__init__(model_name, device, compute_type)

    @classmethod
    def devices(cls) -> dict[str, list[str]]:
        """Return what PyTorch sees of this machine; Whisper's half precision is for GPUs only."""
        import torch

        cuda = {"cuda": ["float16", "float32"]} if torch.cuda.is_available() else {}
        return {"cpu": ["float32"], **cuda}

    @classmethod
    def languages(cls, model_name: str) -> tuple[str, ...]:
        """Return the codes of Whisper's languages, or English alone for a model called `.en`."""
        return whisper_languages(model_name.removesuffix(".pt"))

    def open_model(self, progress: Callable[[Loading], None] | None) -> Any:
        """Load the weights.

        Raises:
            WeightsError: they are not there, or damaged, or would run code.
            EngineUnavailable: openai-whisper is not installed.
        """
        import torch

        if self.threads:  # otherwise the library chooses
            torch.set_num_threads(self.threads)
        model = open_checkpoint(model_file(self, "*.pt", progress), self.device)
        # Called for every token, so that cancelled work ends before the next one.
        model.decoder.register_forward_pre_hook(lambda *_: current().check())
        return model

    def unload(self) -> None:
        """Let go of the weights, and give their memory back."""
        self._model = None
        gc.collect()  # its modules refer to each other
        super().unload()

    def decode(self, samples: NDArray[np.float32], options: TranscribeOptions) -> Iterator[Segment]:
        """Yield what the library makes of one window; words are aligned only when they are asked for.

        Raises:
            OptionUnsupported: the model is for English only and another language, or a translation, is asked of it.
        """
        model = self.loaded_model()
        if not model.is_multilingual:
            options = in_english(self.shown_name, options)
        language, probability = options.language, None
        if language is None:
            language, probability = _heard(model, samples, options)
        found = model.transcribe(
            samples,
            language=language,
            task=options.task,
            beam_size=options.beam_size if options.beam_size > 1 else None,
            temperature=options.temperature,
            initial_prompt=options.initial_prompt,
            word_timestamps=options.word_timestamps,
            condition_on_previous_text=False,
            fp16=self.compute_type == "float16",
        )
        first = options.temperature[0]
        count_window(repeated=any(segment["temperature"] != first for segment in found["segments"]))
        for segment in found["segments"]:
            if any(map(str.isalnum, segment["text"])):  # on music Whisper writes a row of full stops
                yield _segment(segment, language, probability, words=options.word_timestamps)


def _heard(model: Any, samples: NDArray[np.float32], options: TranscribeOptions) -> tuple[str, float]:
    """Return which language is the likeliest, of the possible ones, and how likely among all."""
    from whisper.audio import N_SAMPLES, log_mel_spectrogram, pad_or_trim

    features = log_mel_spectrogram(pad_or_trim(samples, N_SAMPLES), model.dims.n_mels).to(model.device)
    _, likelihoods = model.detect_language(features)
    return likeliest(likelihoods, options.languages)


def _segment(found: dict[str, Any], language: str | None, probability: float | None, *, words: bool) -> Segment:
    """Return a segment as the library gives it, with plain floats, which msgspec can encode."""
    return Segment(
        id=0,
        start=float(found["start"]),
        end=float(found["end"]),
        text=found["text"].strip(),
        words=[_word(word) for word in found["words"]] if words else None,
        language=language,
        language_probability=probability,
        confidence=min(math.exp(found["avg_logprob"]), 1.0),
        avg_logprob=float(found["avg_logprob"]),
        compression_ratio=float(found["compression_ratio"]),
        no_speech_prob=float(found["no_speech_prob"]),
        temperature=float(found["temperature"]),
        tokens=list(found["tokens"]),
    )


def _word(found: dict[str, Any]) -> Word:
    return Word(
        start=float(found["start"]),
        end=float(found["end"]),
        word=found["word"].strip(),
        probability=float(found["probability"]),
    )
