"""Field: a one-line text field as this program wants it."""

from __future__ import annotations

from textual.widgets import Input


class Field(Input):
    """A text field without a border, whose cursor does not blink: over a slow link blinking is traffic."""

    def __init__(
        self,
        value: str = "",
        *,
        placeholder: str = "",
        max_length: int = 0,
        id: str | None = None,  # noqa: A002 - Textual's own name
    ) -> None:
        super().__init__(
            value, placeholder=placeholder, max_length=max_length, id=id, compact=True, select_on_focus=False
        )
        self.cursor_blink = False
