"""Whisper's classic decoding: one chunk of a recording after another, each given the text of the one before."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from functools import partial
from typing import TYPE_CHECKING, Any

from msgspec.structs import replace

from orstt_core.engines.voice_activity import Chunk, SpeechDetection, chunks
from orstt_core.errors import EngineFailed, OrsttError
from orstt_core.types import Segment, TokenLogprob, TranscribeOptions, Word

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from orstt_core.engines.token_logprobs import MeasuringWhisperModel

CONTEXT_TOKENS = 223
"""As many tokens of the text before as Whisper's prompt holds."""

PROMPT_RESET_TEMPERATURE = 0.5
"""Text that was only found by sampling at a higher temperature does not guide what follows (Whisper's rule)."""


def decode(model: MeasuringWhisperModel, samples: NDArray[np.float32], options: TranscribeOptions) -> Iterator[Segment]:
    """Yield the segments of a recording as they are decoded; their times are those of the recording.

    Args:
        model: a loaded model that can do what the options ask for.
        samples: float32 mono at 16 kHz, shape (n,).
        options: with Whisper's own codes of languages.

    Raises:
        AudioError: the samples are not finite.
        EngineFailed: the library raised.
    """
    language, probability = options.language, None
    before: str | list[int] | None = options.initial_prompt
    number = 0
    model, measure = _measuring(model) if options.logprobs else (model, None)
    with _engine_errors():
        for chunk in chunks(samples, detection=_detection(options)):
            if language is None and options.languages:
                language, probability = _likeliest(model, chunk.samples, options.languages)
            found, info = model.transcribe(
                chunk.samples,
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
                result = _segment(number, segment, chunk, language, probability)
                yield replace(
                    result,
                    words=result.words if options.word_timestamps else None,
                    logprobs=measure(segment.tokens) if measure else None,
                )
                number += 1
            before = tokens[-CONTEXT_TOKENS:] or options.initial_prompt


def _detection(options: TranscribeOptions) -> SpeechDetection | None:
    if not options.vad_filter:
        return None
    return SpeechDetection.chosen(options.vad_threshold, options.vad_padding_ms, options.vad_silence_ms)


def _likeliest(
    model: MeasuringWhisperModel, samples: NDArray[np.float32], possible: Sequence[str]
) -> tuple[str, float]:
    """Return which of the languages is the likeliest in the first half minute, and how likely among all."""
    _, _, found = model.detect_language(audio=samples)
    likelihoods: dict[str, float] = dict(found)
    best = max(possible, key=lambda code: likelihoods.get(code, 0.0))
    return best, float(likelihoods.get(best, 0.0))


@contextmanager
def _engine_errors() -> Iterator[None]:
    try:
        yield
    except OrsttError:
        raise
    except Exception as error:  # CTranslate2 raises RuntimeError and ValueError with texts of its own
        raise EngineFailed(f"faster-whisper failed while it decoded: {error}.") from error


def _measuring(
    model: MeasuringWhisperModel,
) -> tuple[MeasuringWhisperModel, Callable[[Sequence[int]], list[TokenLogprob]]]:
    """Return the model as one that measures tokens, and what tells of those of a segment."""
    from orstt_core.engines.token_logprobs import token_logprobs

    model = model.measuring()
    return model, partial(token_logprobs, model)


def _segment(number: int, segment: Any, chunk: Chunk, language: str, probability: float | None) -> Segment:
    # The library's floats are NumPy's, which msgspec does not encode.
    words = None
    if segment.words is not None:
        words = [_word(word, chunk) for word in segment.words]
    start, end = chunk.times(float(segment.start), float(segment.end))
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
        seek=chunk.seek(segment.seek),
        tokens=list(segment.tokens),
    )


def _word(word: Any, chunk: Chunk) -> Word:
    start, end = chunk.word_times(float(word.start), float(word.end))
    return Word(start=start, end=end, word=word.word.strip(), probability=float(word.probability))
