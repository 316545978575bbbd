"""Segments made of words whose times are known: parted at long pauses, each as long as its words."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from itertools import pairwise
from typing import TYPE_CHECKING
from unicodedata import category, name

from msgspec.structs import replace

from orstt_core.engines.alignment import POSITION_SECONDS, AlignedWord
from orstt_core.speech_rate import is_speakable
from orstt_core.transcript import WRITTEN_WITHOUT_SPACES
from orstt_core.types import Segment, TokenLogprob, TranscribeOptions, Word

if TYPE_CHECKING:
    from typing import Any

    from orstt_core.engines.voice_activity import Chunk

LONGEST_PAUSE = 2.0
"""Seconds: a segment that goes on after a longer pause is two; as long a silence is left out before decoding."""
SENTENCE_ENDS = ("FULL STOP", "QUESTION MARK", "EXCLAMATION MARK", "ELLIPSIS", "DANDA")
"""What the Unicode names of marks end with that end a sentence, in whatever writing."""
SENTENCE_PAUSE = 0.2
"""Seconds: a full stop without a pause is that of an abbreviation, as a rule."""
LONGEST_CUE = 10.0
"""Seconds: longer ones are parted at their longest pause, so that two lines of a subtitle can hold them."""

Cutter = Callable[[Sequence[Word]], Iterator[int]]
"""Yields the numbers of words that segments begin with, beside the first."""


def timed_segments(
    whole: Segment,
    aligned: Sequence[AlignedWord],
    words: list[Word],
    cutter: Cutter,
    options: TranscribeOptions,
    tokenizer: Any,
) -> Iterator[Segment]:
    """Yield what was decoded as one segment in parts; without words it comes as it is.

    Args:
        whole: the segment.
        aligned: its words, as they were decoded.
        words: the same with their times in the recording.
        cutter: where to part it.
        options: which of words and log probabilities are wanted.
        tokenizer: the library `tokenizers`'.
    """
    spaced = options.task == "translate" or whole.language not in WRITTEN_WITHOUT_SPACES
    # Where a language has spaces, a segment begins with one: what stands before it would be half a word.
    cuts = [number for number in cutter(words) if not spaced or aligned[number].text.startswith(" ")]
    for first, last in pairwise(_speakable_cuts(words, [0, *cuts, len(words)])) if words else ():
        part = aligned[first:last]
        one = len(part) == len(aligned)
        yield replace(
            whole,
            start=words[first].start,
            end=lasting(words[first].start, words[last - 1].end),
            text=whole.text if one else "".join(word.text for word in part).strip(),
            words=words[first:last] if options.word_timestamps else None,
            tokens=whole.tokens if one else [token for word in part for token in word.tokens],
            logprobs=_logprobs(tokenizer, part) if options.logprobs else None,
        )
    if not words:
        yield replace(whole, words=[] if options.word_timestamps else None)


def lasting(start: float, end: float) -> float:
    """Return where a passage ends: what Whisper places at a point of time takes as long as it can tell apart."""
    return max(end, start + POSITION_SECONDS)


def timed_words(aligned: Sequence[AlignedWord], chunk: Chunk, window: float, earliest: float) -> Iterator[Word]:
    """Yield words with times in the recording, none of which begins before the one before it has ended.

    Args:
        aligned: with times from the window's beginning.
        chunk: that the window is of.
        window: where it begins there, in seconds.
        earliest: the second of the recording that the first may begin at.
    """
    for word in aligned:
        start, end = chunk.word_times(window + word.start, window + word.end)
        start = max(start, earliest)
        earliest = max(end, start)
        yield Word(start=start, end=earliest, word=word.text.strip(), probability=word.probability)


def long_pauses(words: Sequence[Word]) -> Iterator[int]:
    """Yield the numbers of words that begin after a long pause."""
    return (number for number in range(1, len(words)) if _pause_before(words, number) > LONGEST_PAUSE)


def sentences(words: Sequence[Word]) -> Iterator[int]:
    """Yield the numbers of words that begin a sentence or follow a long pause, and part what is long all the same."""
    begins = [
        number
        for number in range(1, len(words))
        if _pause_before(words, number) > (SENTENCE_PAUSE if _ends_sentence(words[number - 1]) else LONGEST_PAUSE)
    ]
    for first, last in pairwise([0, *begins, len(words)]):
        yield from _shortened(words, first, last)
        if last < len(words):
            yield last


def _shortened(words: Sequence[Word], first: int, last: int) -> Iterator[int]:
    """Yield where to part some of the words so that none of the parts is too long."""
    if last - first == 1 or words[last - 1].end - words[first].start <= LONGEST_CUE:
        return
    # Of equal pauses the one nearest to the middle.
    middle = (words[first].start + words[last - 1].end) / 2
    cut = max(
        range(first + 1, last),
        key=lambda number: (_pause_before(words, number), -abs(words[number].start - middle)),
    )
    yield from _shortened(words, first, cut)
    yield cut
    yield from _shortened(words, cut, last)


def _pause_before(words: Sequence[Word], number: int) -> float:
    return words[number].start - words[number - 1].end


def _ends_sentence(word: Word) -> bool:
    text = word.word
    while text and (category(text[-1]) in ("Pe", "Pf") or text[-1] in "\"'"):
        text = text[:-1]
    return bool(text) and name(text[-1], "").endswith(SENTENCE_ENDS)


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


def _logprobs(tokenizer: Any, words: Sequence[AlignedWord]) -> list[TokenLogprob]:
    from orstt_core.engines.token_logprobs import token_logprobs

    return [found for word in words for found in token_logprobs(tokenizer, word.tokens, word.probabilities)]
