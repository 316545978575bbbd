"""TranscribeScreen: a recording in, segments out as they are recognised; copy and save."""

from __future__ import annotations

from collections.abc import Iterable
from contextlib import aclosing
from pathlib import Path
from typing import ClassVar

from textual import on, work
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical
from textual.widget import Widget
from textual.widgets import Button, Input, Label, Select
from textual.worker import Worker

from orstt_core.errors import EngineFailed, FileProblem, LanguageUnknown, OrsttError
from orstt_core.languages import normalize_language
from orstt_core.types import Model, Task, TranscribeOptions, TranscribeRequest
from orstt_tui.link import Link
from orstt_tui.run import UNDER_WAY, WORK, Run
from orstt_tui.screens.base import MainScreen
from orstt_tui.widgets.field import Field
from orstt_tui.widgets.path_input import Matches, PathInput
from orstt_tui.widgets.run_status import RunStatus
from orstt_tui.widgets.transcript_view import TranscriptView
from orstt_tui.wording import count

UPDATES = 10
"""Times a second the screen follows the work at most: more cannot be read, and a slow link would choke."""
ACTIVE = ""
"""The choice of model that follows whichever is active."""


class TranscribeScreen(MainScreen):
    """The request above, how far it is below it, then the text."""

    CSS_PATH = "transcribe.tcss"
    MODE = "transcribe"
    HELP = """\
# Transcribe

Name a recording, press **F5** (or Enter in the field), read along.

- **Model**: the active one unless you choose another; this does not activate it.
- **Language**: a code or a name, such as `de` or `German`; empty finds out.
- **Task**: *translate* gives English text whatever is spoken.

**Escape** cancels at once. Leaving for the models does not stop the work.
"""
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("f5", "start", "Start", id="transcribe.start", tooltip="Transcribe the recording"),
        Binding("escape", "cancel", "Cancel", id="transcribe.cancel", tooltip="Stop the transcription"),
        Binding("y", "copy", "Copy", id="transcribe.copy", tooltip="Copy all text to the clipboard"),
        Binding("s,f7", "save", "Save", id="transcribe.save", tooltip="Save as text, subtitles or JSON"),
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

    def __init__(self, link: Link) -> None:
        super().__init__(link)
        self._current: Run | None = None
        self._worker: Worker[None] | None = None

    def body(self) -> Iterable[Widget]:
        """Request, progress, text."""
        with Vertical(id="request"):
            with Horizontal(classes="field"):
                yield Label("Recording", classes="field-label")
                yield PathInput(id="recording", placeholder="path of an audio file; Tab completes")
                yield Button("Start", id="start", variant="primary", compact=True, action="screen.start_or_cancel")
            yield Matches(id="matches", markup=False)
            with Horizontal(id="options"):
                yield Label("Model", classes="field-label")
                yield Select([("the active one", ACTIVE)], id="model", compact=True, allow_blank=False)
                yield Label("Language")
                yield Field(id="language", placeholder="auto", max_length=20)
                yield Label("Task")
                yield Select(
                    [(task, task) for task in ("transcribe", "translate")], id="task", compact=True, allow_blank=False
                )
        yield RunStatus(id="run")
        yield TranscriptView(id="transcript")

    def on_mount(self) -> None:
        """Ready for a path; the clock stands still until something runs."""
        self._clock = self.set_interval(1 / UPDATES, self._follow, pause=True)
        self.query_one(RunStatus).say("Name a recording and press F5.", style="dim")
        self.query_one("#recording").focus()

    def show_models(self, models: tuple[Model, ...]) -> None:
        """Offer the configured models."""
        super().show_models(models)
        choice = self.query_one("#model", Select)
        chosen = choice.value
        choice.set_options([("the active one", ACTIVE), *((model.name, model.name) for model in models)])
        choice.value = chosen if chosen in {model.name for model in models} else ACTIVE

    @property
    def running(self) -> bool:
        """Whether a transcription is under way; one that was cancelled is not, even while it winds up."""
        return self._current is not None and self._current.phase in UNDER_WAY

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:  # noqa: ARG002 - Textual's signature
        """Offer only what makes sense now."""
        heard = self._current is not None and bool(self._current.segments)
        return {
            "start": not self.running,
            "cancel": self.running,
            "copy": heard,
            "save": heard and not self.running,
            "edit": not isinstance(self.focused, Input),
        }.get(action, True)

    @on(PathInput.Offered)
    def _list_matches(self, event: PathInput.Offered) -> None:
        self.query_one(Matches).show(event)

    @on(Input.Submitted)
    def action_start(self) -> None:
        """Transcribe the recording named."""
        field = self.query_one(PathInput)
        if self.running:
            return
        if not field.value.strip():
            self.query_one(RunStatus).say("Name a recording first.", style="bold $text-warning")
            field.focus()
            return
        try:
            options = self._options
        except LanguageUnknown as error:
            self.query_one(RunStatus).say(error.message, style="bold $text-error", hint=error.hint)
            self.query_one("#language").focus()
            return
        self._current = Run(field.path, options)
        self.query_one(TranscriptView).clear_options()
        self._worker = self.transcribe(self._current, self._model)
        self._changed()
        self._clock.resume()
        self.set_focus(self.query_one(TranscriptView))

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

    def action_copy(self) -> None:
        """Copy all text so far to the person's clipboard."""
        if self._current is not None:
            text = self._current.transcript.text
            self.app.copy_to_clipboard(text)
            self.app.notify(f"Copied {count(len(text), 'character')}.")

    def action_save(self) -> None:
        """Ask where to and in which format, then write the file."""
        from orstt_tui.screens.save import SaveScreen

        if self._current is None:
            return

        def saved(path: Path | None) -> None:
            if path is not None:
                self.app.notify(f"Saved {path}.", markup=False)

        self.app.push_screen(SaveScreen(self._current.transcript, self._current.recording), saved)

    def action_edit(self, begin: str = "") -> None:
        """Go back to the path, ready to be replaced, or replaced by its beginning."""
        field = self.query_one(PathInput)
        self.set_focus(field)  # at once: `focus()` would only be queued behind the next keys
        if begin:
            field.value = begin
            field.action_end()
        else:
            field.select_all()

    @work(exclusive=True, group=WORK, exit_on_error=False)
    async def transcribe(self, run: Run, model: str | None) -> None:
        """Read the backend's events to the end; how it ended stands in the run."""
        request = TranscribeRequest(audio=run.recording, model=model, options=run.options)
        try:
            async with aclosing(self.link.backend.transcribe(request)) as events:
                async for event in events:
                    run.take(event)
            if run.phase in UNDER_WAY:
                raise EngineFailed("The transcription ended without a result.", hint="Try again.")  # noqa: TRY301 - one way to fail
        except Exception as error:
            run.fail(error)
            if isinstance(error, FileProblem):
                self.action_edit()
            if not isinstance(error, OrsttError):
                raise
        finally:
            self.call_later(self._ended, run)

    def _ended(self, run: Run) -> None:
        if run is self._current:
            self._clock.pause()
            self._follow()
            self._changed()

    def _follow(self) -> None:
        run, status = self._current, self.query_one(RunStatus)
        if run is None:
            return
        if arrived := run.arrived():
            self.query_one(TranscriptView).extend(arrived)
            self.refresh_bindings()
        words, style, hint = run.words()
        status.say(words, style=style, hint=hint)
        status.measure(*run.measure)

    def _changed(self) -> None:
        self.query_one("#start", Button).label = "Cancel" if self.running else "Start"
        self.refresh_bindings()

    @property
    def _model(self) -> str | None:
        chosen = self.query_one("#model", Select).value
        return chosen if isinstance(chosen, str) and chosen != ACTIVE else None

    @property
    def _options(self) -> TranscribeOptions:
        language = self.query_one("#language", Input).value.strip()
        task: Task = "translate" if self.query_one("#task", Select).value == "translate" else "transcribe"
        return TranscribeOptions(language=None if language in ("", "auto") else normalize_language(language), task=task)
