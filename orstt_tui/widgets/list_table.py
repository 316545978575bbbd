"""ListTable: a list of things, one a line, that is walked through as in less and vi."""

from __future__ import annotations

from typing import ClassVar

from rich.text import Text
from textual.binding import Binding, BindingType
from textual.widgets import DataTable


class ListTable(DataTable[Text]):
    """A table whose cursor is a line; cells are Text, so that no name is ever taken for markup."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("j", "cursor_down", "Cursor down", show=False, id="list.down"),
        Binding("k", "cursor_up", "Cursor up", show=False, id="list.up"),
        Binding("g,home", "scroll_top", "Top", show=False, id="list.first"),
        Binding("G,end", "scroll_bottom", "Bottom", show=False, id="list.last"),
    ]

    def __init__(self, *, id: str | None = None) -> None:  # noqa: A002 - Textual's name
        super().__init__(id=id, cursor_type="row", zebra_stripes=False)
