"""HelpScreen: what the focused widget is for, and every key that works there."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll
from textual.content import Content
from textual.widgets import Markdown, Static

from orstt_tui.screens.dialog import Dialog


class HelpScreen(Dialog[None]):
    """Shows help.

    Args:
        text: Markdown about the focused widget.
        keys: (keys, what they do), most important first.
    """

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,f1,q", "dismiss", "Close", id="help.close"),
        Binding("j", "scroll(1)", "Down", show=False, id="list.down"),
        Binding("k", "scroll(-1)", "Up", show=False, id="list.up"),
    ]

    def __init__(self, text: str, keys: Sequence[tuple[str, str]]) -> None:
        super().__init__()
        self._text = text
        self._keys = keys

    def compose(self) -> ComposeResult:
        """The text over the keys, in one scroll."""
        with VerticalScroll(classes="dialog", id="help"):
            if self._text:
                yield Markdown(self._text)
            yield Static(self._key_list(), id="help-keys")
            yield Static("Esc closes. docs/keys.md says how to choose other keys.", classes="muted")

    def action_scroll(self, lines: int) -> None:
        """Scroll by so many lines."""
        self.query_one("#help").scroll_relative(y=lines, animate=False)

    def _key_list(self) -> Content:
        width = max((len(key) for key, _ in self._keys), default=0)
        lines = [Content.assemble((key.rjust(width), "bold"), f"  {what}") for key, what in self._keys]
        return Content("\n").join(lines)
