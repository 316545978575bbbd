"""MainScreen: what the main screens share, the status bar above and the footer below."""

from __future__ import annotations

from collections.abc import Iterable

from textual.app import ComposeResult
from textual.screen import Screen
from textual.widget import Widget
from textual.widgets import Footer

from orstt_core.types import Model
from orstt_tui.embedded import ApiState
from orstt_tui.link import Link, LinkState
from orstt_tui.notices import TellsErrors
from orstt_tui.widgets.status_bar import StatusBar


class MainScreen(TellsErrors, Screen[None]):
    """A screen between status bar and footer, that talks to the backend through the link.

    What it shows of the program's state it gets from the app's reactives, whoever changed them.
    """

    HORIZONTAL_BREAKPOINTS = [(0, "-narrow"), (100, "-medium"), (130, "-wide")]  # noqa: RUF012 - Textual declares it so
    MODE = ""

    def __init__(self, link: Link) -> None:
        super().__init__()
        self.link = link

    def body(self) -> Iterable[Widget]:
        """Yield what stands between status bar and footer."""
        raise NotImplementedError

    def compose(self) -> ComposeResult:
        """Status bar, body, footer."""
        yield StatusBar(self.MODE)
        yield from self.body()
        yield Footer(show_command_palette=False, compact=True)

    def on_mount(self) -> None:
        """Show the program's state, and follow it."""
        self.watch(self.app, "link_state", self.show_link)
        self.watch(self.app, "models", self.show_models)
        self.watch(self.app, "api", self.show_api)

    def show_link(self, state: LinkState) -> None:
        """Show where the backend is and whether it answers."""
        self.query_one(StatusBar).link_state = state

    def show_models(self, models: tuple[Model, ...]) -> None:
        """Show the configured models."""
        self.query_one(StatusBar).models = models

    def show_api(self, api: ApiState) -> None:
        """Show the embedded API."""
        self.query_one(StatusBar).api = api
