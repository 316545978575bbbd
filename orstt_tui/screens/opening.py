"""OpeningScreen: what is there at once, while the first main screen is imported and made: where one is."""

from __future__ import annotations

from textual.app import ComposeResult

from orstt_tui.screens.base import MainScreen
from orstt_tui.widgets.status_bar import StatusBar


class OpeningScreen(MainScreen):
    """The status bar of the screen that comes."""

    MODE = "models"

    def compose(self) -> ComposeResult:
        """Nothing below it: no key does anything yet."""
        yield StatusBar(self.MODE)
