"""SegmentList: segments drawn line by line, wrapped to the room there is, with a cursor and marks; `Reader` moves it.

Textual has an `OptionList`, which lays every option out again when one is taken away and marks nothing within one; a
read-only `TextArea`, which has neither columns nor styles of one's own; and a `RichLog`, which cannot change what it
has. So this one stands on `ScrollView` and draws lines: ten thousand segments are a list, a table of line numbers, and
the forty lines in sight.
"""

from __future__ import annotations

from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager
from typing import ClassVar, NamedTuple

from rich.segment import Segment as Cells
from rich.style import Style
from textual.cache import LRUCache
from textual.geometry import Size
from textual.scroll_view import ScrollView
from textual.strip import Strip

from orstt_core.types import Segment
from orstt_tui.marks import CURSOR_BAR
from orstt_tui.text_search import TextSearch
from orstt_tui.widgets.segment_lines import SegmentLines
from orstt_tui.widgets.segment_strips import SegmentColumns, SegmentStyles, ShownSegment, Span, draw

DRAWN = 500
"""Segments whose lines are kept once they are drawn."""
SELECTED_BAR, NO_BAR = "│", " "


class Place(NamedTuple):
    """What stays where it is while the text around it changes: a segment, so many lines below the upper edge."""

    segment: int
    below: int


