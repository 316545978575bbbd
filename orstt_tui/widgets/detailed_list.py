"""DetailedList: a list that stands in a dialog, over what it has no room for of the line under the cursor."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from textual.app import ComposeResult
from textual.containers import Vertical
from textual.content import Content
from textual.widgets import Static

from orstt_tui.widgets.columns import Columns
from orstt_tui.widgets.list_table import ListTable


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
        self._show_rest()

    def on_data_table_row_highlighted(self) -> None:
        """Show what is not seen of the line to which the cursor came."""
        self._show_rest()

    def on_resize(self) -> None:
        """Show what is not seen now."""
        self.call_after_refresh(self._show_rest)

    def _show_rest(self) -> None:
        parts = [Content.assemble((f"{name} ", "dim"), text) for name, text in self.table.unseen.items()]
        self.query_one(".list-rest", Static).update(Content(" · ").join(parts))
