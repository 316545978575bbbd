"""Texts and words of two engines, compared."""

from __future__ import annotations

import re
from collections.abc import Iterable, Sequence
from statistics import median

from orstt_core.types import Segment, Word


def plain(text: str) -> str:
    """A text without its marks and capitals."""
    return re.sub(r"[^a-z ]", "", text.lower().replace("mr.", "mister"))


def words_of(segments: Iterable[Segment]) -> list[Word]:
    return [word for segment in segments for word in segment.words or ()]


def median_distance(ours: Sequence[Word], theirs: Sequence[Word]) -> float:
    """How far apart in seconds the same words begin."""
    return median(abs(one.start - other.start) for one, other in zip(ours, theirs, strict=True))
