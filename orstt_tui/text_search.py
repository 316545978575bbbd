"""TextSearch: where words stand in a text that is in segments, and which of the places is looked at."""

from __future__ import annotations

import re
from bisect import bisect_left, bisect_right
from collections.abc import Iterator, Sequence
from itertools import accumulate
from typing import NamedTuple


class Place(NamedTuple):
    """A part of the text of a segment; what is found may go over several.

    Attributes:
        hit: the number of what was found, from 0 on.
        start, end: characters of the segment's text.
    """

    hit: int
    start: int
    end: int


class TextSearch:
    """Finds all places at once, whatever the case; words are found across the end of a line or segment too.

    It searches one text of all segments, a line each, and keeps where in it they and the places begin: every key that
    is typed searches, and what is behind a segment that was added or changed is searched alone.
    """

    def __init__(self) -> None:
        self.words = ""
        self.current: int | None = None
        """The number of the place that is looked at."""
        self._starts = [0]
        self._found: list[tuple[int, int]] = []

    def __len__(self) -> int:
        return len(self._found)

    @property
    def segment(self) -> int | None:
        """The segment in which the place that is looked at begins."""
        return None if self.current is None else self._segment_of(self.current)

    def places(self, segment: int) -> Iterator[Place]:
        """Yield what was found in a segment."""
        begin, end = self._starts[segment], self._starts[segment + 1] - 1
        number = bisect_left(self._found, (begin,))
        if number and self._found[number - 1][1] > begin:  # it began in a segment before
            number -= 1
        while number < len(self._found) and self._found[number][0] < end:
            start, stop = self._found[number]
            yield Place(number, max(start, begin) - begin, min(stop, end) - begin)
            number += 1

    def look(self, words: str, texts: Sequence[str]) -> None:
        """Find words in the texts of all segments; no words: nothing is looked for."""
        self.words, self.current, self._found = words.strip(), None, []
        self.renew(texts, 0)

    def renew(self, texts: Sequence[str], kept: int) -> None:
        """Find the same words in texts of which the first `kept` are as they were; the number looked at stays."""
        self._starts = [0, *accumulate(len(text) + 1 for text in texts)]
        if self.words:
            boundary = self._starts[kept]
            while self._found and self._found[-1][1] >= boundary:
                self._found.pop()
            # Nothing that was found is longer than the words with a break behind each letter.
            begin = max(self._found[-1][1] if self._found else 0, boundary - 2 * len(self.words))
            self._found += [match.span() for match in _pattern(self.words).finditer("\n".join(texts), begin)]
        if self.current is not None and self.current >= len(self):
            self.current = None

    def go_to(self, segment: int) -> None:
        """Look at the first place in a segment or behind it; where there is none, at the first of all."""
        self.current = self._first_from(segment) % len(self) if len(self) else None

    def step(self, direction: int, segment: int) -> None:
        """Look at the next place (1) or the one before (-1), as seen from a segment; after the last comes the first."""
        if not len(self):
            return
        if self.current is None or self.segment != segment:
            behind = self._first_from(segment)
            self.current = behind if direction > 0 else behind - 1
        else:
            self.current += direction
        self.current %= len(self)

    def _first_from(self, segment: int) -> int:
        return bisect_left(self._found, (self._starts[segment],))

    def _segment_of(self, hit: int) -> int:
        return bisect_right(self._starts, self._found[hit][0]) - 1


def _pattern(words: str) -> re.Pattern[str]:
    """Return what finds words however they are divided: by spaces, and where none are written by the segments' ends."""
    parts = (re.escape(part) if part.isascii() else "\n?".join(map(re.escape, part)) for part in words.split())
    return re.compile(r"\s+".join(parts), re.IGNORECASE)
