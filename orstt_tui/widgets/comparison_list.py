"""ComparisonList: two transcripts drawn line by line, in columns or below each other, with a cursor on a row.

It stands on `ScrollView` for the reasons that `SegmentList` gives.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import ClassVar, NamedTuple

from rich.cells import cell_len
from rich.segment import Segment as Cells
from rich.style import Style
from textual import events
from textual.binding import Binding, BindingType
from textual.cache import LRUCache
from textual.geometry import Size
from textual.message import Message
from textual.scroll_view import ScrollView
from textual.strip import Strip

from orstt_core.types import ComparedRow, Side
from orstt_tui.comparison_text import SIDES, row_mark
from orstt_tui.formatting import HOUR, timestamp
from orstt_tui.marks import CURSOR_BAR
from orstt_tui.widgets.comparison_lines import ComparedTexts, ComparisonLines, Piece
from orstt_tui.widgets.moving import moving
from orstt_tui.widgets.segment_list import DRAWN, NO_BAR
from orstt_tui.widgets.segment_strips import GAP, LONG_TIME, NARROWEST, NO_LINE, SHORT_TIME

BESIDE = 100
"""Columns of the terminal from which on both stand side by side."""
NAMES: dict[Side, str] = {"first": "A", "second": "B"}
"""What the two are called."""
SURE = len("100%")


class TextColumns(NamedTuple):
    """Cells before the first text and before the second, and those of each of them."""

    first: int
    second: int
    width: int


class ComparisonList(ScrollView, can_focus=True):
    """Shows the rows of a comparison; the cursor goes from row to row, or from difference to difference.

    Args:
        names: what the two are called where one stands below the other, a letter each.
    """

    HELP = """\
# Two transcripts compared

The same recording, transcribed twice: **A** on the left, **B** on the right, or in a narrow terminal below it. What
differs is underlined and in colour, and `^` stands where the other has words. Before a row, `~` says that the words
are others, `-` that only A has any, `+` that only B has. Case and punctuation are no difference.

The percentages say how sure each engine was of a passage; *Differs*, below, of the very words in which the row under
the cursor differs, where it measured words.

- **n** and **N** go to the next difference and the one before; **j / k**, **Page Up / Down**, **g / G** move.
- **r** names a text of what was really said: errors are counted against it. So they are against a transcript that a
  person corrected.
