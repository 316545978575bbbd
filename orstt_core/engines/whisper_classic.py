"""Whisper's classic decoding: one chunk of a recording after another, each given the text of the one before.

The text is faster-whisper's own, to the letter; the times are those of the aligned words.
"""

from __future__ import annotations

import math
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from itertools import pairwise
from typing import TYPE_CHECKING, Any

from msgspec.structs import replace

from orstt_core.engines.alignment import POSITION_SECONDS, AlignedWord
from orstt_core.engines.voice_activity import Chunk, SpeechDetection, chunks
from orstt_core.errors import EngineFailed, OrsttError
from orstt_core.speech_rate import is_speakable
from orstt_core.transcript import WRITTEN_WITHOUT_SPACES
from orstt_core.types import Segment, TokenLogprob, TranscribeOptions, Word

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

LONGEST_PAUSE = 2.0
"""Seconds: a segment that goes on after a longer pause is two; as long a silence is left out before decoding."""


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
    with _engine_errors():
        for chunk in chunks(samples, detection=_detection(options)):
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
            for segment in found:
                if not any(map(str.isalnum, segment.text)):
                    continue  # on music Whisper writes a row of full stops
                tokens += segment.tokens
                if segment.temperature > PROMPT_RESET_TEMPERATURE:
                    tokens.clear()
                for result in _spoken(segment, hearing, chunk, end, options, language):
                    yield replace(result, id=number, language=language, language_probability=probability)
                    number, end = number + 1, result.end or end
            before = tokens[-CONTEXT_TOKENS:] or options.initial_prompt


def _detection(options: TranscribeOptions) -> SpeechDetection | None:
    if not options.vad_filter:
        return None
    return SpeechDetection.chosen(options.vad_threshold, options.vad_padding_ms, options.vad_silence_ms)


def _likeliest(model: AligningWhisperModel, samples: NDArray[np.float32], possible: Sequence[str]) -> tuple[str, float]:
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


def _spoken(
    segment: Any, model: AligningWhisperModel, chunk: Chunk, earliest: float, options: TranscribeOptions, language: str
) -> Iterator[Segment]:
    """Yield what was decoded as one segment, parted at long pauses; nothing begins before `earliest`."""
    whole = _segment(segment, chunk)
    aligned = model.aligned(segment.tokens)
    words = list(_words(aligned, chunk, segment.seek / FRAMES_PER_SECOND, earliest))
    spaced = options.task == "translate" or language not in WRITTEN_WITHOUT_SPACES
    cuts = _speakable_cuts(words, [0, *_cuts(words, aligned, spaced=spaced), len(words)])
    for first, last in pairwise(cuts) if words else ():
        part = aligned[first:last]
        one = len(part) == len(aligned)
        yield replace(
            whole,
            start=words[first].start,
            end=_end(words[first].start, words[last - 1].end),
            text=whole.text if one else "".join(word.text for word in part).strip(),
            words=words[first:last] if options.word_timestamps else None,
            tokens=whole.tokens if one else [token for word in part for token in word.tokens],
            logprobs=_logprobs(model, part) if options.logprobs else None,
        )
    if not words:
        yield replace(whole, words=[] if options.word_timestamps else None)


def _end(start: float, end: float) -> float:
    """Return where a passage ends: what Whisper places at a point of time takes as long as it can tell apart."""
    return max(end, start + POSITION_SECONDS)


def _words(aligned: Sequence[AlignedWord], chunk: Chunk, window: float, earliest: float) -> Iterator[Word]:
    """Yield words with times in the recording, none of which begins before the one before it has ended."""
    for word in aligned:
        start, end = chunk.word_times(window + word.start, window + word.end)
        start = max(start, earliest)
        earliest = max(end, start)
        yield Word(start=start, end=earliest, word=word.text.strip(), probability=word.probability)


def _cuts(words: Sequence[Word], aligned: Sequence[AlignedWord], *, spaced: bool) -> Iterator[int]:
    """Yield the numbers of words that begin after a long pause, and with a space where the language has any."""
    for number in range(1, len(words)):
        pause = words[number].start - words[number - 1].end
        if pause > LONGEST_PAUSE and (not spaced or aligned[number].text.startswith(" ")):
            yield number


def _speakable_cuts(words: list[Word], cuts: Sequence[int]) -> list[int]:
    """Return the cuts around parts that can be spoken in their time; words of others move to the part beside them."""
    kept = [0]
    for last, end in zip(cuts[1:], [*cuts[2:], len(words)], strict=True):
        first = kept[-1]
        # Together with the next part they must fit there: what was said there is not to go with what was not.
        if last == len(words) or _fits(words[first:last]) or not _fits(words[first:end], words[last].start):
            kept.append(last)
        else:
            begin = words[last].start
            words[first:last] = [replace(word, start=begin, end=begin) for word in words[first:last]]
    return kept


def _fits(words: Sequence[Word], start: float | None = None) -> bool:
    begin = words[0].start if start is None else start
    return is_speakable("".join(word.word for word in words), words[-1].end - begin)


def _logprobs(model: AligningWhisperModel, words: Sequence[AlignedWord]) -> list[TokenLogprob]:
    from orstt_core.engines.token_logprobs import token_logprobs

    return [found for word in words for found in token_logprobs(model.hf_tokenizer, word.tokens, word.probabilities)]


def _segment(segment: Any, chunk: Chunk) -> Segment:
    """Return a segment as the library gives it; its floats are NumPy's, which msgspec does not encode."""
    start, end = chunk.times(float(segment.start), float(segment.end))
    return Segment(
        id=0,
        start=start,
        end=_end(start, end),
        text=segment.text.strip(),
        confidence=min(math.exp(segment.avg_logprob), 1.0),
        avg_logprob=float(segment.avg_logprob),
        compression_ratio=float(segment.compression_ratio),
        no_speech_prob=float(segment.no_speech_prob),
        temperature=float(segment.temperature),
        seek=chunk.seek(segment.seek),
        tokens=list(segment.tokens),
    )
