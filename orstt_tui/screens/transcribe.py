"""TranscribeScreen: a recording in, segments out as they are recognised; copy and save."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import replace
from pathlib import Path
from typing import ClassVar

from textual import on, work
from textual.binding import Binding, BindingType
from textual.widget import Widget
from textual.widgets import Button, Input, Select

from orstt_core.errors import FileProblem, OrsttError
from orstt_core.types import Done, Model, TranscribeRequest
from orstt_tui.backend_connection import BackendConnection
from orstt_tui.recording_queue import QueuedRecording
from orstt_tui.screens.listening import PLAYING
from orstt_tui.screens.queueing import QueueingScreen, stands_for_many
from orstt_tui.screens.reading import TEXT_COMMANDS
from orstt_tui.screens.transcribing import HINT
from orstt_tui.transcription_run import TranscriptionRun
from orstt_tui.widgets.pane import Pane
from orstt_tui.widgets.queue_list import QueueList
from orstt_tui.widgets.request_form import REQUEST_COMMANDS, RequestForm
from orstt_tui.widgets.run_status import RunStatus

UPDATES = 10
"""Times a second the screen follows the work at most: more cannot be read, and a slow link would choke."""
NOT_DONE = "Only the text of a transcription that is done can be corrected."

Before = tuple[TranscriptionRun | None, int | None, frozenset[int]]
"""What was read before, where, and which segments of it were corrected."""


class RecordingForm(RequestForm):
    """The request above a text, to which Escape goes back."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding(
            "escape",
            "screen.back",
            "Leave",
            show=False,
            id="transcribe.back",
            tooltip="Leave the form, for the queue or the text",
        )
    ]

    def on_mount(self) -> None:
        """Take several paths at once."""
        self.field.takes_several = True


class TranscribeScreen(QueueingScreen):
    """The request above, how far it is below it, then the text."""

    CSS_PATH: ClassVar = ["../widgets/reader.tcss", "transcript.tcss", "transcribe.tcss"]
    MODE = "transcribe"
    HELP = """\
# Transcribe

Name a recording, press **F5** (or Enter in the field), read along.

- **Model**: the active one unless you choose another; this does not activate it.
- **Language**: a code or a name, such as `de` or `German`; empty finds out.
- **Task**: *translate* gives English text whatever is spoken.
- **Ctrl+G** shows the other options, such as a prompt, hotwords and word times. **Ctrl+T** fills the form with a
  preset, or keeps what it says as one.
- **Ctrl+N** shows folders, with what can be transcribed and how long it is. Several recordings, a folder or a pattern
  such as `visits/*.wav` are put in line and transcribed one after the other; files may also be dropped on the terminal.

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
        *(replace(command, show=False) for command in REQUEST_COMMANDS),
        # Nearer than the app's: who is here already goes to the recording.
        Binding("2,f3", "name", "Transcribe", show=False, id="app.transcribe", tooltip="Transcribe"),
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
        self._before: Before = None, None, frozenset()

    def body(self) -> Iterable[Widget]:
        """Request, progress, text."""
        start = Button("Start", id="start", variant="primary", compact=True, action="screen.start_or_cancel")
        files = Button("Files…", id="files", compact=True, action="screen.browse")
        with Pane("New transcription", id="recording-pane", classes="-above"):
            yield RecordingForm(self.connection, files, start)
            yield RunStatus(id="run")
        yield QueueList()
        yield from self.text_body()

    def on_mount(self) -> None:
        """Ready for a path; the clock stands still until something runs."""
        self._clock = self.set_interval(1 / UPDATES, self._follow, pause=True)
        self._forget_problem()
        self.reader.empty = HINT
        self.query_one("#recording").focus()

    def show_models(self, models: tuple[Model, ...]) -> None:
        """Offer the configured models."""
        super().show_models(models)
        self.query_one(RequestForm).offer(models)

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:
        """Offer only what makes sense now."""
        # In the text the slash finds words.
        typing = isinstance(self.focused, Input) or (parameters == ("/",) and self.focused is self.reader)
        back = isinstance(self.focused, Input | Select) and not self.running
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
        if action in PLAYING and self.read_job is None:
            return "There is nothing to hear yet."
        return reasons[action] if action in reasons else super().why_not(action)

    @property
    def _has_text(self) -> bool:
        return self._current is not None and bool(self._current.segments)

    @on(Input.Submitted)
    def action_start(self) -> None:
        """Transcribe the recording named, or go on with those in line."""
        if reason := self.why_not("start"):
            self.app.notify(reason, severity="warning", markup=False)
            return
        field = self.form.field
        named = field.path if field.value.strip() else None
        begun = {item.path for item in self.queue.items} | ({self._current.recording} if self._current else set())
        try:
            if named is not None and (stands_for_many(named) or (self.queue.waiting and named not in begun)):
                self.enqueue([named], start=True)
            else:
                if not self.start_next():
                    self.start_on(field.path, self.form.request())
                self.set_focus(self.reader)
        except OrsttError as error:
            self.query_one(RunStatus).show(error.message, style="bold $text-error", hint=error.hint)

    def start_on(self, recording: Path, request: TranscribeRequest) -> None:
        """Begin to transcribe, and show that."""
        self._before = self._current, self.reader.cursor, self.reader.corrected
        self.begin(recording, request).format = self.form.format
        self.form.hide_options()
        self._changed()
        self._clock.resume()

    def action_start_or_cancel(self) -> None:
        """What the one button does."""
        if self.running:
            self.action_cancel()
        else:
            self.action_start()

    def action_cancel(self) -> None:
        """Stop the transcription; what was recognised stays, and what is in line."""
        super().action_cancel()
        self._changed()

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

    def action_name(self) -> None:
        """Go back to the path from wherever one is on the screen."""
        self.action_edit()

    async def action_options(self) -> None:
        """Show the other options of the form, or hide them."""
        self.minimize()
        await self.form.action_options()

    def action_presets(self) -> None:
        """Let a preset be chosen for the form."""
        self.form.action_presets()

    def action_back(self) -> None:
        """Go back to the text, and the path to what the text is of; where there is no text, to what is in line."""
        field = self.query_one(RequestForm).field
        if self._current is not None and self.focused is field:
            field.value = str(self._current.recording)
        self.set_focus(self.reader if self._has_text or not self.queue.items else self.query_one(QueueList).table)

    def line_up(self, found: list[QueuedRecording]) -> None:
        """Put recordings at the end of the line; what was wrong with one that was named is said no more."""
        super().line_up(found)
        self._forget_problem()

    @on(Input.Changed, "#recording")
    def _forget_problem(self) -> None:
        """Say no more what was wrong with a recording that is not the one named any more."""
        run, status = self._current, self.query_one(RunStatus)
        if self.running or (run is not None and self.form.field.path == run.recording):
            return
        if run is not None and (run.phase != "failed" or run.segments):
            self._follow()
        else:
            status.show("F5 begins." if self.queue.waiting else "Name a recording and press F5.", style="dim")

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

    def ended(self, run: TranscriptionRun) -> None:
        """Show how a transcription ended."""
        if run is not self._current:
            return
        in_line = self._item is not None
        self._clock.pause()
        self._follow()
        if run.phase == "failed" and not run.segments and not in_line:
            self._show_before()
        if isinstance(run.error, FileProblem) and not in_line:
            self.action_edit()
        super().ended(run)
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
        self.draw_queue()
        self.follow_sound()

    def _changed(self) -> None:
        self.query_one("#start", Button).label = "Cancel" if self.running else "Start"
        self.refresh_bindings()
