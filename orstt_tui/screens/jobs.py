"""JobsScreen: every transcription, what becomes of it, and its text: listed, sorted, filtered, searched."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Iterable
from typing import ClassVar, get_args

from msgspec.structs import replace
from textual import on, work
from textual.binding import Binding, BindingType
from textual.containers import Container, Horizontal
from textual.timer import Timer
from textual.widget import Widget
from textual.widgets import Input, Label, Static

from orstt_core.errors import OrsttError
from orstt_core.types import Job, JobQuery, JobSort
from orstt_tui.backend_connection import BackendConnection, ConnectionState
from orstt_tui.job_list import FILTERS
from orstt_tui.jobs_heading import jobs_heading
from orstt_tui.notifications import error_text
from orstt_tui.screens.changing_jobs import ChangingJobsScreen
from orstt_tui.transcription_run import TranscriptionRun
from orstt_tui.widgets.field import Field
from orstt_tui.widgets.job_detail import JobDetail
from orstt_tui.widgets.job_table import JobTable
from orstt_tui.widgets.pane import Pane, show_title

UPDATES = 10
"""Times a second that changes are drawn at most."""
RELOAD = 2.0
"""Seconds between two loads of the list: another process may work on the same jobs, and no event says so."""
SHARE = 5
"""How many times as long as a load there is none: a list of thousands takes a while to be loaded again."""
MIN_INTERVAL = 0.3
"""Seconds between two loads at least, and without a change before a search begins."""


class JobsScreen(ChangingJobsScreen):
    """The jobs on the left, the one under the cursor on the right, or below."""

    CSS_PATH: ClassVar = ["../widgets/reader.tcss", "jobs.tcss"]
    MODE = "jobs"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("enter", "open", "Read", id="jobs.open", tooltip="Read the text of the selected job"),
        # With priority: what arrives in one piece behind the key is searched for, and runs no commands.
        Binding("slash", "search", "Search", id="jobs.search", priority=True, tooltip="Search texts and file names"),
        Binding("f", "filter", "Filter", show=False, id="jobs.filter", tooltip="Show jobs in other states"),
        Binding("F", "filters", "Filters", show=False, id="jobs.filters", tooltip="Show jobs of models, days, states"),
        Binding("o", "sort", "Sort", show=False, id="jobs.sort", tooltip="Sort by another column"),
        Binding("O", "reverse", "Reverse", show=False, id="jobs.reverse", tooltip="Sort the other way round"),
        Binding("escape", "all", "All", show=False, id="jobs.all", tooltip="Mark no job, then show all again"),
    ]

    def __init__(self, connection: BackendConnection) -> None:
        super().__init__(connection)
        self._loaded_at: float | None = None
        self._selected: Job | None = None
        self._detail = JobDetail(connection, id="job-detail")
        self._clock: Timer | None = None
        self._load_seconds = 0.0

    def body(self) -> Iterable[Widget]:
        """List and details."""
        with Container(id="jobs-body"):
            with Pane("Jobs", id="jobs-list", classes="-above"):
                with Horizontal(id="jobs-search", classes="field"):
                    yield Label("Search", classes="field-label")
                    yield Field(id="search", placeholder="words of a text or a file name; Esc shows all again")
                yield Static(id="jobs-none", classes="muted", markup=False)
                yield JobTable(id="jobs-table")
            yield self._detail

    def on_mount(self) -> None:
        """Follow what is reported, and look again from time to time."""
        self.query_one("#jobs-search").display = False
        self._clock = self.set_interval(1 / UPDATES, self._follow)
        self.watch(self.app, "job", self._note)
        self.query_one(JobTable).focus()

    def on_screen_suspend(self) -> None:
        """Rest while another screen is shown; behind a dialog the jobs go on."""
        if self._clock is not None and self not in self.app.screen_stack:
            self._clock.pause()

    def on_screen_resume(self) -> None:
        """Look again at once."""
        self.job_list.stale = True
        if self._clock is not None:
            self._clock.resume()

    def renew(self) -> None:
        """Ask for the jobs again."""
        self.job_list.stale = True

    def show_connection(self, state: ConnectionState) -> None:
        """Show the place; what is there is looked at anew once it answers."""
        super().show_connection(state)
        self.job_list.stale = True
        if state.phase != "ready":
            self._show_empty("\n".join(error_text(state.problem)) if state.problem else "Opening…")

    @property
    def selected(self) -> Job | None:
        """The job under the cursor, as in the list."""
        return self.job_list.jobs.get(self._selected.id, self._selected) if self._selected else None

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Offer only what makes sense for the selected job."""
        return super().check_action(action, parameters) if action != "search" else not isinstance(self.focused, Input)

    @property
    def run(self) -> TranscriptionRun | None:
        """The text of the selected job, where it is known."""
        return self._detail.run

    # --- the list ---------------------------------------------------------------------------------

    def _note(self, job: Job | None) -> None:
        if job is not None:
            self.job_list.report(job)

    def _follow(self) -> None:
        if self.connection.state.phase != "ready" or any(
            worker.group == "list" and worker.is_running for worker in self.workers
        ):
            return  # what is reported meanwhile is newer than what is being loaded: it counts afterwards
        job_list, table = self.job_list, self.query_one(JobTable)
        if changed := job_list.apply_reports():
            table.renew(changed)
            self._show_selected()
        if job_list.more and table.at_end:
            job_list.extend()
        elif job_list.earlier and table.at_start:
            job_list.go_back()
        since = float("inf") if self._loaded_at is None else time.monotonic() - self._loaded_at
        least = max(MIN_INTERVAL if job_list.stale else RELOAD, SHARE * self._load_seconds)
        if since > (least if job_list.settled else 1 / UPDATES):
            self._loaded_at = time.monotonic()
            self.load()
        if self._detail.draw():
            self.refresh_bindings()

    @work(exclusive=True, group="list", exit_on_error=False)
    async def load(self) -> None:
        """List the jobs as they are now; what keeps them away is said in their place, and it is tried again."""
        job_list, begun = self.job_list, time.monotonic()
        try:
            await job_list.load(self.connection.backend, keep=self._selected.id if self._selected else "")
        except OrsttError as error:
            self._show_empty(str(error))
            return
        finally:
            self._load_seconds = time.monotonic() - begun
        self.query_one(JobTable).show(list(job_list.jobs.values()), more=job_list.more or job_list.stale)
        self._show_empty("" if job_list.jobs else self._why_none())
        self.show_submitting()
        self._show_selected()

    def show_marks(self) -> None:
        """Show which jobs are marked."""
        self.query_one(JobTable).mark(self.job_list.marked.keys())
        self.show_submitting()
        self.refresh_bindings()

    def show_submitting(self) -> None:
        """Show what is listed, and how many jobs are being submitted."""
        show_title(self.query_one("#jobs-list"), jobs_heading(self.job_list))

    def _why_none(self) -> str:
        if self.job_list.narrowed:
            return "No job matches. Esc shows all again, f shows other states."
        return "No jobs yet. Press n to submit a recording: it is transcribed while you do something else."

    def _show_empty(self, words: str) -> None:
        line = self.query_one("#jobs-none", Static)
        line.update(words)
        line.display = bool(words)
        self.query_one(JobTable).show_header = not words

    # --- the selected job -------------------------------------------------------------------------

    @on(JobTable.Highlighted)
    def _select(self, event: JobTable.Highlighted) -> None:
        self._selected = event.job
        self._show_selected()

    @on(JobTable.EndWanted)
    def _go_to_end(self) -> None:
        self.job_list.go_to_end()
        self.query_one(JobTable).go_to_end()

    @on(JobTable.StartWanted)
    def _go_to_start(self) -> None:
        if self.job_list.earlier:
            self.job_list.go_to_start()

    @on(JobTable.Opened)
    def action_open(self) -> None:
        """Open the text of the selected job."""
        from orstt_tui.screens.transcript import TranscriptScreen

        if job := self.selected:
            self.app.push_screen(TranscriptScreen(self.connection, job, self.job_list.query.text))

    def _show_selected(self) -> None:
        self._detail.show_job(self.selected, self.job_list.query.text)
        self.refresh_bindings()

    # --- which jobs -------------------------------------------------------------------------------

    def show_submitted(self, job: Job) -> None:
        """Show all jobs, and go to the new one."""
        self.show_all()
        self.query_one(JobTable).go_to(job.id)

    def action_mark(self) -> None:
        """Mark the selected job, or no more, and go on to the next."""
        super().action_mark()
        self.query_one(JobTable).action_cursor_down()

    def action_search(self) -> None:
        """Go to the field for the search."""
        self.query_one("#jobs-search").display = True
        self.set_focus(self.query_one("#search"))  # at once: `focus()` would only be queued behind the next keys

    def choose(self, query: JobQuery) -> None:
        """List other jobs, or in another order."""
        self.job_list.choose(query)
        table = self.query_one(JobTable)
        table.show_order(query.sort, reverse=query.reverse)
        table.mark(self.job_list.marked.keys())

    def action_filter(self) -> None:
        """Show jobs in the next states."""
        names = list(FILTERS)
        chosen = self.job_list.filter
        following = names[(names.index(chosen) + 1) % len(names)] if chosen else names[0]
        self.choose(replace(self.job_list.query, states=FILTERS[following]))

    def action_filters(self) -> None:
        """Ask which jobs to show, and in which order."""
        from orstt_tui.screens.filter_jobs import FilterJobsScreen

        def chosen(query: JobQuery | None) -> None:
            if query is not None:
                self.choose(query)

        self.app.push_screen(FilterJobsScreen(self.job_list.query), chosen)

    def action_sort(self) -> None:
        """Sort by the next column."""
        sorts: list[JobSort] = [*get_args(JobSort)]
        following = sorts[(sorts.index(self.job_list.query.sort) + 1) % len(sorts)]
        self.choose(replace(self.job_list.query, sort=following, reverse=False))
        self.query_one(JobTable).go_to_first()

    def action_reverse(self) -> None:
        """Sort the other way round."""
        self.choose(replace(self.job_list.query, reverse=not self.job_list.query.reverse))
        self.query_one(JobTable).go_to_first()

    def action_all(self) -> None:
        """Mark no job any more; where none is marked, show all again."""
        if self.job_list.marked and not isinstance(self.focused, Input):
            self.unmark()
        else:
            self.show_all()

    def show_all(self) -> None:
        """Show all jobs again, the newest first."""
        self.query_one("#search", Input).value = ""
        self.query_one("#jobs-search").display = False
        self.choose(JobQuery())
        self.query_one(JobTable).focus()

    @on(Input.Changed, "#search")
    def _search(self, event: Input.Changed) -> None:
        self.search(event.value.strip())

    @on(Input.Submitted, "#search")
    def _leave_search(self, event: Input.Submitted) -> None:
        self._find(event.value.strip())  # at once: a text that is opened next opens at its hit
        self.query_one(JobTable).focus()

    @work(exclusive=True, group="search", exit_on_error=False)
    async def search(self, text: str) -> None:
        """List the jobs that hold this, once the person stops typing; the latest call wins."""
        await asyncio.sleep(MIN_INTERVAL)
        self._find(text)

    def _find(self, text: str) -> None:
        if text != self.job_list.query.text:
            self.choose(replace(self.job_list.query, text=text))
