"""ListDialog: a list that words narrow, beside everything about the line under the cursor."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import ClassVar, Generic, TypeVar

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Container
from textual.content import Content
from textual.widgets import Input

from orstt_tui.screens.base import MainScreen
from orstt_tui.screens.dialog import Dialog
from orstt_tui.widgets.columns import Columns
from orstt_tui.widgets.facts import Facts, Line
from orstt_tui.widgets.field import Field
from orstt_tui.widgets.list_table import ListTable
from orstt_tui.widgets.moving import ScrollPane
from orstt_tui.widgets.pane import Pane, show_title

Item = TypeVar("Item")


class ListDialog(Dialog[None], Generic[Item]):
    """Shows items by `words`, and the one under the cursor by `facts`; `/` leaves those with the words that one types.

    Attributes:
        COLUMNS: those of the list.
        HEADING: the title until there is more to say.
        WAITING: what stands in the place of the facts until there are any.
        BESIDE: whether the facts stand beside the list where there is room, or below it in any case.
    """

    COLUMNS: ClassVar[Columns]
    HEADING: ClassVar = ""
    WAITING: ClassVar = "Reading…"
    BESIDE: ClassVar = True
    HORIZONTAL_BREAKPOINTS = MainScreen.HORIZONTAL_BREAKPOINTS
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("slash", "find", "Find", id="lines.find", tooltip="Show only lines with the words you type"),
    ]

    def __init__(self) -> None:
        super().__init__()
        self._items: Sequence[Item] = ()
        self._shown: Sequence[Item] = ()
        self._explained: Item | None = None

    def compose(self) -> ComposeResult:
        """The words over the list, the list over or beside the facts."""
        with Pane(self.HEADING, classes="dialog -list"):
            yield Field(placeholder="words to find", id="lines")
            with Container(classes="list-body -beside" if self.BESIDE else "list-body"):
                yield ListTable(self.COLUMNS)
                with ScrollPane(classes="list-detail"):
                    yield Facts(Content(self.WAITING))

    def on_mount(self) -> None:
        """Give the list the keys."""
        self.query_one("#lines").display = False
        self.table.focus()

    # --- what a subclass says of its items --------------------------------------------------------

    def words(self, item: Item) -> dict[str, str]:
        """Return what stands in the columns."""
        raise NotImplementedError

    def facts(self, item: Item) -> Sequence[Line]:
        """Return everything about an item."""
        raise NotImplementedError

    def colour(self, item: Item) -> str:  # noqa: ARG002 - a subclass looks
        """Return the theme's variable with the colour of the first cell; empty: that of the others."""
        return ""

    def is_same(self, item: Item, other: Item) -> bool:
        """Return whether two are the same thing, one of them perhaps as it was before: the place in its facts stays."""
        return item is other

    def searched(self, item: Item) -> str:
        """Return what words are looked for in."""
        return " ".join(self.words(item).values())

    def rows(self, items: Sequence[Item]) -> list[Mapping[str, str]]:
        """Return the rows of these items."""
        return [self.words(item) for item in items]

    def nothing(self) -> str:
        """Return what to say where there is no item at all."""
        return ""

    # --- the list ---------------------------------------------------------------------------------

    @property
    def table(self) -> ListTable:
        """The list itself."""
        return self.query_one(ListTable)

    @property
    def selected(self) -> Item | None:
        """The item under the cursor."""
        row = self.table.cursor_row
        return self._shown[row] if 0 <= row < len(self._shown) else None

    def show_title(self, text: str) -> None:
        """Say above the list what it comes to."""
        show_title(self.query_one(Pane), text)

    def show_items(self, items: Sequence[Item], go_to: Item | None = None) -> None:
        """Show these items.

        Args:
            items: in their order.
            go_to: the one to put the cursor on, if it is shown; None: the cursor stays in its line.
        """
        self._items = items
        self._show(go_to)

    def go_to_line(self, place: int) -> None:
        """Put the cursor on a line, by its number from 0."""
        self.table.move_cursor(row=place)
        self.show_selected()

    def show_problem(self, problem: str) -> None:
        """Say in the place of the facts why there are none."""
        self.query_one(Facts).show([Content(problem)])

    def show_selected(self) -> None:
        """Show everything about the item under the cursor."""
        if (item := self.selected) is not None:
            self.query_one(Facts).show(self.facts(item))
            if self._explained is None or not self.is_same(item, self._explained):
                self.query_one(".list-detail").scroll_home(animate=False)
        else:
            self.show_problem("Nothing here has these words." if self._items else self.nothing())
        self._explained = item
        self.refresh_bindings()

    def on_data_table_row_highlighted(self) -> None:
        """Show the one to which the cursor came."""
        self.show_selected()

    def _show(self, go_to: Item | None = None) -> None:
        wanted = self.query_one("#lines", Input).value.casefold().split()
        found = [item for item in self._items if all(word in self.searched(item).casefold() for word in wanted)]
        self._shown = found if wanted else self._items
        self.table.show_rows(self.rows(self._shown), [self.colour(item) for item in self._shown])
        place = next((place for place, item in enumerate(self._shown) if item is go_to), None)
        if place is not None:
            self.table.move_cursor(row=place)
        self.query_one(".list-body").set_class(not self._shown, "-none")
        self.show_selected()

    # --- finding ----------------------------------------------------------------------------------

    def action_find(self) -> None:
        """Ask for words."""
        field = self.query_one("#lines")
        field.display = True
        field.focus()

    @on(Input.Changed, "#lines")
    def _narrow(self) -> None:
        self._show()

    @on(Input.Submitted, "#lines")
    def _to_list(self) -> None:
        self.query_one("#lines").display = bool(self.query_one("#lines", Input).value)
        self.table.focus()

    def action_close(self) -> None:
        """Show all lines again; close where all are shown."""
        field = self.query_one("#lines", Input)
        if not field.display:
            self.dismiss()
            return
        field.value = ""
        field.display = False
        self._show()
        self.table.focus()
