"""Dialog: a box over the screen it belongs to; what all of them share."""

from __future__ import annotations

from time import time
from typing import ClassVar, TypeVar

from textual.binding import Binding, BindingType
from textual.screen import ModalScreen

from orstt_tui.notifications import NotifiesErrors
from orstt_tui.screens.command_screen import CommandScreen
from orstt_tui.widgets.key_footer import KeyFooter

Result = TypeVar("Result")


class Dialog(NotifiesErrors, ModalScreen[Result], CommandScreen[Result]):
    """A modal screen: help works in it, as everywhere, and its workers' errors are shown.

    Attributes:
        opened_at: when it came up (Unix time); until then, it is in the future.
    """

    CSS_PATH = "dialog.tcss"
    # A modal screen hides the app's bindings.
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("f1", "app.help", "Help", id="app.help", tooltip="About the focused widget, and all keys")
    ]

    opened_at = float("inf")

    def on_mount(self) -> None:
        """Show the dialog's keys, not those behind it, and take away notices: they are about what was before."""
        self.opened_at = time()
        self.app.clear_notifications()
        for screen in self.app.screen_stack:
            screen.query("ToastRack").set(display=False)  # Textual leaves those of the screens behind
        self.mount(KeyFooter())
