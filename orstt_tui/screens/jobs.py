"""JobsScreen: every transcription, what becomes of it, and its text; submit, cancel, retry, search, clear away."""

from __future__ import annotations

import asyncio
import time
from collections.abc import Awaitable, Callable, Iterable
from typing import Any, ClassVar

from textual import on, work
from textual.binding import Binding, BindingType
from textual.containers import Container, Horizontal, Vertical
from textual.timer import Timer
from textual.widget import Widget
from textual.widgets import Button, Input, Label, Static

from orstt_core.backend import Backend
from orstt_core.errors import OrsttError
from orstt_core.types import Job
from orstt_tui import job_commands
from orstt_tui.backend_connection import BackendConnection, ConnectionState
from orstt_tui.formatting import count
from orstt_tui.job_list import FILTERS, JobList
from orstt_tui.notifications import error_text
from orstt_tui.screens.base import MainScreen
from orstt_tui.screens.confirm import ConfirmScreen
from orstt_tui.transcript_export import copy_transcript, save_transcript
from orstt_tui.widgets.field import Field
from orstt_tui.widgets.job_detail import JobDetail
from orstt_tui.widgets.job_table import JobTable

UPDATES = 10
"""Times a second that changes are drawn at most."""
RELOAD = 2.0
"""Seconds between two loads of the list: another process may work on the same jobs, and no event says so."""
SHARE = 5
"""How many times as long as a load there is none: a list of thousands takes a while to be loaded again."""
MIN_INTERVAL = 0.3
"""Seconds between two loads at least, and without a change before a search begins."""
Change = Callable[[Backend], Awaitable[Any]]


