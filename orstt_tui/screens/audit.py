"""AuditScreen: who did what to models and jobs."""

from __future__ import annotations

from typing import ClassVar

from rich.text import Text
from textual import work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Vertical
from textual.widgets import Static

from orstt_core.errors import OrsttError
from orstt_core.types import AuditEntry
from orstt_tui.backend_connection import BackendConnection
from orstt_tui.formatting import date
from orstt_tui.screens.dialog import Dialog
from orstt_tui.widgets.list_table import ListTable

NEWEST = 200
"""Entries shown; `orstt audit` gives more."""


class AuditScreen(Dialog[None]):
    """Lists the entries, newest first, as they were when it was opened."""

    HELP = """\
# Audit

Who added, changed, activated or removed a model, who submitted, cancelled or deleted a job, who created or revoked
a key: *user* is a person on this machine, *key* or an address a caller of the HTTP API. Entries are only ever added.
"""
    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape,f12,q", "dismiss", "Close", id="audit.close")]

    def __init__(self, connection: BackendConnection) -> None:
        super().__init__()
        self.connection = connection

    def compose(self) -> ComposeResult:
        """The list."""
        with Vertical(classes="dialog", id="audit"):
            yield Static("Audit", classes="dialog-title")
            yield ListTable()
            yield Static("Reading…", id="audit-state", classes="muted", markup=False)

    def on_mount(self) -> None:
        """Fetch the entries."""
        self.query_one(ListTable).add_columns("When", "Action", "Who", "On", "Detail")
        self.read()

    @work(exit_on_error=False)
    async def read(self) -> None:
        """Show the entries."""
        state = self.query_one("#audit-state", Static)
        try:
            entries = await self.connection.backend.audit(NEWEST)
        except OrsttError as error:
            state.update(str(error))
            return
        self.query_one(ListTable).add_rows(map(_cells, entries))
        there = {0: "Nothing was done yet. ", NEWEST: f"The newest {NEWEST}. "}.get(len(entries), "")
        state.update(f"{there}Esc closes.")


def _cells(entry: AuditEntry) -> tuple[Text, ...]:
    return tuple(map(Text, (date(entry.at), entry.action, entry.actor, entry.subject, entry.detail)))
