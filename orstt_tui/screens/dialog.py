"""Dialog: a box over the screen it belongs to; what all of them share."""

from __future__ import annotations

from time import time
from typing import ClassVar, TypeVar

from rich.console import RenderableType
from textual import events
from textual.binding import Binding, BindingType
from textual.renderables.background_screen import BackgroundScreen
from textual.screen import ModalScreen

from orstt_tui.notifications import NotifiesErrors
from orstt_tui.screens.command_screen import CommandScreen
from orstt_tui.widgets.key_footer import KeyFooter

Result = TypeVar("Result")
GO_BACK = "app.go_back("
"""How the action of such a name begins."""


class Dialog(NotifiesErrors, ModalScreen[Result], CommandScreen[Result]):
    """A modal screen: help works in it, as everywhere, and its workers' errors are shown.

    Attributes:
        opened_at: when it came up (Unix time); until then, it is in the future.
    """

    CSS_PATH = "dialog.tcss"
    # A modal screen hides the app's bindings.
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("f1", "app.help", "Help", id="app.help", tooltip="About the focused widget, and all keys"),
        Binding("colon", "app.command_palette", "Commands", show=False, id="app.commands", tooltip="All commands"),
        Binding("backspace", "back", "Back", show=False, id="app.back", tooltip="Back to where it was opened"),
    ]

    opened_at = float("inf")

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Leave the backspace to forms: whoever has left a field may mean a letter in it."""
        return super().check_action(action, parameters) if action != "back" else not self.query("Input, TextArea")

    def action_back(self) -> None:
        """Go back to where it was opened."""
        self.dismiss(None)

    def render(self) -> RenderableType:
        """Show what is behind.

        Textual's own shows nothing to whoever asks a second time while one picture is drawn, and keeps that.
        """
        before = self.app.screen_stack[: self.app.screen_stack.index(self)] if self in self.app.screen_stack else ()
        return BackgroundScreen(before[-1], self.styles.background) if before else super().render()

    async def on_click(self, event: events.Click) -> None:
        """Go back to the screen whose name is clicked in the line behind that says where one is."""
        behind = next(screen for screen in reversed(self.app.screen_stack) if not screen.is_modal)
        action = behind.get_style_at(event.screen_x, event.screen_y).meta.get("@click")
        if event.widget is self and isinstance(action, str) and action.startswith(GO_BACK):
            await self.app.run_action(action)

    def on_mount(self) -> None:
        """Show the dialog's keys, not those behind it, and take away notices: they are about what was before."""
        self.opened_at = time()
        self.app.clear_notifications()
        for screen in self.app.screen_stack:
            screen.query("ToastRack").set(display=False)  # Textual leaves those of the screens behind
        self.mount(KeyFooter())