class JobsScreen(MainScreen):
    """The jobs on the left, the one under the cursor on the right, or below."""

    CSS_PATH: ClassVar = ["../widgets/reader.tcss", "jobs.tcss"]
    MODE = "jobs"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("n", "submit", "New", id="jobs.submit", tooltip="Submit a recording as a job"),
        # With priority: what arrives in one piece behind the key is searched for, and runs no commands.
        Binding("slash", "search", "Search", id="jobs.search", priority=True, tooltip="Search texts and file names"),
        Binding("enter", "open", "Read", show=False, id="jobs.open", tooltip="Read the text of the selected job"),
        Binding("c", "cancel", "Cancel", id="jobs.cancel", tooltip="Cancel the selected job"),
        Binding("r", "retry", "Retry", id="jobs.retry", tooltip="Begin the selected job again"),
        Binding("a", "again", "Again", id="jobs.again", tooltip="Transcribe the recording again, as another job"),
        Binding("equals_sign", "compare", "Compare", show=False, id="jobs.compare", tooltip="Compare it with another"),
        Binding("s,f7", "save", "Save", id="jobs.save", tooltip="Save as text, subtitles or JSON"),
        Binding("y", "copy", "Copy", show=False, id="jobs.copy", tooltip="Copy all text to the clipboard"),
        Binding("d", "delete", "Delete", show=False, id="jobs.delete", tooltip="Delete the selected job and its text"),
        Binding("f", "filter", "Filter", show=False, id="jobs.filter", tooltip="Show jobs in other states"),
        Binding("escape", "all", "All", show=False, id="jobs.all", tooltip="Show all jobs again"),
        Binding("P", "purge", "Purge", show=False, id="jobs.purge", tooltip="Delete all jobs that have ended"),
    ]

    def __init__(self, connection: BackendConnection) -> None:
        super().__init__(connection)
        self._job_list = JobList()
        self._loaded_at: float | None = None
        self._selected: Job | None = None
        self._clock: Timer | None = None
        self._load_seconds = 0.0

    def body(self) -> Iterable[Widget]:
        """List and details."""
        with Container(id="jobs-body"):
            with Vertical(id="jobs-list"):
                with Horizontal(id="jobs-title"):
                    yield Static("Jobs", id="jobs-heading", classes="heading", markup=False)
                    yield Button("New…", id="submit", compact=True, action="screen.submit")
                with Horizontal(id="jobs-search", classes="field"):
                    yield Label("Search", classes="field-label")
                    yield Field(id="search", placeholder="words of a text or a file name; Esc shows all again")
                yield Static(id="jobs-none", classes="muted", markup=False)
                yield JobTable(id="jobs-table")
            yield JobDetail(self.connection, id="job-detail")

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
        self._job_list.stale = True
        if self._clock is not None:
            self._clock.resume()

    def renew(self) -> None:
        """Ask for the jobs again."""
        self._job_list.stale = True

    def show_connection(self, state: ConnectionState) -> None:
        """Show the place; what is there is looked at anew once it answers."""
        super().show_connection(state)
        self._job_list.stale = True
        if state.phase != "ready":
            self._show_empty("\n".join(error_text(state.problem)) if state.problem else "Opening…")

    @property
    def selected(self) -> Job | None:
        """The job under the cursor, as in the list."""
        return self._job_list.jobs.get(self._selected.id, self._selected) if self._selected else None

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Offer only what makes sense for the selected job."""
        return super().check_action(action, parameters) if action != "search" else not isinstance(self.focused, Input)

    def why_not(self, action: str) -> str:
        """Return why something cannot be done with the selected job; empty: it can."""
        # Textual asks this also of a screen that it has yet to fill, as while another one is left.
        run = next((detail.run for detail in self.query(JobDetail)), None)
        return job_commands.why_not(action, self.selected, text=run is not None and bool(run.segments))

    # --- the list ---------------------------------------------------------------------------------

    def _note(self, job: Job | None) -> None:
        if job is not None:
            self._job_list.report(job)

    def _follow(self) -> None:
        if self.connection.state.phase != "ready" or any(
            worker.group == "list" and worker.is_running for worker in self.workers
        ):
            return  # what is reported meanwhile is newer than what is being loaded: it counts afterwards
        job_list, table = self._job_list, self.query_one(JobTable)
        if changed := job_list.apply_reports():
            table.renew(changed)
            self._show_selected()
        if job_list.more and table.at_end:
            job_list.extend()
        since = float("inf") if self._loaded_at is None else time.monotonic() - self._loaded_at
        if since > max(MIN_INTERVAL if job_list.stale else RELOAD, SHARE * self._load_seconds):
            self._loaded_at = time.monotonic()
            self.load()
        if self.query_one(JobDetail).draw():
            self.refresh_bindings()

    @work(exclusive=True, group="list", exit_on_error=False)
    async def load(self) -> None:
        """List the jobs as they are now; what keeps them away is said in their place, and it is tried again."""
        job_list, begun = self._job_list, time.monotonic()
        try:
            await job_list.load(self.connection.backend)
        except OrsttError as error:
            self._show_empty(str(error))
            return
        finally:
            self._load_seconds = time.monotonic() - begun
        self.query_one(JobTable).show(list(job_list.jobs.values()), more=job_list.more or job_list.stale)
        self._show_empty("" if job_list.jobs else self._why_none())
        which = "Jobs" if job_list.filter == "all" else f"Jobs {job_list.filter}"
        total = f": {count(job_list.total, 'job')}" if job_list.jobs else ""
        self.query_one("#jobs-heading", Static).update(f"{which}{total}")
        self._show_selected()

    def _why_none(self) -> str:
        if self._job_list.text or self._job_list.filter != "all":
            return "No job matches. Esc shows all again, f shows other states."
        return "No jobs yet. Press n to submit a recording: it is transcribed while you do something else."

    def _show_empty(self, words: str) -> None:
        line = self.query_one("#jobs-none", Static)
        line.update(words)
        line.display = bool(words)

    # --- the selected job -------------------------------------------------------------------------

    @on(JobTable.Highlighted)
    def _select(self, event: JobTable.Highlighted) -> None:
        self._selected = event.job
        self._show_selected()

    @on(JobTable.EndWanted)
    def _load_all(self) -> None:
        self._job_list.extend(to_end=True)
        self.query_one(JobTable).go_to_end()

    @on(JobTable.Opened)
    def action_open(self) -> None:
        """Open the text of the selected job."""
        from orstt_tui.screens.transcript import TranscriptScreen

        if job := self.selected:
            self.app.push_screen(TranscriptScreen(self.connection, job, self._job_list.text))

    def _show_selected(self) -> None:
        self.query_one(JobDetail).show_job(self.selected, self._job_list.text)
        self.refresh_bindings()

    def action_compare(self) -> None:
        """Ask what to compare the selected job with, and show both."""
        from orstt_tui.screens.compare import open_comparison

        if job := self.selected:
            open_comparison(self, job)

    def action_copy(self) -> None:
        """Copy the text of the selected job to the person's clipboard."""
        if run := self.query_one(JobDetail).run:
            copy_transcript(self.app, run)

    def action_save(self) -> None:
        """Ask where to and in which format, then write the text of the selected job."""
        if run := self.query_one(JobDetail).run:
            save_transcript(self.app, run)

    def action_cancel(self) -> None:
        """Cancel the selected job."""
        if job := self.selected:
            self.change(lambda backend: backend.cancel_job(job.id))

    def action_retry(self) -> None:
        """Begin the selected job again."""
        if job := self.selected:
            self.change(lambda backend: backend.retry_job(job.id))

    def action_delete(self) -> None:
        """Ask, then delete the selected job."""
        if job := self.selected:
            question = f"Delete the job for {job.filename}?"
            self._ask(question, "Its text goes with it.", lambda backend: backend.delete_job(job.id))

    def action_purge(self) -> None:
        """Ask, then delete every job that has ended."""

        async def purge(backend: Backend) -> None:
            purged = await backend.purge_jobs()
            self.app.notify(f"Deleted {count(purged.jobs, 'job')}.")

        self._ask("Delete all jobs that have ended?", "Their texts go with them. What waits or runs stays.", purge)

    def _ask(self, question: str, details: str, change: Change) -> None:
        def answered(yes: bool | None) -> None:  # noqa: FBT001 - what a screen's callback gets
            if yes:
                self.change(change)

        self.app.push_screen(ConfirmScreen(question, details), answered)

    @work(group="change", exit_on_error=False)
    async def change(self, change: Change) -> None:
        """Have the backend change something, and look at the list again."""
        await change(self.connection.backend)
        self._job_list.stale = True

    # --- which jobs -------------------------------------------------------------------------------

    def action_submit(self) -> None:
        """Open the form for a job."""
        self._submit()

    def action_again(self) -> None:
        """Open the form for another job on the selected one's recording."""
        self._submit(self.selected)

    def _submit(self, again: Job | None = None) -> None:
        from orstt_tui.screens.submit_job import SubmitJobScreen

        def submitted(job: Job | None) -> None:
            if job is not None:
                self.action_all()
                self.query_one(JobTable).go_to(job.id)

        self.app.push_screen(SubmitJobScreen(self.connection, again), submitted)

    def action_search(self) -> None:
        """Go to the field for the search."""
        self.query_one("#jobs-search").display = True
        self.set_focus(self.query_one("#search"))  # at once: `focus()` would only be queued behind the next keys

    def action_filter(self) -> None:
        """Show jobs in the next states."""
        filters = list(FILTERS)
        self._job_list.choose(states=filters[(filters.index(self._job_list.filter) + 1) % len(filters)])

    def action_all(self) -> None:
        """Show all jobs again."""
        self.query_one("#search", Input).value = ""
        self.query_one("#jobs-search").display = False
        self._job_list.choose(text="", states="all")
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
        if text != self._job_list.text:
            self._job_list.choose(text=text)
