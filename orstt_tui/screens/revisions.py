"""RevisionsScreen: who corrected a transcript, when and what; any version can be read."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import ClassVar

from textual import on, work
from textual.binding import Binding, BindingType
from textual.content import Content
from textual.widgets import DataTable

from orstt_core.correction import change_name
from orstt_core.errors import OrsttError
from orstt_core.types import Revision
from orstt_tui.backend_connection import BackendConnection
from orstt_tui.formatting import clock, count, date
from orstt_tui.revision_text import marked, pieces_of, revision_name
from orstt_tui.screens.list_dialog import ListDialog
from orstt_tui.widgets.columns import Columns, Share
from orstt_tui.widgets.facts import Line

COLUMNS = Columns(
    names=("Version", "When", "Who", "Did"),
    cut={"Who": Share(least=8), "Did": Share(least=8)},
    prose=frozenset({"Did"}),
)


class RevisionsScreen(ListDialog[Revision]):
    """Lists the versions, newest first, as they were when it was opened.

    Args:
        connection: to whoever has the job.
        job: its id.
        language: in which its text is written; None: that is not known.
        read: shows a version of the text.
    """

    COLUMNS = COLUMNS
    HEADING = "Versions"
    CRUMB = "Versions"
    HELP = """\
# Versions

Who corrected the transcript, when and what: words taken away stand as [-so-], words put there as {+so+}. **Enter**
shows the text as that version was; there **o** shows the newest one again. Versions are only ever added.
"""
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("r,enter", "read", "Read", id="revisions.read", tooltip="Show the text as the selected version was"),
        Binding("escape,h,q", "close", "Close", id="revisions.close"),
    ]

    def __init__(
        self, connection: BackendConnection, job: str, language: str | None, read: Callable[[int], object]
    ) -> None:
        super().__init__()
        self.connection = connection
        self._job, self._language, self._read = job, language, read

    def on_mount(self) -> None:
        """Fetch the versions."""
        super().on_mount()
        self.fetch()

    @work(exclusive=True, exit_on_error=False)
    async def fetch(self) -> None:
        """Show what there is."""
        try:
            revisions = await self.connection.backend.transcript_history(self._job)
        except OrsttError as error:
            self.show_problem(str(error))
            return
        self.show_title(f"Versions: {len(revisions)}" if revisions else "Versions")
        self.show_items(revisions[::-1])

    def words(self, item: Revision) -> dict[str, str]:
        """Return what stands in the columns."""
        told = (str(item.version), date(item.at), item.actor, revision_name(item))
        return dict(zip(COLUMNS.names, told, strict=True))

    def facts(self, item: Revision) -> Sequence[Line]:
        """Return every change, with its words marked."""
        lines: list[Line] = [Content.styled(f"Version {item.version}: {count(len(item.changes), 'change')}", "bold")]
        for change in item.changes:
            where = (change.added or change.removed)[0].start
            at = "" if where is None else clock(where)
            told = marked(pieces_of(change.removed, change.added, self._language))
            lines += [Content.styled(f"{at} {change_name(change)}".strip(), "dim"), Content(told)]
        return lines

    def nothing(self) -> str:
        """Return what to say of a transcript that nobody corrected."""
        return "Nobody corrected it: this is what was recognised."

    @on(DataTable.RowSelected)
    def action_read(self) -> None:
        """Show the text as the selected version was."""
        if (item := self.selected) is not None:
            self.dismiss()
            self._read(item.version)
