"""ChooseComparisonScreen: what a job is compared with, another job of its recording or one that another model makes."""

from __future__ import annotations

from typing import ClassVar

from textual import work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType

from orstt_core.errors import OrsttError
from orstt_core.measurements.comparison import same_recording
from orstt_core.types import Job, JobQuery, Model, StoredRecording, TranscribeRequest
from orstt_core.types.transcription import without_wishes
from orstt_tui.backend_connection import BackendConnection
from orstt_tui.formatting import SENDS_SOUND, age, file_name
from orstt_tui.screens.dialog import Dialog
from orstt_tui.transcript_facts import settings_facts
from orstt_tui.widgets.columns import Columns, Share
from orstt_tui.widgets.detailed_list import ListNote
from orstt_tui.widgets.list_table import ListTable
from orstt_tui.widgets.pane import Pane

COLUMNS = Columns(
    names=("", "Model", "Settings", "Job"),
    cut={"Model": Share(least=8, weight=2), "Settings": Share(least=10, weight=3)},
    expendable=("Job", "Settings"),
)
GONE = "Its recording is not kept, so no other model can transcribe it."
MOST = 500
"""Jobs of the same file that are looked at."""


class ChooseComparisonScreen(Dialog[Job | None]):
    """Gives the other job, or None; what another model is to transcribe is submitted first.

    Args:
        connection: where the jobs are.
        job: the one that is compared.
    """

    HELP = """\
# Compare with

First the other jobs of the same recording, then the models: **Enter** on one of these transcribes the recording with
it, in the background with the same options, and the comparison is there when that has ended.
"""
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "dismiss(None)", "Cancel", id="form.cancel", tooltip="Close the form, change nothing"),
        Binding("f5", "take", "Compare", id="form.accept", tooltip="Go ahead with what the form says"),
    ]

    def __init__(self, connection: BackendConnection, job: Job) -> None:
        super().__init__()
        self.connection = connection
        self._job = job
        self._choices: list[Job | Model] = []
        self._absent: frozenset[str] = frozenset()
        """The models whose files are not here."""

    def compose(self) -> ComposeResult:
        """What there is to choose."""
        job = self._job
        with Pane(f"Compare {file_name(job.filename)} by {job.model} with", classes="dialog -list"):
            yield ListNote("Reading…")
            yield ListTable(COLUMNS)

    def on_mount(self) -> None:
        """Look for other jobs of the recording."""
        self.query_one(ListTable).focus()
        self.read()

    @work(exclusive=True, group="choices", exit_on_error=False)
    async def read(self) -> None:
        """Show the other jobs, the newest first, and the models."""
        job, note = self._job, self.query_one(ListNote)
        try:
            models = await self.connection.backend.models() if job.recording else []
            stored = await self.connection.backend.weights()
            # A job is listed by what it calls its file; what was handed in under another name is not looked for.
            # A person's own file is called by its path, and that may be another one from another folder.
            named = JobQuery(text=file_name(job.filename), states=["queued", "running", "done"], limit=MOST)
            page = await self.connection.backend.jobs(named)
        except OrsttError as error:
            note.show(str(error))
            return
        jobs = [other for other in page.jobs if other.id != job.id and same_recording(job, other)]
        self._absent = frozenset(name for each in stored if each.kind == "absent" for name in each.models)
        others = sorted(
            (model for model in models if model.name != job.model), key=lambda each: each.name in self._absent
        )
        self._choices = [*jobs, *others]
        self.query_one(ListTable).show_rows([self._words(choice) for choice in self._choices])
        note.show("" if job.recording else GONE)

    def on_data_table_row_selected(self) -> None:
        """Enter, or a second click, takes what the cursor is on."""
        self.action_take()

    def action_take(self) -> None:
        """Give the job under the cursor, or have the model under it make one."""
        row = self.query_one(ListTable).cursor_row
        if not 0 <= row < len(self._choices):
            return
        choice = self._choices[row]
        if isinstance(choice, Job):
            self.dismiss(choice)
        else:
            self.submit(choice)

    @work(exclusive=True, group="submit", exit_on_error=False)
    async def submit(self, model: Model) -> None:
        """Have a model transcribe the recording; what is refused is said here."""
        request = TranscribeRequest(
            audio=StoredRecording(id=self._job.recording),
            model=model.name,
            options=without_wishes(self._job.options),
            filename=self._job.filename,
        )
        try:
            self.dismiss(await self.connection.backend.submit_job(request))
        except OrsttError as error:
            self.query_one(ListNote).show(str(error))

    def _words(self, choice: Job | Model) -> dict[str, str]:
        if isinstance(choice, Model):
            told = "no files here" if choice.name in self._absent else "transcribe with"
            note = f"{SENDS_SOUND}: {choice.description}" if choice.sends_sound else choice.description
            words = (told, choice.name, note, "")
        else:
            settings = ", ".join(f"{name.lower()} {value}" for name, value in settings_facts(choice.options))
            words = (f"{choice.state}, {age(choice.created_at)}", choice.model, settings or "as usual", choice.id[:8])
        return dict(zip(COLUMNS.names, words, strict=True))