class SegmentList(ScrollView):
    """Draws segments; knows which is under the cursor, which are selected, and what was found in them."""

    ALLOW_SELECT = False
    COMPONENT_CLASSES: ClassVar[set[str]] = {
        "reader--cursor",
        "reader--selected",
        "reader--bar",
        "reader--time",
        "reader--cursor-time",
        "reader--part",
        "reader--doubtful",
        "reader--very-doubtful",
        "reader--corrected",
        "reader--found",
        "reader--found-current",
    }

    def __init__(self, *, id: str | None = None) -> None:  # noqa: A002 - Textual's name
        super().__init__(id=id)
        self.cursor: int | None = None
        """The number of the segment under the cursor."""
        self.empty: Sequence[str] = ()
        """Lines that stand there as long as there is no segment."""
        self.following = False
        """Whether the cursor goes to what comes last."""
        self.search = TextSearch()
        self._corrected: frozenset[int] = frozenset()
        self._anchor: int | None = None
        self._shown: list[ShownSegment] = []
        self._lines = SegmentLines()
        self._columns = SegmentColumns()
        self._drawn: LRUCache[int, list[Strip]] = LRUCache(DRAWN)
        self._arranging = False

    # --- what there is ----------------------------------------------------------------------------

    @property
    def segments(self) -> list[Segment]:
        """All segments."""
        return [shown.segment for shown in self._shown]

    @property
    def segment_count(self) -> int:
        """How many there are."""
        return len(self._shown)

    @property
    def cursor_segment(self) -> Segment | None:
        """The segment under the cursor."""
        return None if self.cursor is None else self._shown[self.cursor].segment

    @property
    def selecting(self) -> bool:
        """Whether the person selects segments."""
        return self._anchor is not None

    @property
    def selected(self) -> range:
        """The numbers of the selected segments; that under the cursor, where nothing is selected."""
        if self.cursor is None:
            return range(0)
        other = self.cursor if self._anchor is None else self._anchor
        return range(min(self.cursor, other), max(self.cursor, other) + 1)

    @property
    def selected_segments(self) -> list[Segment]:
        """The selected segments; that under the cursor, where nothing is selected."""
        return [self._shown[index].segment for index in self.selected]

    def splice(self, kept: int, segments: Sequence[Segment]) -> None:
        """Keep the first `kept` segments, and show these behind them; what is in sight stays where it is."""
        with self._in_place():
            self._shown[kept:] = [ShownSegment(segment) for segment in segments]
            self._lines.splice(kept, [shown.text for shown in self._shown[kept:]])
            self._columns = self._columns.widened(self._shown[kept:]) if self._shown else SegmentColumns()
            for index in [index for index in self._drawn.keys() if index >= kept - 1]:  # noqa: SIM118 - it is no dict
                self._drawn.discard(index)
            self.search.renew(self._lines.texts, kept)
            last = len(self._shown) - 1
            if last < 0:
                self.cursor = self._anchor = None
            else:
                self.cursor = last if self.following else min(self.cursor or 0, last)
                self._anchor = None if self._anchor is None else min(self._anchor, last)

    @property
    def corrected(self) -> frozenset[int]:
        """The numbers of the segments that are marked as corrected."""
        return self._corrected

    def mark_corrected(self, indices: Collection[int]) -> None:
        """Mark the segments of these numbers, and no others, as corrected by a person."""
        before, self._corrected = self._corrected, frozenset(indices)
        self._redraw(before ^ self._corrected)

    # --- where it is ------------------------------------------------------------------------------

    def on_resize(self) -> None:
        """Wrap the text to the room there is now."""
        with self._in_place():
            pass

    @contextmanager
    def _in_place(self) -> Iterator[None]:
        """Lay the text out again after a change; the end is followed, or what is in sight stays where it was."""
        place = self._place()
        yield
        room = self.scrollable_content_region.width
        if not room:  # not on the screen yet
            return
        self._columns = self._columns.within(room)
        self._arranging = True
        try:
            if self._lines.arrange(self._columns.text(room)):
                self._drawn.clear()
            self.virtual_size = Size(room, self._lines.height)
            self._scroll_update(self.virtual_size)
            if self.following and self.cursor is not None:
                self._scroll_to_line(self._lines.height)
            elif place is not None and place.segment < len(self._shown):
                self._scroll_to_line(self._lines.rows(place.segment).start - place.below)
            self.refresh()
        finally:
            self._arranging = False

    def _place(self) -> Place | None:
        """Return what is to stay in its place: the segment under the cursor, or the first in sight."""
        top = round(self.scroll_y)
        if not self._lines.height:
            return None
        rows = self._rows()
        index = self._lines.at(top)
        if self.cursor is not None and top <= rows.start < top + self.size.height:
            index = self.cursor
        return Place(index, self._lines.rows(index).start - top)

    def _rows(self) -> range:
        """Return the lines of the segment under the cursor."""
        laid_out = self.cursor is not None and self._lines.height
        return self._lines.rows(self.cursor or 0) if laid_out else range(0)

    def _reveal(self, around: int = 0) -> None:
        """Have the segment under the cursor in sight; if it was not, with so many lines around it."""
        rows, top, height = self._rows(), round(self.scroll_y), self.size.height
        if rows.start < top:
            self._scroll_to_line(rows.start - around)
        elif rows.stop > top + height:
            self._scroll_to_line(min(rows.stop - height + around, rows.start))

    def _scroll_to_line(self, line: int) -> None:
        self.scroll_to(y=max(line, 0), animate=False)

    # --- how it looks -----------------------------------------------------------------------------

    def notify_style_update(self) -> None:
        """Draw anew in other colours."""
        super().notify_style_update()
        self._drawn.clear()

    def render_line(self, y: int) -> Strip:
        """Return a line in sight."""
        line, width = round(self.scroll_y) + y, self.scrollable_content_region.width
        if line >= self._lines.height:
            if self._shown or line >= len(self.empty):
                return Strip.blank(width, self.rich_style)
            words = Cells(self.empty[line], self.rich_style + self._part("time"))
            return Strip([words]).crop_extend(0, width, self.rich_style)
        index = self._lines.at(line)
        return self._strips(index, width)[line - self._lines.rows(index).start]

    def _strips(self, index: int, width: int) -> list[Strip]:
        strips = self._drawn.get(index)
        if strips is None:
            styles, pieces = self._styles_of(index), self._lines.pieces(index)
            lines = draw(self._shown[index], pieces, self._columns, styles, self._found(index))
            strips = self._drawn[index] = [line.crop_extend(0, width, styles.text) for line in lines]
        return strips

    def _redraw(self, indices: Collection[int]) -> None:
        for index in indices:
            self._drawn.discard(index)
        self.refresh()

    def _styles_of(self, index: int) -> SegmentStyles:
        cursor, selected = index == self.cursor, self.selecting and index in self.selected
        bar = CURSOR_BAR if cursor else SELECTED_BAR if selected else NO_BAR
        return SegmentStyles(
            text=self._whole("cursor") if cursor else self._whole("selected") if selected else self.rich_style,
            bar=(bar, self._part("bar")),
            time=self._part("cursor-time" if cursor else "time"),
            part=self._part("part"),
            doubt={"": Style(), "doubtful": self._part("doubtful"), "very doubtful": self._part("very-doubtful")},
            corrected=self._part("corrected") if index in self._corrected else None,
        )

    def _found(self, index: int) -> list[Span]:
        found, current = self._part("found"), self._part("found-current")
        return [
            Span(place.start, place.end, current if place.hit == self.search.current else found)
            for place in self.search.places(index)
        ]

    def _whole(self, name: str) -> Style:
        return self.get_component_rich_style(f"reader--{name}")

    def _part(self, name: str) -> Style:
        return self.get_component_rich_style(f"reader--{name}", partial=True)
