"""ListTable: a list of things, one a line, that is walked through as in less and vi."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import ClassVar

from rich.cells import cell_len
from rich.segment import Segment
from rich.style import Style
from rich.text import Text
from textual.binding import BindingType
from textual.message import Message
from textual.strip import Strip
from textual.widgets import DataTable

from orstt_tui.formatting import shorten
from orstt_tui.marks import CURSOR_BAR
from orstt_tui.widgets.columns import Columns
from orstt_tui.widgets.moving import moving


class ListTable(DataTable[Text]):
    """A table whose cursor is a line, and whose columns share the room there is.

    Args:
        columns: what it shows.
    """

    BINDINGS: ClassVar[list[BindingType]] = moving("cursor_down", "cursor_up", "scroll_top", "scroll_bottom")

    COMPONENT_CLASSES: ClassVar[set[str]] = {"list--bar"}

    class EndWanted(Message):
        """The person wants to see the very last, whether it is in the list already or not."""

    class StartWanted(Message):
        """The person wants to see the very first, likewise."""

    def __init__(self, columns: Columns, *, id: str | None = None) -> None:  # noqa: A002 - Textual's name
        super().__init__(id=id, cursor_type="row", zebra_stripes=False)
        self._shares = columns
        self._widths: dict[str, int] = {}
        self._titles: dict[str, str] = {}
        self._fitted = 0
        self._words: Sequence[Mapping[str, str]] = ()
        self._colours: Sequence[str] = ()

    def on_mount(self) -> None:
        """Draw anew in the colours of another theme."""
        self.watch(self.app, "theme", self.fill, init=False)

    def show_rows(self, rows: Sequence[Mapping[str, str]], colours: Sequence[str] = ()) -> None:
        """Show these rows, each by the names of its columns; the cursor stays where it was.

        Args:
            rows: what is in them.
            colours: that of each row's first cell, as a variable of the theme; empty: as the others.
        """
        self._words, self._colours = rows, colours
        self.fill()

    def fill(self) -> None:
        """Show all rows anew, in the room there is."""
        row = self.cursor_row
        self.show_header = bool(self._words)  # with a cursor that has no line, Textual marks the header
        self.fit(self._words)
        for number, words in enumerate(self._words):
            cells = [*self.cut(words).values()]
            if self._colours and self._colours[number]:
                cells[0].style = self.app.theme_variables[self._colours[number]]
            self.add_row(*cells)
        self.move_cursor(row=row)

    def action_scroll_top(self) -> None:
        """Go to the first one, and ask for those before it that are not listed."""
        super().action_scroll_top()
        self.post_message(self.StartWanted())

    def action_scroll_bottom(self) -> None:
        """Go to the last one, and ask for those that are not listed yet."""
        super().action_scroll_bottom()
        self.post_message(self.EndWanted())

    def fit(self, rows: Sequence[Mapping[str, str]]) -> None:
        """Take away all rows, and give the columns the room that these need, as far as it is there."""
        self._fitted = self._room
        widths = self._widths_for(rows)
        # Left to itself the table measures its columns after it was drawn, and the header keeps its old places.
        titles = {name: self._shares.title(name) for name in widths}
        self.clear(columns=widths != self._widths or titles != self._titles)
        if not self.columns:
            for name, width in widths.items():
                self.add_column(titles[name], key=name, width=width)
        self._widths, self._titles = widths, titles

    def fits(self, rows: Sequence[Mapping[str, str]]) -> bool:
        """Return whether the columns have the room that these rows need, and no more."""
        return self._widths == self._widths_for(rows)

    def _widths_for(self, rows: Sequence[Mapping[str, str]]) -> dict[str, int]:
        return self._shares.widths(self._shares.needed(rows), self._room)

    def cut(self, words: Mapping[str, str], style: str = "") -> dict[str, Text]:
        """Return the cells of a row, by the names of the columns that are shown."""
        # Text, not str: a name with brackets is a name, not markup.
        return {
            name: Text(
                words[name] if name in self._shares.prose else shorten(words[name], width),
                style=style,
                no_wrap=True,
                overflow="ellipsis",
            )
            for name, width in self._widths.items()
        }

    @property
    def unseen(self) -> dict[str, str]:
        """What is cut, or not shown at all, of the row under the cursor, by the names of its columns."""
        if not 0 <= self.cursor_row < len(self._words):
            return {}
        words = self._words[self.cursor_row]
        return {name: text for name, text in words.items() if text and cell_len(text) > self._widths.get(name, 0)}

    @property
    def hides(self) -> bool:
        """Whether something is cut, or not shown at all, of any row."""
        return any(cell_len(text) > self._widths.get(name, 0) for words in self._words for name, text in words.items())

    def render_line(self, y: int) -> Strip:
        """Draw a line; that of the cursor begins with a bar, which tells it from the others without colour too."""
        strip = super().render_line(y)
        above = self.header_height if self.show_header else 0
        if y < above or y - above + round(self.scroll_y) != self.cursor_row or not self.row_count:
            return strip
        colour = Style(color=self.get_component_rich_style("list--bar", partial=True).color)
        style = next((segment.style for segment in strip if segment.style), Style())
        return Strip.join([Strip([Segment(CURSOR_BAR, style + colour)], 1), strip.crop(1)])

    def on_resize(self) -> None:
        """Give the columns the room there is now."""
        if self._room != self._fitted:
            self.fill()

    @property
    def _room(self) -> int:
        return self.size.width - self.styles.scrollbar_size_vertical
