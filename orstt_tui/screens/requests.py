"""RequestsScreen: the embedded API's address and what it served lately."""

from __future__ import annotations

from typing import ClassVar

from textual.app import ComposeResult
from textual.binding import Binding, BindingType

from orstt_core.types import RequestServed
from orstt_tui.embedded import ApiState
from orstt_tui.formatting import count
from orstt_tui.screens.dialog import Dialog
from orstt_tui.widgets.columns import Columns, Share
from orstt_tui.widgets.detailed_list import DetailedList
from orstt_tui.widgets.pane import Pane, show_title

COLUMNS = Columns(
    names=("Status", "Method", "Path", "Time", "From"), cut={"Path": Share(least=12, weight=2), "From": Share(least=8)}
)


class RequestsScreen(Dialog[None]):
    """Lists the requests, newest first, and follows along."""

    HELP = """\
# The embedded API

This program can serve the HTTP API over the very models it shows: **F9** starts and stops it. Here are the
requests it answered lately, the newest on top.
"""
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape,f8,q", "dismiss", "Close", id="requests.close"),
        Binding("f9", "app.toggle_api", "API on or off", id="app.api", tooltip="Serve the HTTP API from here"),
    ]

    def compose(self) -> ComposeResult:
        """The list."""
        with Pane("", classes="dialog -list"):
            yield DetailedList(COLUMNS)

    def on_mount(self) -> None:
        """Follow the API."""
        self.watch(self.app, "api", self.show_api)

    def show_api(self, api: ApiState) -> None:
        """Show its state."""
        title = f"The API serves on {api.address}" if api.address else "The API is off"
        title += f": {count(len(api.requests), 'request')} lately" if api.requests else ""
        show_title(self.query_one(Pane), title, "F9 starts and stops it")
        self.query_one(DetailedList).show([_words(request) for request in reversed(api.requests)])


def _words(request: RequestServed) -> dict[str, str]:
    took = f"{request.seconds * 1000:.0f} ms"
    words = (str(request.status), request.method, request.path, took, request.client)
    return dict(zip(COLUMNS.names, words, strict=True))
