"""DoctorScreen: what works, what is missing, and the command that mends it."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from typing import ClassVar

from textual import work
from textual.binding import Binding, BindingType
from textual.content import Content

from orstt_core.errors import OrsttError
from orstt_core.types import Finding
from orstt_tui.backend_connection import BackendConnection
from orstt_tui.screens.list_dialog import ListDialog
from orstt_tui.widgets.columns import Columns, Share
from orstt_tui.widgets.facts import Line

MARKS = {"ok": "✓", "warning": "!", "missing": "✗"}
"""Outcome -> its mark; the details say the word."""
COLOURS = {"ok": "text-success", "warning": "text-warning", "missing": "text-error"}
OTHER = "other"
"""The group of findings of a server that groups none."""


class DoctorScreen(ListDialog[Finding]):
    """Lists the findings by what they belong to; the cursor is on the first of the worst."""

    HELP = """\
# Doctor

What `orstt doctor` finds here, or on the server that you work on: **✓** is as it should be, **!** is worth knowing,
**✗** keeps the active model from transcribing. The details say what mends it; **y** copies that.

Nothing is fetched, and nothing is changed. **r** looks again.
"""
    COLUMNS = Columns(
        names=("", "Group", "Subject", "Found"),
        cut={"Subject": Share(least=22, weight=2), "Found": Share(least=20, weight=3)},
        prose=frozenset({"Subject", "Found"}),
    )
    HEADING = "Doctor"
    WAITING = "Looking…"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("y", "copy", "Copy", id="doctor.copy", tooltip="Copy what mends it"),
        Binding("r", "examine", "Look again", id="doctor.examine", tooltip="Look at everything again"),
        Binding("escape,D,q", "close", "Close", id="doctor.close"),
    ]

    def __init__(self, connection: BackendConnection) -> None:
        super().__init__()
        self.connection = connection

    def on_mount(self) -> None:
        """Have everything looked at."""
        self.action_examine()

    def action_examine(self) -> None:
        """Have everything looked at, again."""
        self.show_title(f"{self.HEADING}: looking…")
        self.examine()

    @work(exclusive=True, group="doctor", exit_on_error=False)
    async def examine(self) -> None:
        """Show what is found; a backend that does not answer is the one finding."""
        try:
            found = (await self.connection.backend.diagnose()).findings
        except OrsttError as error:
            found = [Finding(subject="backend", outcome="missing", detail=error.message, fix=error.hint)]
        counted: Counter[str] = Counter(finding.outcome for finding in found)
        said = [f"{counted[outcome]} {word}" for outcome, word in _WORDS.items() if counted[outcome]]
        self.show_title(f"{self.HEADING}: {', '.join(said)} · {self.connection.state.location}")
        worst = min(found, key=lambda finding: list(_WORDS).index(finding.outcome), default=None)
        self.show_items(found, go_to=None if self.selected else worst)

    def why_not(self, action: str) -> str:
        """Return why there is nothing to copy."""
        found = self.selected if action == "copy" and self.is_mounted else None
        return "There is nothing to mend here." if found and not found.fix else ""

    def action_copy(self) -> None:
        """Copy what mends the selected finding."""
        if self.selected is not None:
            self.app.copy_to_clipboard(self.selected.fix)
            self.app.notify(f"Copied: {self.selected.fix}", markup=False)

    def words(self, item: Finding) -> dict[str, str]:
        """Return its mark, group, subject, and what was found."""
        words = (MARKS[item.outcome], item.group or OTHER, item.subject, item.detail)
        return dict(zip(self.COLUMNS.names, words, strict=True))

    def rows(self, items: Sequence[Finding]) -> list[Mapping[str, str]]:
        """Return the rows; a group is named where it begins."""
        rows = super().rows(items)
        before = ["", *(row["Group"] for row in rows)]
        return [
            {**row, "Group": row["Group"] * (row["Group"] != last)} for row, last in zip(rows, before, strict=False)
        ]

    def facts(self, item: Finding) -> Sequence[Line]:
        """Return all that was found, and what mends it."""
        lines: list[Line] = [
            Content.assemble((item.subject, "bold $text-primary"), "  ", (item.outcome, f"${COLOURS[item.outcome]}")),
            Content(item.detail),
        ]
        if item.fix:
            lines.append(("Mend it", Content.styled(item.fix, "bold")))
        return lines

    def colour(self, item: Finding) -> str:
        """Return the colour of its mark."""
        return COLOURS[item.outcome]


_WORDS = {"missing": "missing", "warning": "to know", "ok": "as it should be"}
"""Outcome -> what so many of them are."""
