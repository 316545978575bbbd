"""How a segment is drawn: cursor, doubt, times and speaker in columns of their own, the text wrapped beside them."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence
from itertools import pairwise
from typing import NamedTuple

from rich.cells import cell_len
from rich.segment import Segment as Cells
from rich.style import Style
from textual.strip import Strip

from orstt_core.subtitles import part_name
from orstt_core.types import Segment
from orstt_tui.confidence import MARKS, Doubt, doubt, doubtful_words
from orstt_tui.formatting import HOUR, timestamp

CORRECTED = "*"
"""The mark of a segment that a person corrected, in the place of that of doubt."""
NO_LINE = Style(underline=False)
"""Of a mark of doubt: the line is for words."""
GAP = "  "
"""Between two columns."""
MARK = 4
"""Cells for the bar of the cursor and the mark of doubt, with a space behind it."""
NARROWEST = 10
"""Cells left to the text at least; below that a terminal is too small for anything."""
ROOMY = 100
"""Cells from which on the end of a segment is shown beside its start."""
SHORT_TIME, LONG_TIME = len("00:00.0"), len("00:00:00.0")


class ShownSegment:
    """A segment, and what is shown of it."""

    __slots__ = ("doubt", "part", "segment", "text")

    def __init__(self, segment: Segment) -> None:
        self.segment = segment
        self.text = " ".join(segment.text.split())
        self.part = part_name(segment)
        self.doubt: Doubt = doubt(segment)


class SegmentColumns(NamedTuple):
    """Cells before the text: for a time, and for the name of a channel or track; 0 where no segment has any.

    Attributes:
        both: whether there is room for the end of a segment too.
    """

    time: int = 0
    part: int = 0
    both: bool = False

    def widened(self, shown: Iterable[ShownSegment]) -> SegmentColumns:
        """Return columns that these segments fit into too."""
        time, part = self.time, self.part
        for each in shown:
            if (latest := each.segment.end or each.segment.start) is not None:
                time = max(time, LONG_TIME if latest >= HOUR else SHORT_TIME)
            part = max(part, cell_len(each.part))
        return self._replace(time=time, part=part)

    def within(self, width: int) -> SegmentColumns:
        """Return the columns for a list of so many cells."""
        return self._replace(both=width >= ROOMY)

    @property
    def times(self) -> int:
        """Cells that the times of a segment take."""
        return 2 * self.time + len(" - ") if self.both and self.time else self.time

    @property
    def indent(self) -> int:
        """Cells before the text."""
        return MARK + sum(column + len(GAP) for column in (self.times, self.part) if column)

    def text(self, width: int) -> int:
        """Return the cells for the text in a list of so many."""
        return max(width - self.indent, NARROWEST)

    def times_of(self, segment: Segment) -> str:
        """Return `0:02.0`, or `0:02.0 - 0:04.5`; nothing when the engine measured none."""
        if segment.start is None or segment.end is None or not self.time:
            return " " * self.times
        times = (segment.start, segment.end) if self.both else (segment.start,)
        return " - ".join(timestamp(time).rjust(self.time) for time in times)


class Span(NamedTuple):
    """A part of the text with a style of its own."""

    start: int
    end: int
    style: Style


class SegmentStyles(NamedTuple):
    """How the parts of a segment look, each laid over the style of the text.

    Attributes:
        bar: what the lines begin with: it tells the cursor and the selected segments without colour too.
        corrected: of the mark that a person corrected it; None: nobody did.
    """

    text: Style
    bar: tuple[str, Style]
    time: Style
    part: Style
    doubt: dict[Doubt, Style]
    corrected: Style | None = None


def draw(
    shown: ShownSegment,
    pieces: Sequence[tuple[int, int]],
    columns: SegmentColumns,
    styles: SegmentStyles,
    found: Iterable[Span],
) -> list[Strip]:
    """Return the lines of a segment.

    Args:
        shown: the segment.
        pieces: the first and the last character of each line, as `SegmentLines` has them.
        columns: what stands before the text.
        styles: how it looks.
        found: what is marked in the text beside its doubtful words.
    """
    words = (Span(start, end, styles.doubt[level]) for start, end, level in doubtful_words(shown.segment, shown.text))
    spans = [*words, *found]
    before = Cells(" " * (columns.indent - 1), styles.text)
    letter, style = styles.bar
    bar = Cells(letter, styles.text + style)
    return [
        Strip(
            [
                bar,
                *([before] if number else _columns(shown, columns, styles)),
                *_text(shown.text, *piece, spans, styles.text),
            ]
        )
        for number, piece in enumerate(pieces)
    ]


def _columns(shown: ShownSegment, columns: SegmentColumns, styles: SegmentStyles) -> Iterator[Cells]:
    if styles.corrected is None:
        yield Cells(f"{MARKS[shown.doubt]:{MARK - 1}}", styles.text + styles.doubt[shown.doubt] + NO_LINE)
    else:
        yield Cells(f"{CORRECTED:{MARK - 1}}", styles.text + styles.corrected)
    if columns.times:
        yield Cells(columns.times_of(shown.segment), styles.text + styles.time)
        yield Cells(GAP, styles.text)
    if columns.part:
        yield Cells(shown.part + " " * (columns.part - cell_len(shown.part)), styles.text + styles.part)
        yield Cells(GAP, styles.text)


def _text(text: str, start: int, end: int, spans: Sequence[Span], style: Style) -> Iterator[Cells]:
    """Yield a line of the text, divided where a style begins or ends."""
    end = start + len(text[start:end].rstrip())
    edges = {start, end, *(place for span in spans for place in (span.start, span.end) if start < place < end)}
    for begin, stop in pairwise(sorted(edges)):
        laid = [span.style for span in spans if span.start <= begin and stop <= span.end]
        yield Cells(text[begin:stop], Style.combine([style, *laid]))
