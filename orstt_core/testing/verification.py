"""What segments are, whatever the engine: texts in order, times within the recording, figures within their bounds."""

from __future__ import annotations

from collections.abc import Iterable
from itertools import pairwise

from orstt_core.testing.violation import Violation, require
from orstt_core.types import Segment, Word

TOLERANCE = 0.05
"""Seconds that a time may lie beyond the recording: engines round to hundredths, and to the frames of a model."""
WORD_TOLERANCE = 0.5
"""Seconds that a word may lie outside its segment; some engines place the two by different means."""


def verified(segments: Iterable[object], duration: float) -> list[Segment]:
    """Return the segments of a recording of so many seconds.

    Raises:
        Violation: they are not what segments are.
    """
    found: list[Segment] = []
    for number, segment in enumerate(segments):
        if not isinstance(segment, Segment):
            raise Violation(f"`segments` yields {type(segment).__name__} where orstt_core.types.Segment is due.")
        require(segment.id == number, f"Segment {number} has the id {segment.id}; they count from 0 on.")
        require(isinstance(segment.text, str) and segment.text.strip(), f"Segment {number} has no text.")
        _verify_times(segment, duration)
        _verify_words(segment, duration)
        _verify_figures(segment)
        found.append(segment)
    for former, latter in pairwise(found):
        if former.start is not None and latter.start is not None:
            require(
                former.start <= latter.start,
                f"Segment {latter.id} begins at {latter.start:g} s, before segment {former.id}, which begins at "
                f"{former.start:g} s.",
            )
    return found


def _verify_times(segment: Segment, duration: float) -> None:
    if segment.start is None or segment.end is None:
        require(segment.start is segment.end, f"Segment {segment.id} has one of its two times; give both or none.")
        return
    require(
        0 <= segment.start <= segment.end <= duration + TOLERANCE,
        f"Segment {segment.id} lasts from {segment.start:g} to {segment.end:g} s in a recording of {duration:g} s.",
    )


def _verify_words(segment: Segment, duration: float) -> None:
    for word in segment.words or ():
        require(
            0 <= word.start <= word.end <= duration + TOLERANCE,
            f"The word {word.word!r} lasts from {word.start:g} to {word.end:g} s in a recording of {duration:g} s.",
        )
        require(_is_within(word, segment), f"The word {word.word!r} lies outside its segment {segment.id}.")
        _verify_share(word.probability, f"The probability of the word {word.word!r}")
    for former, latter in pairwise(segment.words or ()):
        require(former.start <= latter.start, f"The word {latter.word!r} begins before the one that it follows.")


def _is_within(word: Word, segment: Segment) -> bool:
    if segment.start is None or segment.end is None:
        return False
    return segment.start - WORD_TOLERANCE <= word.start and word.end <= segment.end + WORD_TOLERANCE


def _verify_figures(segment: Segment) -> None:
    _verify_share(segment.confidence, f"The confidence of segment {segment.id}")
    _verify_share(segment.language_probability, f"The probability of the language of segment {segment.id}")
    _verify_share(segment.no_speech_prob, f"The no_speech_prob of segment {segment.id}")
    for token in segment.logprobs or ():
        require(token.logprob <= 0, f"The logarithm of the token {token.token!r}'s probability is {token.logprob:g}.")


def _verify_share(share: float | None, what: str) -> None:
    require(share is None or 0 <= share <= 1, f"{what} is {share}; a probability lies from 0 to 1.")
