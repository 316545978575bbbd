"""Whisper's classic decoding: one chunk of a recording after another, each given the text of the one before.

The text is faster-whisper's own, to the letter; the times are those of the aligned words.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

from msgspec.structs import replace

from orstt_core.engines.cancellation import WorkCancelled
from orstt_core.engines.timed_segments import lasting, long_pauses, timed_segments, timed_words
from orstt_core.engines.voice_activity import Chunk, chunks, detection
from orstt_core.engines.window_counts import count_window
from orstt_core.errors import EngineFailed, OrsttError
from orstt_core.types import Segment, TranscribeOptions

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

    from orstt_core.engines.aligning_model import AligningWhisperModel

CONTEXT_TOKENS = 223
"""As many tokens of the text before as Whisper's prompt holds."""

PROMPT_RESET_TEMPERATURE = 0.5
"""Text that was only found by sampling at a higher temperature does not guide what follows (Whisper's rule)."""

FRAMES_PER_SECOND = 100
"""The unit of the library's `seek`."""


def decode(model: AligningWhisperModel, samples: NDArray[np.float32], options: TranscribeOptions) -> Iterator[Segment]:
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
    number, end = 0, 0.0
    with engine_errors():
        for chunk in chunks(samples, detection=detection(options)):
            hearing = model.hearing(chunk.speech)
            if language is None and options.languages:
                language, probability = _likeliest(hearing, chunk.samples, options.languages)
            found, info = hearing.transcribe(
                chunk.samples,
                language=language,
                task=options.task,
                beam_size=options.beam_size,
                temperature=options.temperature,
                initial_prompt=before,
                hotwords=options.hotwords,
            )
            if language is None:
                # Detected once, on the first half minute of speech, and then kept.
                language, probability = info.language, float(info.language_probability)
            tokens: list[int] = []
            repeated: dict[int, bool] = {}
            for segment in found:
                repeated[segment.seek] = segment.temperature != options.temperature[0]
                if not any(map(str.isalnum, segment.text)):
                    continue  # on music Whisper writes a row of full stops
                tokens += segment.tokens
                if segment.temperature > PROMPT_RESET_TEMPERATURE:
                    tokens.clear()
                for result in _spoken(segment, hearing, chunk, end, options, language):
                    yield replace(result, id=number, language_probability=probability)
                    number, end = number + 1, result.end or end
            for again in repeated.values():
                count_window(repeated=again)
            before = tokens[-CONTEXT_TOKENS:] or options.initial_prompt


def _likeliest(model: AligningWhisperModel, samples: NDArray[np.float32], possible: Sequence[str]) -> tuple[str, float]:
    """Return which of the languages is the likeliest in the first half minute, and how likely among all."""
    _, _, found = model.detect_language(audio=samples)
    likelihoods: dict[str, float] = dict(found)
    best = max(possible, key=lambda code: likelihoods.get(code, 0.0))
    return best, float(likelihoods.get(best, 0.0))


@contextmanager
def engine_errors() -> Iterator[None]:
    """Raise what the library raises as `EngineFailed`."""
    try:
        yield
    except (OrsttError, WorkCancelled):
        raise
    except Exception as error:  # CTranslate2 raises RuntimeError and ValueError with texts of its own
        raise EngineFailed(f"faster-whisper failed while it decoded: {error}.") from error


def _spoken(
    segment: Any, model: AligningWhisperModel, chunk: Chunk, earliest: float, options: TranscribeOptions, language: str
) -> Iterator[Segment]:
    """Yield what was decoded as one segment, parted at long pauses; nothing begins before `earliest`."""
    whole = replace(_segment(segment, chunk), language=language)
    aligned = model.aligned(segment.tokens)
    words = list(timed_words(aligned, chunk, segment.seek / FRAMES_PER_SECOND, earliest))
    return timed_segments(whole, aligned, words, long_pauses, options, model.hf_tokenizer)


def _segment(segment: Any, chunk: Chunk) -> Segment:
    """Return a segment as the library gives it; its floats are NumPy's, which msgspec does not encode."""
    start, end = chunk.times(float(segment.start), float(segment.end))
    return Segment(
        id=0,
        start=start,
        end=lasting(start, end),
        text=segment.text.strip(),
        confidence=min(math.exp(segment.avg_logprob), 1.0),
        avg_logprob=float(segment.avg_logprob),
        compression_ratio=float(segment.compression_ratio),
        no_speech_prob=float(segment.no_speech_prob),
        temperature=float(segment.temperature),
        seek=chunk.seek(segment.seek),
        tokens=list(segment.tokens),
    )
