"""TextSearch: where words stand in a text that is in segments, and which of the places is looked at."""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections import defaultdict
from collections.abc import Sequence
from itertools import accumulate
from typing import NamedTuple


class Place(NamedTuple):
    """A part of the text of a segment; what is found may go over several.

    Attributes:
        hit: the number of what was found, from 0 on.
        start, end: characters of the segment's text.
    """

    hit: int
    segment: int
    start: int
    end: int


class TextSearch:
    """Finds all places at once, whatever the case; words are found across the end of a line or segment too."""

    def __init__(self) -> None:
        self.words = ""
        self.current: int | None = None
        """The number of the place that is looked at."""
        self._segments: list[int] = []
        """For each hit, the segment in which it begins."""
        self._places: dict[int, list[Place]] = {}

    def __len__(self) -> int:
        return len(self._segments)

    @property
    def segment(self) -> int | None:
        """The segment in which the place that is looked at begins."""
        return None if self.current is None else self._segments[self.current]

    def places(self, segment: int) -> Sequence[Place]:
        """Return what was found in a segment."""
        return self._places.get(segment, ())

    def look(self, words: str, texts: Sequence[str]) -> None:
        """Find words in the texts of all segments; no words: nothing is looked for."""
        self.words, self.current = words.strip(), None
        self.renew(texts)

    def renew(self, texts: Sequence[str]) -> None:
        """Find the same words in other texts; the place that is looked at stays the same number."""
        places: dict[int, list[Place]] = defaultdict(list)
        self._segments = []
        if self.words:
            starts = [0, *accumulate(len(text) + 1 for text in texts)]
            for match in _pattern(self.words).finditer("\n".join(texts)):
                first, last = (bisect_right(starts, place) - 1 for place in (match.start(), match.end() - 1))
                for segment in range(first, last + 1):
                    begin, end = match.start() - starts[segment], match.end() - starts[segment]
                    place = Place(len(self._segments), segment, max(begin, 0), min(end, len(texts[segment])))
                    places[segment].append(place)
                self._segments.append(first)
        self._places = dict(places)
        if self.current is not None and self.current >= len(self):
            self.current = None

    def go_to(self, segment: int) -> None:
        """Look at the first place in a segment or behind it; where there is none, at the first of all."""
        found = bisect_left(self._segments, segment)
        self.current = found % len(self) if len(self) else None

    def step(self, direction: int, segment: int) -> None:
        """Look at the next place (1) or the one before (-1), as seen from a segment; after the last comes the first."""
        if not len(self):
            return
        if self.current is None or self._segments[self.current] != segment:
            behind = bisect_left(self._segments, segment)
            self.current = behind if direction > 0 else behind - 1
        else:
            self.current += direction
        self.current %= len(self)


def _pattern(words: str) -> re.Pattern[str]:
    """Return what finds words however they are divided: by spaces, and where none are written by the segments' ends."""
    parts = ("\n?".join(map(re.escape, part)) for part in words.split())
    return re.compile(r"\s+".join(parts), re.IGNORECASE)
