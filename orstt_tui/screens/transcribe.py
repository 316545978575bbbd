"""TranscribeScreen: a recording in, segments out as they are recognised; copy and save."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import Iterable
from typing import ClassVar

from textual import on, work
from textual.binding import Binding, BindingType
from textual.widget import Widget
from textual.widgets import Button, Input
from textual.worker import Worker, WorkerCancelled, WorkerFailed

from orstt_core.errors import EngineFailed, FileProblem, JobNotEnded, OrsttError, RecordingGone
from orstt_core.types import ENDED, Done, Job, Model, TranscribeRequest
from orstt_tui.backend_connection import BackendConnection
from orstt_tui.event_stream import transcribe_when_admitted
from orstt_tui.screens.reading import TEXT_COMMANDS, ReadingScreen
from orstt_tui.transcription_run import TRANSCRIPTION_GROUP, UNDER_WAY, TranscriptionRun
from orstt_tui.widgets.request_form import RequestForm
from orstt_tui.widgets.run_status import RunStatus

UPDATES = 10
"""Times a second the screen follows the work at most: more cannot be read, and a slow link would choke."""
NOT_DONE = "Only the text of a transcription that is done can be corrected."
CANCELLING = 10.0
"""Seconds that a backend may take to end a transcription that nobody waits for any more."""


Before = tuple[TranscriptionRun | None, int | None, frozenset[int]]
"""What was read before, where, and which segments of it were corrected."""


class RecordingForm(RequestForm):
    """The request above a text, to which Escape goes back."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "screen.back", "Text", show=False, id="transcribe.back", tooltip="Back to the text")
    ]


