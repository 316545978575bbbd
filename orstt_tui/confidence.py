"""Confidence: of which segments and words an engine was not sure, told by a mark as well as by a colour."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Literal

from orstt_core.transcript import confidence_of
from orstt_core.types import Segment

Doubt = Literal["", "doubtful", "very doubtful"]
"""How much of it there is; empty: none, or nothing was measured."""

MARKS: dict[Doubt, str] = {"": "", "doubtful": "?", "very doubtful": "??"}
SEGMENT_LIMITS = 0.37, 0.6
"""Confidence of a segment below which it is very doubtful, and doubtful.

Below exp(-1.0) = 0.37 OpenAI's Whisper decodes a window once more (its `logprob_threshold`); exp(-0.5) = 0.6 is halfway
to being sure.
"""
WORD_LIMITS = 0.15, 0.5
"""Probability of a word, likewise: the first is the one below which OpenAI's Whisper holds a word for an anomaly."""


def doubt(segment: Segment) -> Doubt:
    """Return how doubtful a segment is: by its own confidence, or by the mean probability of its words."""
    confidence = confidence_of(segment)
    return "" if confidence is None else _level(confidence, SEGMENT_LIMITS)


def doubtful_words(segment: Segment, text: str) -> Iterator[tuple[int, int, Doubt]]:
    """Yield where in the text of a segment its doubtful words begin and end, and how doubtful each is.

    Args:
        segment: has the words, if they were measured.
        text: that of the segment as it is shown; a word that is not found in it is passed over.
    """
    position = 0
    for word in segment.words or ():
        letters = word.word.strip()
        start = text.find(letters, position)
        if start < 0 or not letters:
            continue
        position = start + len(letters)
        if word.probability is not None and (level := _level(word.probability, WORD_LIMITS)):
            yield start, position, level


def _level(measured: float, limits: tuple[float, float]) -> Doubt:
    very, doubtful = limits
    return "very doubtful" if measured < very else "doubtful" if measured < doubtful else ""
