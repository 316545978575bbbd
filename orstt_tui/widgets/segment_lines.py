"""SegmentLines: the lines that a text in segments has at a width, and whose each is; thousands are laid out at once."""

from __future__ import annotations

import re
from bisect import bisect_right
from collections.abc import Iterable

from rich.cells import cell_len, chop_cells

NARROW = frozenset(map(chr, [*range(0x20, 0x7F), *range(0xA0, 0xAD), *range(0xAE, 0x300), *range(0x370, 0x483)]))
"""Letters that take one cell each: Latin, Greek, Cyrillic, and …"""
NARROW_MARKS = NARROW | frozenset("\u2013—\u2018\u2019“”„…")
"""… typographic marks beside them."""
WORD = re.compile(r"(\S+)\s*")


class SegmentLines:
    """Segments, each of at least one line, wrapped between words. Nothing is laid out before the width is known."""

    def __init__(self) -> None:
        self.width = 0
        self.texts: list[str] = []
        self._breaks: list[list[int]] = []
        self._starts = [0]

    @property
    def height(self) -> int:
        """How many lines there are."""
        return self._starts[-1]

    def splice(self, kept: int, texts: Iterable[str]) -> None:
        """Keep the first `kept` segments, and put these behind them."""
        del self.texts[kept:], self._breaks[kept:], self._starts[kept + 1 :]
        self.texts += texts
        self._lay_out(kept)

    def arrange(self, width: int) -> bool:
        """Lay all out at a width in cells; return whether it is another one."""
        if width == self.width:
            return False
        self.width = width
        self._breaks, self._starts = [], [0]
        self._lay_out(0)
        return True

    def rows(self, segment: int) -> range:
        """Return the lines of a segment."""
        return range(self._starts[segment], self._starts[segment + 1])

    def at(self, line: int) -> int:
        """Return the segment that a line belongs to; beyond the last line, the last one."""
        return min(bisect_right(self._starts, line), len(self._breaks)) - 1

    def pieces(self, segment: int) -> list[tuple[int, int]]:
        """Return the first character of each line of a segment, and the one behind its last."""
        breaks = self._breaks[segment]
        return list(zip([0, *breaks], [*breaks, len(self.texts[segment])], strict=True))

    def _lay_out(self, first: int) -> None:
        if self.width:
            for text in self.texts[first:]:
                breaks = line_breaks(text, self.width)
                self._breaks.append(breaks)
                self._starts.append(self._starts[-1] + len(breaks) + 1)


def line_breaks(text: str, width: int) -> list[int]:
    """Return the characters at which lines of so many cells begin, without the first.

    Letters of one cell, in which most texts are written, are not measured one by one.
    """
    if not NARROW_MARKS.issuperset(text):
        return _measured_breaks(text, width)
    breaks: list[int] = []
    start = 0
    while len(text) - start > width:
        space = text.rfind(" ", start, start + width + 1)
        start = space + 1 if space >= start else start + width
        breaks.append(start)
    return breaks


def _measured_breaks(text: str, width: int) -> list[int]:
    breaks: list[int] = []
    filled = 0
    for word in WORD.finditer(text):
        letters, place = word[1], word.start()
        if filled and filled + cell_len(letters) > width:
            breaks.append(place)
            filled = 0
        *full, rest = chop_cells(letters, width) or [letters]
        for line in full:
            place += len(line)
            breaks.append(place)
        filled = (0 if full else filled) + cell_len(rest) + len(word[0]) - len(letters)
    return breaks
