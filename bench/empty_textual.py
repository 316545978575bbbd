"""The bare thing to compare with: a Textual program that shows one word."""

from textual.app import App, ComposeResult
from textual.widgets import Static


class Empty(App[None]):
    """Shows one word."""

    def compose(self) -> ComposeResult:
        """Compose the one word."""
        yield Static("ready")


Empty().run()
