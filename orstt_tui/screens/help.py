"""HelpScreen: what the focused widget is for, and every key that works there."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from textual.app import App, ComposeResult
from textual.binding import ActiveBinding, Binding, BindingType
from textual.content import Content
from textual.widgets import Markdown, Static

from orstt_tui.command_ids import MOVING
from orstt_tui.screens.base import MainScreen
from orstt_tui.screens.dialog import Dialog
from orstt_tui.widgets.moving import ScrollPane
from orstt_tui.widgets.pane import CLASS, show_title

HEADING = "# "
"""What a text begins with whose first line says what it is about."""
NOTE = "j k scroll · docs/keys.md says how to choose other keys"


class HelpScreen(Dialog[None]):
    """Shows help.

    Args:
        text: Markdown about the focused widget.
        keys: (keys, what they do), most important first.
    """

    HORIZONTAL_BREAKPOINTS = MainScreen.HORIZONTAL_BREAKPOINTS
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,f1,q", "dismiss", "Close", id="help.close", key_display="esc"),
    ]

    def __init__(self, text: str, keys: Sequence[tuple[str, str]]) -> None:
        super().__init__()
        heading, _, rest = text.partition("\n") if text.startswith(HEADING) else ("", "", text)
        self._about, self._text = heading.removeprefix(HEADING), rest.strip()
        self._keys = keys

    def compose(self) -> ComposeResult:
        """The text over the keys or beside them, in one scroll."""
        with ScrollPane(classes=f"{CLASS} dialog", id="help") as pane:
            show_title(pane, f"Help: {self._about}" if self._about else "Help", NOTE)
            if self._text:
                yield Markdown(self._text)
            yield Static(self._key_list(), id="help-keys")

    def _key_list(self) -> Content:
        width = max((len(key) for key, _ in self._keys), default=0)
        lines = [Content.assemble((key.rjust(width), "bold"), f"  {what}") for key, what in self._keys]
        return Content("\n").join(lines)


def keys_here(app: App[None]) -> list[tuple[str, str]]:
    """Return every (keys, what they do) that works where the focus is, commands first."""
    found: dict[str, list[str]] = {}
    for _, binding, enabled, _ in sorted(app.active_bindings.values(), key=_of_little_news):
        if enabled and binding.description:
            found.setdefault(binding.tooltip or binding.description, []).append(app.get_key_display(binding))
    return [(" ".join(dict.fromkeys(keys)), what) for what, keys in found.items()]


def _of_little_news(active: ActiveBinding) -> bool:
    # Moving the cursor works as everywhere: the keys of the help come to it last.
    return active.binding.id is None or active.binding.id.startswith(MOVING)
