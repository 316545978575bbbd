"""Field and Choice: a text, and one of several; what stands before them, and what is wrong with a form."""

from __future__ import annotations

from typing import TypeVar

from textual import events
from textual.containers import Horizontal
from textual.strip import Strip
from textual.widget import Widget
from textual.widgets import Input, Label, OptionList, Select, Static

Chosen = TypeVar("Chosen")


class Field(Input):
    """A text field without a border, whose cursor does not blink: over a slow link blinking is traffic."""

    def __init__(
        self,
        value: str = "",
        *,
        placeholder: str = "",
        max_length: int = 0,
        id: str | None = None,  # noqa: A002 - Textual's name
    ) -> None:
        super().__init__(
            value, placeholder=placeholder, max_length=max_length, id=id, compact=True, select_on_focus=False
        )
        self.cursor_blink = False

    def render_line(self, y: int) -> Strip:
        """Draw the line under a field that has the focus as long as the field, whatever is in it."""
        return super().render_line(y).extend_cell_length(self.content_size.width, self.rich_style)


class Choice(Select[Chosen]):
    """A list to choose from, in one line. What is typed looks for a choice; it gives no command, such as a tab's."""

    def check_consume_key(self, key: str, character: str | None) -> bool:
        """Return whether a key is looked for among the choices."""
        return character is not None and character.isprintable() and key != "space"

    def on_key(self, event: events.Key) -> None:
        """Open the list and look there; once it is open, it has the focus and the keys."""
        if self.check_consume_key(event.key, event.character):
            event.stop()
            if not self.expanded:
                self.action_show_overlay()
                self.query_one(OptionList).post_message(events.Key(event.key, event.character))


class FormProblem(Static):
    """What is wrong with a form; takes no room while nothing is."""

    def __init__(self) -> None:
        super().__init__(id="form-problem", markup=False)
        self.display = False

    def show(self, problem: str) -> None:
        """Show the problem; empty: there is none."""
        self.update(problem)
        self.display = bool(problem)


def labelled(label: str, field: Widget) -> Horizontal:
    """Put a label before a field."""
    return Horizontal(Label(label, classes="field-label"), field, classes="field")
