"""Field: a one-line text field as this program wants it; what stands before it, and what is wrong with it."""

from __future__ import annotations

from textual.containers import Horizontal
from textual.widget import Widget
from textual.widgets import Input, Label, Static


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
