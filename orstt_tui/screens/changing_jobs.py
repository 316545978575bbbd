"""ChangingJobsScreen: what is done with the job under the cursor, or with all that are marked."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Sequence
from typing import ClassVar

from textual import work
from textual.binding import Binding, BindingType

from orstt_core.backend import Backend
from orstt_core.errors import OrsttError
from orstt_core.types import Job, TranscribeRequest
from orstt_tui import job_commands
from orstt_tui.backend_connection import BackendConnection
from orstt_tui.formatting import count
from orstt_tui.job_list import JobList
from orstt_tui.notifications import notify_error
from orstt_tui.screens.base import MainScreen
from orstt_tui.screens.confirm import ConfirmScreen
from orstt_tui.transcript_export import copy_transcript, save_transcript
from orstt_tui.transcription_run import TranscriptionRun

Change = Callable[[Backend, str], Awaitable[Job]]
TWO = 2
"""Marked jobs that are compared with each other."""
ON_ITS_WAY = "The text is on its way: press the key again in a moment."
NOT_CANCELLED = "No job was cancelled here since the program was started, or all were begun again."


class ChangingJobsScreen(MainScreen):
    """The commands; the screen itself says which job is selected, and lists them."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("n", "submit", "New", id="jobs.submit", tooltip="Submit a recording as a job"),
        Binding("space", "mark", "Mark", show=False, id="jobs.mark", tooltip="Mark the job, or no more"),
        Binding("asterisk", "mark_all", "Mark all", show=False, id="jobs.markall", tooltip="Mark all that are listed"),
        Binding("c", "cancel", "Cancel", id="jobs.cancel", tooltip="Cancel the selected job, or those marked"),
        Binding("u", "undo", "Undo", show=False, id="jobs.undo", tooltip="Let what was cancelled last go on"),
        Binding("r", "retry", "Retry", id="jobs.retry", tooltip="Begin the selected job, or those marked, again"),
        Binding("a", "again", "Again", id="jobs.again", tooltip="Transcribe the recording again, as another job"),
        Binding("equals_sign", "compare", "Compare", show=False, id="jobs.compare", tooltip="Compare it with another"),
        Binding("s,f7", "save", "Save", id="jobs.save", tooltip="Save as text, subtitles or JSON"),
        Binding("y", "copy", "Copy", show=False, id="jobs.copy", tooltip="Copy all text to the clipboard"),
        Binding("d", "delete", "Delete", show=False, id="jobs.delete", tooltip="Delete the job, or those marked"),
        Binding("P", "purge", "Purge", show=False, id="jobs.purge", tooltip="Delete all jobs that have ended"),
    ]

    def __init__(self, connection: BackendConnection) -> None:
        super().__init__(connection)
        self.job_list = JobList()
        self._cancelled: list[Job] = []
        self._changes, self._submissions = asyncio.Lock(), asyncio.Lock()
        self.unsubmitted = 0
        """How many jobs are still to be submitted."""

    @property
    def selected(self) -> Job | None:
        """The job under the cursor, as in the list."""
        raise NotImplementedError

    @property
    def run(self) -> TranscriptionRun | None:
        """The text of that job, where it is known."""
        raise NotImplementedError

    def show_marks(self) -> None:
        """Show which jobs are marked."""
        raise NotImplementedError

    def show_submitting(self) -> None:
        """Show how many jobs are being submitted."""
        raise NotImplementedError

    @property
    def marked(self) -> list[Job]:
        """The marked jobs, as they were seen last."""
        return list(self.job_list.marked.values())

    def why_not(self, action: str) -> str:
        """Return why something cannot be done with the selected job, or the marked ones; empty: it can."""
        if action == "undo":
            # What is being cancelled now is known once that has ended: `undo` waits for it.
            changing = any(worker.group == "change" and not worker.is_finished for worker in self.workers)
            return "" if self._cancelled or changing else NOT_CANCELLED
        if action == "mark":
            return "" if self.selected else "There is no job under the cursor."
        if action == "compare" and len(self.marked) == TWO:
            return next(filter(None, (job_commands.why_not(action, job, text=True) for job in self.marked)), "")
        if self.marked and action not in {"open", "compare"}:
            return job_commands.why_not_many(action, self.marked)
        return job_commands.why_not(action, self.selected, text=self._has_text)

    @property
    def _has_text(self) -> bool:
        """Whether the selected job has any text, on the screen or on its way: the keys for it stay meanwhile."""
        run, job = self.run, self.selected
        return bool(run.segments) if run is not None else job is not None and bool(job.text)

    def _chosen(self, command: str) -> list[Job]:
        """The jobs that a command is about and can be done with."""
        return job_commands.admitted(command, self.marked or [job for job in [self.selected] if job])

    # --- marks ------------------------------------------------------------------------------------

    def action_mark(self) -> None:
        """Mark the selected job, or no more, and go on to the next."""
        if job := self.selected:
            self.job_list.mark([job])
            self.show_marks()

    def action_mark_all(self) -> None:
        """Mark all that are listed, or none of them."""
        self.job_list.mark(self.job_list.jobs.values())
        self.show_marks()

    def unmark(self) -> None:
        """Mark no job any more."""
        self.job_list.marked = {}
        self.show_marks()

    # --- changes ----------------------------------------------------------------------------------

    def action_cancel(self) -> None:
        """Cancel; it can be taken back."""
        self.change(self._chosen("cancel"), lambda backend, name: backend.cancel_job(name), "Cancelled")

    def action_undo(self) -> None:
        """Begin those again that were cancelled last: they keep their segments and go on from there."""
        self.undo()

    def action_retry(self) -> None:
        """Begin again."""
        self.change(self._chosen("retry"), lambda backend, name: backend.retry_job(name), "Queued again:")

    def action_delete(self) -> None:
        """Ask, then delete."""
        jobs = self._chosen("delete")
        what = f"the job for {jobs[0].filename}" if len(jobs) == 1 else count(len(jobs), "job")
        details = "Its text goes with it." if len(jobs) == 1 else "Their texts go with them."
        self._ask(
            f"Delete {what}?",
            details,
            lambda: self.change(jobs, lambda backend, name: backend.delete_job(name), "Deleted"),
        )

    def action_purge(self) -> None:
        """Ask, then delete every job that has ended."""
        details = "Their texts go with them. What waits or runs stays."
        self._ask("Delete all jobs that have ended?", details, self.purge)

    def _ask(self, question: str, details: str, go_on: Callable[[], object]) -> None:
        def answered(yes: bool | None) -> None:  # noqa: FBT001 - what a screen's callback gets
            if yes:
                go_on()

        self.app.push_screen(ConfirmScreen(question, details), answered)

    @work(group="change", exit_on_error=False)
    async def purge(self) -> None:
        """Have the backend delete what has ended."""
        purged = await self.connection.backend.purge_jobs()
        self.app.notify(f"Deleted {count(purged.jobs, 'job')}.")
        self.unmark()
        self.job_list.stale = True

    @work(group="change", exit_on_error=False)
    async def change(self, jobs: Sequence[Job], change: Change, said: str) -> None:
        """Have the backend change jobs, after what was to be changed before."""
        async with self._changes:
            await self._change(jobs, change, said)

    @work(group="change", exit_on_error=False)
    async def undo(self) -> None:
        """Have those go on that were cancelled last, by a cancelling that is still under way too."""
        async with self._changes:
            if self._cancelled:
                await self._change(self._cancelled, lambda backend, name: backend.retry_job(name), "Going on with")
            else:
                self.app.notify(NOT_CANCELLED, severity="warning", markup=False)

    async def _change(self, jobs: Sequence[Job], change: Change, said: str) -> None:
        """Change jobs; say what became of several, and what was cancelled can be taken back."""
        backend, many = self.connection.backend, len(jobs) > 1
        changed = await job_commands.change_each(jobs, lambda name: change(backend, name))
        done = {job.id for job in changed.done}
        cancelled = [job for job in changed.done if job.state == "cancelled"] if said == "Cancelled" else []
        self._cancelled = cancelled or [job for job in self._cancelled if job.id not in done]
        if many and changed.ended_by is None:  # otherwise the rest is still to be changed
            self.unmark()
        if changed.done and (many or cancelled):
            what = count(len(done), "job") if many else changed.done[0].filename
            undo = "; u takes that back" if cancelled else ""
            self.app.notify(f"{said} {what}{undo}.", markup=False)
        if changed.refused:
            others = len(changed.refused) - 1
            notify_error(self.app, changed.refused[0], title=f"And {count(others, 'other')} likewise" if others else "")
        if changed.ended_by is not None:
            notify_error(self.app, changed.ended_by)
        self.job_list.stale = True
        self.refresh_bindings()

    # --- texts, and other jobs --------------------------------------------------------------------

    def action_copy(self) -> None:
        """Copy the text of the selected job to the person's clipboard."""
        if run := self.run:
            copy_transcript(self.app, run)
        else:
            self.say_why_not(ON_ITS_WAY)

    def action_save(self) -> None:
        """Ask where to and in which formats, then write the text of the selected job, or of each marked one."""
        from orstt_tui.screens.save_many import SaveManyScreen

        if len(self.marked) > 1:
            self.app.push_screen(SaveManyScreen(self.connection, self._chosen("save")))
        elif run := self.run:
            save_transcript(self.app, run)
        else:
            self.say_why_not(ON_ITS_WAY)

    def action_again(self) -> None:
        """Ask how, then transcribe the recording of the selected job again, or of each marked one."""
        from orstt_tui.screens.submit_again import SubmitAgainScreen

        if len(self.marked) > 1:
            jobs = self._chosen("again")

            def chosen(requests: list[TranscribeRequest] | None) -> None:
                if requests:
                    self.unmark()
                    self.submit_each(jobs, requests)

            self.app.push_screen(SubmitAgainScreen(jobs), chosen)
        else:
            self._submit(self.marked[0] if self.marked else self.selected)

    def action_compare(self) -> None:
        """Compare the two marked jobs; else ask what to compare the selected one with."""
        from orstt_tui.screens.compare import CompareScreen, open_comparison

        if len(self.marked) == TWO:
            self.app.push_screen(CompareScreen(self.connection, *self.marked))
        elif job := self.selected:
            open_comparison(self, job)

    @work(group="submit", exit_on_error=False)
    async def submit_each(self, jobs: Sequence[Job], requests: Sequence[TranscribeRequest]) -> None:
        """Submit requests in turn, after those before; where that ends early, the jobs that are left are marked again.

        Args:
            jobs: those whose recordings are asked for.
            requests: one for each of them.
        """
        self.unsubmitted += len(requests)
        async with self._submissions:
            backend, number, submitted = self.connection.backend, len(requests), 0
            self.app.notify(f"Submitting {count(number, 'job')}; the title of the list counts them.")
            try:
                for request in requests:
                    self.job_list.submitting = (submitted + 1, number)
                    self.show_submitting()
                    await backend.submit_job(request)
                    submitted += 1
                    self.unsubmitted -= 1
            except OrsttError as error:
                self.job_list.marked |= {job.id: job for job in jobs[submitted:]}
                title = f"{count(submitted, 'job')} submitted, {number - submitted} left: they are marked again"
                notify_error(self.app, error, title=title)
            else:
                self.app.notify(f"Submitted {count(submitted, 'job')}.")
            finally:
                self.job_list.submitting = None
                self.unsubmitted -= number - submitted
            self.job_list.stale = True
            self.show_marks()

    def action_submit(self) -> None:
        """Open the form for a job."""
        self._submit()

    def _submit(self, again: Job | None = None) -> None:
        from orstt_tui.screens.submit_job import SubmitJobScreen

        def submitted(job: Job | None) -> None:
            if job is not None:
                self.show_submitted(job)

        self.app.push_screen(SubmitJobScreen(self.connection, again), submitted)

    def show_submitted(self, job: Job) -> None:
        """Go to a job that was submitted just now."""
        raise NotImplementedError
