"""CompareScreen: two transcripts of a recording beside each other, over the figures of both."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from typing import ClassVar

from rich.cells import set_cell_size
from textual import on, work
from textual.binding import Binding, BindingType
from textual.content import Content
from textual.widget import Widget
from textual.widgets import Static

from orstt_core.errors import OrsttError
from orstt_core.types import ENDED, Comparison, ComparisonQuery, Job
from orstt_tui.backend_connection import BackendConnection
from orstt_tui.formatting import file_name, shorten
from orstt_tui.job_text import JobText
from orstt_tui.screens.base import MainScreen
from orstt_tui.screens.name_reference import NamedReference, NameReferenceScreen
from orstt_tui.widgets.comparison_figures import ComparisonFigures
from orstt_tui.widgets.comparison_lines import compared_texts
from orstt_tui.widgets.comparison_list import BESIDE, NAMES, ComparisonList
from orstt_tui.widgets.pane import Pane, show_title

UPDATES = 4
"""Times a second that it is told how far a transcription is."""


class CompareScreen(MainScreen):
    """Compares two jobs; one that has not ended yet is waited for.

    Args:
        connection: the place where the jobs are.
        first: stands on the left, or above.
        second: on the right, or below.
        within: the main screen that it is opened from.
    """

    CSS_PATH: ClassVar = ["compare.tcss"]
    CRUMB = "Compare"
    MODE = "jobs"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("r", "reference", "Reference", id="compare.reference", tooltip="Name a text of what was really said"),
        Binding("v", "versions", "Corrected", id="compare.versions", tooltip="Compare what people corrected, or not"),
        Binding("x", "swap", "Swap", show=False, id="compare.swap", tooltip="Let the two change places"),
        Binding("equals_sign", "other", "Other", id="jobs.compare", tooltip="Compare it with another"),
        Binding("escape,backspace", "close", "Back", id="compare.close", tooltip="Back to where it was opened"),
    ]

    def __init__(self, connection: BackendConnection, first: Job, second: Job, *, within: str = "jobs") -> None:
        super().__init__(connection)
        self.MODE = within
        self._jobs = [first, second]
        self._reference = NamedReference("", "")
        self._corrected = False
        self._comparison: Comparison | None = None
        self._awaited: JobText | None = None
        self._problem = ""

    def body(self) -> Iterable[Widget]:
        """What is waited for, the names of both, the texts; below them the figures."""
        with Pane("Compare", id="compare-texts", classes="-above"):
            yield Static(id="compare-state", markup=False)
            yield Static(id="compare-heads", markup=False)
            yield ComparisonList(id="comparison")
        yield ComparisonFigures()

    def on_mount(self) -> None:
        """Compare."""
        self.query_one(ComparisonList).focus()
        self.set_interval(1 / UPDATES, self._show_state)
        self.watch(self.app, "job", self._note)
        self.fetch()

    def why_not(self, action: str) -> str:
        """Return why something cannot be done now; empty: it can."""
        if action in {"swap", "versions"} and self._comparison is None:
            return "There is nothing to compare yet."
        return ""

    @work(exclusive=True, group="comparison", exit_on_error=False)
    async def fetch(self) -> None:
        """Wait until both jobs have ended, then compare them; what keeps them apart is said in their place."""
        self._problem = ""
        for place, job in enumerate(self._jobs):
            if job.state not in ENDED:
                self._awaited = JobText(self.connection, job.id)
                await self._awaited.follow()
                self._jobs[place] = self._awaited.job or job
        self._awaited = None
        try:
            comparison = await self.connection.backend.compare_jobs(self._query())
            shown = await asyncio.to_thread(compared_texts, comparison.rows)
        except OrsttError as error:
            self._problem = str(error)
            self._show_state()
            return
        self._comparison = comparison
        self.query_one(ComparisonFigures).show(comparison)
        self.query_one(ComparisonList).show(shown)
        self._show_state()
        self.refresh_bindings()

    def _query(self) -> ComparisonQuery:
        version = None if self._corrected else 0
        first, second = self._jobs
        return ComparisonQuery(
            first=first.id,
            second=second.id,
            first_version=version,
            second_version=version,
            reference=self._reference.text,
        )

    # --- what it says -----------------------------------------------------------------------------

    def on_resize(self) -> None:
        """Put the names over their columns."""
        self.call_after_refresh(self._show_state)

    @on(ComparisonList.Moved)
    def _show_state(self) -> None:
        """Say what is compared, what is waited for, and where the cursor is."""
        found, rows = self._comparison, self.query_one(ComparisonList)
        state = self.query_one("#compare-state", Static)
        state.update(self._problem or self._waiting())
        state.display = bool(self._problem or self._awaited)
        facts = (
            []
            if found is None
            else [f"difference {rows.difference}/{len(rows.differences)}", f"{found.differing:.1%} differ"]
        )
        versions = "corrected" if self._corrected else "recognised"
        title = " · ".join([*facts, versions])
        show_title(self.query_one("#compare-texts"), f"{file_name(self._jobs[0].filename)}: {title}")
        self.query_one(ComparisonFigures).show_row(found.rows[rows.cursor] if found and found.rows else None)
        names = [f"{name} {job.model}" for name, job in zip(NAMES.values(), self._jobs, strict=True)]
        heads = self.query_one("#compare-heads", Static)
        heads.display = self.app.size.width >= BESIDE
        if heads.display and rows.size.width:
            first, second, width = rows.columns
            heads.update(Content(" " * first + set_cell_size(shorten(names[0], width), second - first) + names[1]))

    def _waiting(self) -> str:
        """Return how far the transcription is that is waited for, and what it said last."""
        if self._awaited is None:
            return ""
        if self._awaited.problem:
            return self._awaited.problem
        run = self._awaited.run
        if run is None:
            return "Reading…"
        said = " ".join(run.segments[-1].text.split()) if run.segments else ""
        return f"{run.status()[0]}. The comparison follows.\n{said}".strip()

    def _note(self, job: Job | None) -> None:
        """Compare again what was corrected, or begun again, meanwhile."""
        for place, known in enumerate(self._jobs):
            if job is not None and job.id == known.id and self._awaited is None:
                again = (job.state, job.transcript_version) != (known.state, known.transcript_version)
                self._jobs[place] = job
                if again:
                    self.fetch()

    # --- commands ---------------------------------------------------------------------------------

    def action_reference(self) -> None:
        """Ask for a text of what was said, then count the errors against it."""

        def named(reference: NamedReference | None) -> None:
            if reference is not None:
                self._reference = reference
                self.fetch()

        self.app.push_screen(NameReferenceScreen(self._reference.name), named)

    def action_versions(self) -> None:
        """Compare what people corrected, or what was recognised."""
        self._corrected = not self._corrected
        self.fetch()

    def action_swap(self) -> None:
        """Let the two change places."""
        self._jobs.reverse()
        self.fetch()

    def action_other(self) -> None:
        """Ask what to compare the first with instead."""
        open_comparison(self, self._jobs[0], replace=True)

    def action_close(self) -> None:
        """Go back to where it was opened."""
        self.dismiss()


def open_comparison(screen: MainScreen, job: Job, *, replace: bool = False) -> None:
    """Ask what to compare a job with, then show the comparison.

    Args:
        screen: where that is asked.
        job: the one that is compared.
        replace: the comparison takes the place of the screen.
    """
    from orstt_tui.screens.choose_comparison import ChooseComparisonScreen

    def chosen(other: Job | None) -> None:
        if other is not None:
            show = screen.app.switch_screen if replace else screen.app.push_screen
            show(CompareScreen(screen.connection, job, other, within=screen.MODE))

    screen.app.push_screen(ChooseComparisonScreen(screen.connection, job), chosen)