class TranscribeScreen(ReadingScreen):
    """The request above, how far it is below it, then the text."""

    CSS_PATH: ClassVar = ["../widgets/reader.tcss", "transcript.tcss", "transcribe.tcss"]
    MODE = "transcribe"
    HELP = """\
# Transcribe

Name a recording, press **F5** (or Enter in the field), read along.

- **Model**: the active one unless you choose another; this does not activate it.
- **Language**: a code or a name, such as `de` or `German`; empty finds out.
- **Task**: *translate* gives English text whatever is spoken.
- **Ctrl+G** shows the other options, such as a prompt, hotwords and word times.

**Escape** cancels at once, or goes back to the text. Leaving for another screen does not stop the work. It is a job
like any other, so its text stays in the list of jobs (**3**); unlike those submitted there, it ends with this program,
unless you keep it.
"""
    COMMANDS_HELP = (
        "- **o** names another recording. Of a text that is done: **e** opens it where it can be corrected.\n"
    )
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("f5", "start", "Start", id="transcribe.start", tooltip="Transcribe the recording"),
        Binding("escape", "cancel", "Cancel", id="transcribe.cancel", tooltip="Stop the transcription"),
        *TEXT_COMMANDS,
        Binding(
            "e", "correct", "Correct", show=False, id="transcribe.correct", tooltip="Correct the text, opened as a job"
        ),
        # With priority: a path that arrives in one piece behind the key must not run commands letter by letter.
        Binding("o", "edit", "Open", show=False, id="transcribe.open", priority=True, tooltip="Name another recording"),
        Binding(
            "slash",
            "edit('/')",
            "Open from /",
            show=False,
            id="transcribe.path",
            priority=True,
            tooltip="Name another recording by its whole path",
        ),
    ]

    def __init__(self, connection: BackendConnection) -> None:
        super().__init__(connection)
        self._current: TranscriptionRun | None = None
        self._before: Before = None, None, frozenset()
        self._worker: Worker[None] | None = None
        self._request: TranscribeRequest | None = None

    def body(self) -> Iterable[Widget]:
        """Request, progress, text."""
        start = Button("Start", id="start", variant="primary", compact=True, action="screen.start_or_cancel")
        yield RecordingForm(self.connection, start)
        yield RunStatus(id="run")
        yield from self.text_body()

    def on_mount(self) -> None:
        """Ready for a path; the clock stands still until something runs."""
        self._clock = self.set_interval(1 / UPDATES, self._follow, pause=True)
        self.query_one(RunStatus).show("Name a recording and press F5.", style="dim")
        self.query_one("#recording").focus()

    def show_models(self, models: tuple[Model, ...]) -> None:
        """Offer the configured models."""
        super().show_models(models)
        self.query_one(RequestForm).offer(models)

    @property
    def run(self) -> TranscriptionRun | None:
        """The last transcription."""
        return self._current

    @property
    def running(self) -> bool:
        """Whether a transcription is under way; one that was cancelled is not, even while it winds up."""
        return self._current is not None and self._current.phase in UNDER_WAY

    @property
    def job(self) -> str:
        """The id of the job behind the last transcription."""
        return self._current.job if self._current is not None else ""

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Offer only what makes sense now."""
        # In the text the slash finds words.
        typing = isinstance(self.focused, Input) or (parameters == ("/",) and self.focused is self.reader)
        back = isinstance(self.focused, Input) and not self.running and self._has_text
        offered = {"cancel": self.running, "edit": not typing, "back": back}
        return offered[action] if action in offered else super().check_action(action, parameters)

    def why_not(self, action: str) -> str:
        """Return why something cannot be done now; empty: it can."""
        no_text = "" if self._has_text else "There is no text yet."
        under_way = "A transcription is under way: Esc cancels it." if self.running else ""
        unfinished = "" if self.job and self._current and self._current.whole else NOT_DONE
        reasons = {
            "start": under_way,
            "copy": no_text,
            "save": no_text or under_way,
            "correct": no_text or under_way or unfinished,
        }
        return reasons.get(action, "")

    @property
    def _has_text(self) -> bool:
        return self._current is not None and bool(self._current.segments)

    @on(Input.Submitted)
    def action_start(self) -> None:
        """Transcribe the recording named."""
        if reason := self.why_not("start"):
            self.app.notify(reason, severity="warning", markup=False)
            return
        form = self.query_one(RequestForm)
        try:
            request = form.request()
        except OrsttError as error:
            self.query_one(RunStatus).show(error.message, style="bold $text-error", hint=error.hint)
            return
        self._before = self._current, self.reader.cursor, self.reader.corrected
        self._current = TranscriptionRun(form.field.path, request.options)
        self.reader.begin(growing=True)
        self._request = request
        self._worker = self.transcribe(self._current, request)
        self._changed()
        self._clock.resume()
        self.set_focus(self.reader)

    def action_start_or_cancel(self) -> None:
        """What the one button does."""
        if self.running:
            self.action_cancel()
        else:
            self.action_start()

    def action_cancel(self) -> None:
        """Stop the transcription; what was recognised stays."""
        if self._worker is not None and self._current is not None:
            self._current.cancel()
            self._worker.cancel()
            self._changed()

    async def keep_as_job(self) -> Job | None:
        """Have what is under way go on as a job that nobody here waits for, with its segments where they can be kept.

        Returns:
            That job, or the one whose end came first; None where nothing was under way and there is no job.

        Raises:
            OrsttError: the backend does not take it.
        """
        backend, request, worker = self.connection.backend, self._request, self._worker
        if not self.running or request is None or worker is None:
            return await backend.job(self.job) if self.job else None
        self.action_cancel()
        with contextlib.suppress(WorkerCancelled, WorkerFailed):
            await worker.wait()
        job = await self._ended_job(self.job) if self.job else None
        if job is not None and job.state != "cancelled":
            return job
        try:
            return await backend.retry_job(job.id) if job else await backend.submit_job(request)
        except RecordingGone:  # an upload is removed with the job that it was for
            return await backend.submit_job(request)

    async def _ended_job(self, name: str) -> Job:
        """Return the job as it ended; a server learns only after a while that nobody waits for it any more."""
        with contextlib.suppress(TimeoutError, OrsttError):
            await asyncio.wait_for(self.connection.backend.wait(name), CANCELLING)
        job = await self.connection.backend.job(name)
        if job.state not in ENDED:
            raise JobNotEnded("The transcription has not been stopped yet.", hint="Quit again in a moment.")
        return job

    def action_edit(self, begin: str = "") -> None:
        """Go back to the path, ready to be replaced, or replaced by its beginning."""
        self.minimize()
        field = self.query_one(RequestForm).field
        self.set_focus(field)  # at once: `focus()` would only be queued behind the next keys
        if begin:
            field.value = begin
            field.action_end()
        else:
            field.select_all()

    def action_back(self) -> None:
        """Go back to the text, and the path to what the text is of."""
        field = self.query_one(RequestForm).field
        if self._current is not None and self.focused is field:
            field.value = str(self._current.recording)
        self.set_focus(self.reader)

    @work(exclusive=True, group="correct", exit_on_error=False)
    async def action_correct(self) -> None:
        """Open the text where it can be corrected, then show what became of it."""
        from orstt_tui.screens.transcript import TranscriptScreen

        run, backend = self._current, self.connection.backend
        job = await backend.job(self.job)
        await self.app.push_screen_wait(
            TranscriptScreen(self.connection, job, at=self.reader.cursor or 0, within=self.MODE)
        )
        found = await backend.job_transcript(job.id)
        if run is not None and run is self._current:
            run.apply(Done(transcript=found.transcript))
            self.reader.mark_corrected(found.corrected)
            self.show_text(growing=False)

    @work(exclusive=True, group=TRANSCRIPTION_GROUP, exit_on_error=False)
    async def transcribe(self, run: TranscriptionRun, request: TranscribeRequest) -> None:
        """Read the backend's events to the end; how it ended stands in the run."""
        try:
            await transcribe_when_admitted(self.connection.backend, request, run.apply)
            if run.phase in UNDER_WAY:
                run.fail(EngineFailed("The transcription ended without a result.", hint="Try again."))
        except Exception as error:
            run.fail(error)
            if isinstance(error, FileProblem):
                self.action_edit()
            if not isinstance(error, OrsttError):
                raise
        finally:
            self.call_later(self._ended, run)

    def _ended(self, run: TranscriptionRun) -> None:
        if run is self._current:
            self._clock.pause()
            self._follow()
            if run.phase == "failed" and not run.segments:
                self._show_before()
            self._changed()

    def _show_before(self) -> None:
        """Show the text again that was there before a recording which could not be read."""
        before, cursor, corrected = self._before
        if before is not None and before.segments:
            before.show_again()
            self._current = before
            self.show_text(growing=False)
            self.reader.mark_corrected(corrected)
            self.reader.go_to(cursor or 0, jump=True)

    def _follow(self) -> None:
        run, status = self._current, self.query_one(RunStatus)
        if run is None:
            return
        self.show_text(growing=self.running)
        text, style, hint = run.status()
        status.show(text, style=style, hint=hint)
        status.show_progress(run.progress)

    def _changed(self) -> None:
        self.query_one("#start", Button).label = "Cancel" if self.running else "Start"
        self.refresh_bindings()
