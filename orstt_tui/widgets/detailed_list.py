"""DetailedList: a list over what it has no room for of the line under the cursor; ListNote: why it has no lines."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from textual.app import ComposeResult
from textual.containers import Vertical
from textual.content import Content
from textual.widgets import Static

from orstt_tui.widgets.columns import Columns
from orstt_tui.widgets.list_table import ListTable


class ListNote(Static):
    """What is waited for, or why there is nothing in a list; takes no room while there is nothing to say."""

    def __init__(self, words: str = "") -> None:
        super().__init__(words, classes="muted", markup=False)
        self.display = bool(words)

    def show(self, words: str) -> None:
        """Say this; empty: there is nothing to say."""
        self.update(words)
        self.display = bool(words)


class DetailedList(Vertical):
    """Shows rows by the names of their columns.

    Args:
        columns: what it shows.
    """

    def __init__(self, columns: Columns) -> None:
        super().__init__(classes="detailed-list")
        self._columns = columns

    def compose(self) -> ComposeResult:
        """The list over the rest of a line."""
        yield ListTable(self._columns)
        yield Static(classes="list-rest")

    @property
    def table(self) -> ListTable:
        """The list itself."""
        return self.query_one(ListTable)

    def show(self, rows: Sequence[Mapping[str, str]]) -> None:
        """Show these rows; the cursor stays where it was."""
        self.table.show_rows(rows)
        self._fit()

    def on_data_table_row_highlighted(self) -> None:
        """Show what is not seen of the line to which the cursor came."""
        self._show_rest()

    def on_resize(self) -> None:
        """Show what is not seen now."""
        self.call_after_refresh(self._fit)

    def _fit(self) -> None:
        """Give the rest of a line room if any line has one: which has none shows nothing there, and nothing moves."""
        self.query_one(".list-rest").display = self.table.hides
        self._show_rest()

    def _show_rest(self) -> None:
        parts = [Content.assemble((f"{name} ", "dim"), text) for name, text in self.table.unseen.items()]
        self.query_one(".list-rest", Static).update(Content(" · ").join(parts))
