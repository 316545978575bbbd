"""MainScreen: what the main screens share, the status bar above and the footer below."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from textual.app import ComposeResult
from textual.widget import Widget

from orstt_tui.backend_connection import BackendConnection, ConnectionState
from orstt_tui.embedded import ApiState
from orstt_tui.notifications import NotifiesErrors
from orstt_tui.screens.command_screen import CommandScreen
from orstt_tui.widgets.key_footer import KeyFooter
from orstt_tui.widgets.status_bar import StatusBar

if TYPE_CHECKING:
    from orstt_core.types import Model


class MainScreen(NotifiesErrors, CommandScreen[None]):
    """A screen between status bar and footer, which talks to the backend through its `BackendConnection`.

    What it shows of the program's state it gets from the app's reactives, whoever changed them.
    """

    HORIZONTAL_BREAKPOINTS = [  # noqa: RUF012 - Textual declares it so
        (0, "-narrow"),
        (100, "-medium"),
        (130, "-wide"),
        (160, "-widest"),
    ]
    ESCAPE_TO_MINIMIZE = False  # what is nearer to the focus has the key first
    MODE = ""

    def __init__(self, connection: BackendConnection) -> None:
        super().__init__()
        self.connection = connection

    def body(self) -> Iterable[Widget]:
        """Yield what stands between status bar and footer."""
        raise NotImplementedError

    def compose(self) -> ComposeResult:
        """Status bar, body, footer."""
        yield StatusBar(self.MODE)
        yield from self.body()
        yield KeyFooter()

    def on_mount(self) -> None:
        """Show the program's state, and follow it."""
        self.watch(self.app, "connection_state", self.show_connection)
        self.watch(self.app, "models", self.show_models)
        self.watch(self.app, "api", self.show_api)
        self.app.screen_change_signal.subscribe(self, lambda _: self.show_trail())
        self.show_trail()

    @property
    def crumb(self) -> str:
        """Its own name, or that of its tab."""
        return self.CRUMB or self.MODE.capitalize()

    def show_trail(self) -> None:
        """Show which screens lead to the one on top, if this is one of them."""
        stack = self.app.screen_stack
        if self in stack:
            named = {depth: screen.crumb for depth, screen in enumerate(stack) if isinstance(screen, CommandScreen)}
            self.query_one(StatusBar).trail = tuple(named.items())

    def show_connection(self, state: ConnectionState) -> None:
        """Show where the backend is and whether it answers."""
        self.query_one(StatusBar).connection_state = state

    def show_models(self, models: tuple[Model, ...]) -> None:
        """Show the configured models."""
        self.query_one(StatusBar).models = models

    def show_api(self, api: ApiState) -> None:
        """Show the embedded API."""
        self.query_one(StatusBar).api = api

    def renew(self) -> None:
        """Ask again for what only this screen shows."""
