"""ComparisonLines: the lines that the rows of a comparison have at a width, beside or below each other."""

from __future__ import annotations

from bisect import bisect_right
from collections.abc import Iterator, Sequence
from itertools import zip_longest
from typing import NamedTuple

from orstt_core.types import ComparedRow, Side
from orstt_tui.comparison_text import SIDES, MarkedText, marked_text
from orstt_tui.widgets.segment_lines import SegmentLines

Piece = tuple[int, int]
"""From which character of a text to which a line goes."""


class ComparedTexts(NamedTuple):
    """The rows of a comparison, and what each of the two has in them, for showing."""

    rows: Sequence[ComparedRow]
    texts: dict[Side, list[MarkedText]]


def compared_texts(rows: Sequence[ComparedRow]) -> ComparedTexts:
    """Return what is shown of the rows of a comparison; takes a moment for those of a day's recording."""
    return ComparedTexts(rows, {side: [marked_text(row, side) for row in rows] for side in SIDES})


class ComparisonLines:
    """Rows, each of at least one line. Nothing is laid out before the width is known."""

    def __init__(self) -> None:
        self.rows: Sequence[ComparedRow] = ()
        self.texts: dict[Side, list[MarkedText]] = {side: [] for side in SIDES}
        self.beside = True
        """Whether both stand in columns; otherwise the second stands below the first, unless it is the same."""
        self._laid_out = {side: SegmentLines() for side in SIDES}
        self._starts = [0]

    @property
    def height(self) -> int:
        """How many lines there are."""
        return self._starts[-1]

    def show(self, shown: ComparedTexts) -> None:
        """Take these rows instead of those before."""
        self.rows, self.texts = shown
        for side in SIDES:
            self._laid_out[side].splice(0, [text.text for text in self.texts[side]])
        self._count()

    def arrange(self, width: int, *, beside: bool) -> None:
        """Lay all out: so many cells for each text."""
        self.beside = beside
        for side in SIDES:
            self._laid_out[side].arrange(width)
        self._count()

    def span(self, row: int) -> range:
        """Return the lines of a row."""
        return range(self._starts[row], self._starts[row + 1])

    def at(self, line: int) -> int:
        """Return the row that a line belongs to; beyond the last line, the last one."""
        return min(bisect_right(self._starts, line), len(self.rows)) - 1

    def pieces(self, row: int) -> Iterator[dict[Side, Piece]]:
        """Yield what stands in each line of a row."""
        pieces = {side: self._laid_out[side].pieces(row) for side in self._sides(row)}
        if self.beside:
            for left, right in zip_longest(pieces["first"], pieces["second"]):
                yield {side: piece for side, piece in zip(SIDES, (left, right), strict=True) if piece is not None}
        else:
            for side, lines in pieces.items():
                yield from ({side: piece} for piece in lines)

    def _sides(self, row: int) -> Sequence[Side]:
        """Return whose texts a row shows."""
        shown = self.rows[row]
        if self.beside:
            return SIDES
        return [side for side in SIDES if getattr(shown, side)] if shown.differs else SIDES[:1]

    def _count(self) -> None:
        self._starts = [0]
        if not all(lines.width for lines in self._laid_out.values()):
            return
        for row in range(len(self.rows)):
            heights = [len(self._laid_out[side].rows(row)) for side in self._sides(row)]
            self._starts.append(self._starts[-1] + (max(heights) if self.beside else sum(heights)))