- **v** compares what people corrected, or again what was recognised; **x** lets the two change places.
- **=** compares with another transcript, or with another model, which then transcribes the recording.
"""
    ALLOW_SELECT = False
    COMPONENT_CLASSES: ClassVar[set[str]] = {
        "comparison--cursor",
        "comparison--bar",
        "comparison--faint",
        "comparison--mark",
        "comparison--first",
        "comparison--second",
    }
    BINDINGS: ClassVar[list[BindingType]] = [
        *moving("scroll_down", "scroll_up", "scroll_home", "scroll_end"),
        Binding("n", "find(1)", "Next", id="compare.next", tooltip="Go to the next difference"),
        Binding("N", "find(-1)", "Previous", show=False, id="compare.previous", tooltip="Go to the difference before"),
    ]

    class Moved(Message):
        """The cursor is on another row."""

    def __init__(self, names: Mapping[Side, str] = NAMES, *, id: str | None = None) -> None:  # noqa: A002 - Textual's
        super().__init__(id=id)
        self._names = names
        self.cursor = 0
        """The row under the cursor."""
        self.differences: list[int] = []
        """The rows that differ."""
        self._lines = ComparisonLines()
        self._drawn: LRUCache[int, list[Strip]] = LRUCache(DRAWN)
        self._time = SHORT_TIME
        self._sure = False

    # --- what is shown, and where the cursor is -----------------------------------------------------

    def show(self, shown: ComparedTexts) -> None:
        """Show these rows; the cursor goes to the first difference."""
        self._lines.show(shown)
        passages = [passage for row in shown.rows for passage in (row.first, row.second) if passage]
        self._time = LONG_TIME if any((each.end or 0) >= HOUR for each in passages) else SHORT_TIME
        self._sure = any(each.confidence is not None for each in passages)
        self.differences = [number for number, row in enumerate(shown.rows) if row.differs]
        self._arrange()
        self.go_to(self.differences[0] if self.differences else 0)

    @property
    def difference(self) -> int:
        """Which difference the cursor is on or behind, from 1 on; 0: it is before the first."""
        return sum(row <= self.cursor for row in self.differences)

    def go_to(self, row: int, *, jump: bool = False) -> None:
        """Put the cursor on a row and have it in sight; after a `jump`, with what stands around it."""
        if not self._lines.rows:
            return
        before, self.cursor = self.cursor, max(0, min(row, len(self._lines.rows) - 1))
        self._drawn.discard(before)
        self._drawn.discard(self.cursor)
        if self._lines.height:
            lines, top, height = self._lines.span(self.cursor), round(self.scroll_y), self.size.height
            around = height // 3 if jump else 0
            if lines.start < top:
                self.scroll_to(y=max(lines.start - around, 0), animate=False)
            elif lines.stop > top + height:
                self.scroll_to(y=min(lines.stop - height + around, lines.start), animate=False)
        self.refresh()
        self.post_message(self.Moved())

    def action_find(self, direction: int) -> None:
        """Go to the next difference (1), or to the one before (-1); behind the last comes the first."""
        ahead = [row for row in self.differences if (row - self.cursor) * direction > 0]
        if others := ahead or self.differences:
            self.go_to(others[0 if direction > 0 else -1], jump=True)

    def action_scroll_down(self) -> None:
        """Go to the next row."""
        self.go_to(self.cursor + 1)

    def action_scroll_up(self) -> None:
        """Go to the row before."""
        self.go_to(self.cursor - 1)

    def action_page_down(self) -> None:
        """Go on by a screen."""
        self._turn(1)

    def action_page_up(self) -> None:
        """Go back by a screen."""
        self._turn(-1)

    def action_scroll_home(self) -> None:
        """Go to the first row."""
        self.go_to(0)

    def action_scroll_end(self) -> None:
        """Go to the last row."""
        self.go_to(len(self._lines.rows) - 1)

    def on_click(self, event: events.Click) -> None:
        """Put the cursor where the person clicked."""
        if (line := round(self.scroll_y) + event.y) < self._lines.height:
            self.go_to(self._lines.at(line))

    def _turn(self, direction: int) -> None:
        if self._lines.height:
            line = self._lines.span(self.cursor).start + direction * max(self.size.height - 1, 1)
            target = self._lines.at(max(line, 0))
            self.go_to(target if target != self.cursor else self.cursor + direction)

    # --- how it looks -----------------------------------------------------------------------------

    def on_resize(self) -> None:
        """Lay the rows out in the room there is now; that under the cursor stays in sight."""
        self._arrange()
        self.go_to(self.cursor)

    def notify_style_update(self) -> None:
        """Draw anew in other colours."""
        super().notify_style_update()
        self._drawn.clear()

    @property
    def _beside(self) -> bool:
        return self.app.size.width >= BESIDE

    @property
    def columns(self) -> TextColumns:
        """Where the texts stand now."""
        head, sure = len("▌~ ") + self._time + len(GAP), (SURE + 1) * self._sure
        if not self._beside:
            first = head + len("A ") + sure
            return TextColumns(first, first, max(self._room - first, NARROWEST))
        width = max((self._room - head) // 2 - sure - 1, NARROWEST)
        return TextColumns(head + sure, head + sure + width + 1 + sure, width)

    @property
    def _room(self) -> int:
        return self.scrollable_content_region.width

    def _arrange(self) -> None:
        if not self._room:  # not on the screen yet
            return
        self._lines.arrange(self.columns.width, beside=self._beside)
        self._drawn.clear()
        self.virtual_size = Size(self._room, self._lines.height)
        self._scroll_update(self.virtual_size)
        self.refresh()

    def render_line(self, y: int) -> Strip:
        """Return a line in sight."""
        line = round(self.scroll_y) + y
        if line >= self._lines.height:
            return Strip.blank(self._room, self.rich_style)
        row = self._lines.at(line)
        strips = self._drawn.get(row)
        if strips is None:
            strips = self._drawn[row] = list(self._draw(row))
        return strips[line - self._lines.span(row).start]

    def _draw(self, number: int) -> Iterator[Strip]:
        """Yield the lines of a row."""
        row, cursor = self._lines.rows[number], number == self.cursor
        whole = self.get_component_rich_style("comparison--cursor") if cursor else self.rich_style
        told: set[Side] = set()
        for place, pieces in enumerate(self._lines.pieces(number)):
            cells = [
                Cells(CURSOR_BAR if cursor else NO_BAR, whole + self._part("bar")),
                Cells(f"{row_mark(row) if not place else ' '} ", whole + self._part("mark")),
                Cells(_time(row, self._time) if not place else " " * self._time, whole + self._part("faint")),
                Cells(GAP, whole),
            ]
            for side in SIDES if self._lines.beside else pieces:
                cells += self._cells(number, side, pieces.get(side), whole, first=side not in told)
                told.add(side)
            yield Strip(cells).crop_extend(0, self._room, whole)

    def _cells(self, number: int, side: Side, piece: Piece | None, whole: Style, *, first: bool) -> Iterator[Cells]:
        """Yield a line of what one of the two has in a row: its confidence before the first one, and a part of it."""
        row, text = self._lines.rows[number], self._lines.texts[side][number]
        if not self._lines.beside:
            name = (self._names[side] if row.differs else "=") if first else " "
            yield Cells(f"{name} ", whole + self._part(side if row.differs else "faint") + NO_LINE)
        if self._sure:
            passage = row.first if side == "first" else row.second
            sure = f"{passage.confidence:.0%}" if first and passage and passage.confidence is not None else ""
            yield Cells(f"{sure:>{SURE}} ", whole + self._part("faint"))
        width = 0
        if piece is not None:
            shown = text.text[slice(*piece)].rstrip()
            width = cell_len(shown)
            for part, differs in text.parts(piece[0], piece[0] + len(shown)):
                yield Cells(part, whole + self._part(side) if differs else whole)
        if self._lines.beside:
            yield Cells(" " * (self.columns.width + 1 - width), whole)

    def _part(self, name: str) -> Style:
        return self.get_component_rich_style(f"comparison--{name}", partial=True)


def _time(row: ComparedRow, width: int) -> str:
    passage = row.first or row.second
    return (timestamp(passage.start) if passage and passage.start is not None else "").rjust(width)
