"""AuditScreen: who did what to models and jobs."""

from __future__ import annotations

from typing import ClassVar

from textual import on, work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType

from orstt_core.errors import OrsttError
from orstt_core.types import AuditEntry
from orstt_tui.backend_connection import BackendConnection
from orstt_tui.formatting import date
from orstt_tui.screens.dialog import Dialog
from orstt_tui.widgets.columns import Columns, Share
from orstt_tui.widgets.detailed_list import DetailedList, ListNote
from orstt_tui.widgets.list_table import ListTable
from orstt_tui.widgets.pane import Pane, show_title

COLUMNS = Columns(
    names=("When", "Action", "Who", "On", "Detail"),
    cut={"Who": Share(least=8), "On": Share(least=8), "Detail": Share(least=8)},
    prose=frozenset({"Detail"}),
)
NEWEST, MOST = 200, 10_000
"""Entries shown at first, and once somebody goes to the end; `orstt audit` gives more."""


class AuditScreen(Dialog[None]):
    """Lists the entries, newest first, as they were when it was opened.

    Args:
        connection: to whoever has them.
        subject: only those about the model of this name; empty: all.
    """

    HELP = """\
# Audit

Who added, changed, activated or removed a model, who submitted, cancelled or deleted a job, who created or revoked
a key: *user* is a person on this machine, *key* or an address a caller of the HTTP API. Entries are only ever added.
"""
    BINDINGS: ClassVar[list[BindingType]] = [Binding("escape,f12,q", "dismiss", "Close", id="audit.close")]

    def __init__(self, connection: BackendConnection, subject: str = "") -> None:
        super().__init__()
        self.connection = connection
        self._subject = subject
        self._title = f"Audit: {subject}" if subject else "Audit"

    def compose(self) -> ComposeResult:
        """The list."""
        with Pane(self._title, classes="dialog -list"):
            yield ListNote("Reading…")
            yield DetailedList(COLUMNS)

    def on_mount(self) -> None:
        """Fetch the entries."""
        self.read()

    @on(ListTable.EndWanted)
    def _read_all(self) -> None:
        if self.query_one(ListTable).row_count == NEWEST:
            self.read(MOST)

    @work(exclusive=True, exit_on_error=False)
    async def read(self, most: int = NEWEST) -> None:
        """Show so many entries at most; those after the first ones were asked for by going to the end."""
        note = self.query_one(ListNote)
        try:
            entries = await self.connection.backend.audit(most, self._subject)
        except OrsttError as error:
            note.show(str(error))
            return
        self.query_one(DetailedList).show(list(map(_words, entries)))
        if most > NEWEST:
            self.query_one(ListTable).move_cursor(row=len(entries) - 1)
        show_title(self.query_one(Pane), self._title, _total(len(entries), most))
        note.show("" if entries else "Nothing was done yet.")


def _total(number: int, most: int) -> str:
    if number == most:
        return f"the newest {number:,}; G shows more" if most < MOST else f"the newest {number:,}"
    return f"{number:,} {'entry' if number == 1 else 'entries'}" if number else ""


def _words(entry: AuditEntry) -> dict[str, str]:
    words = (date(entry.at), entry.action, entry.actor, entry.subject, entry.detail)
    return dict(zip(COLUMNS.names, words, strict=True))
