"""TranscriptScreen: the whole text of a job, opened from the list of jobs."""

from __future__ import annotations

from collections.abc import Iterable
from typing import ClassVar

from textual import work
from textual.binding import Binding, BindingType
from textual.widget import Widget

from orstt_core.languages import language_name
from orstt_core.types import ENDED, Job
from orstt_tui import job_commands
from orstt_tui.backend_connection import BackendConnection
from orstt_tui.formatting import clock, file_name
from orstt_tui.job_states import job_state, mark_of, style_of
from orstt_tui.job_text import JobText
from orstt_tui.screens.correcting import CorrectingScreen
from orstt_tui.screens.listening import ListeningScreen
from orstt_tui.screens.reading import TEXT_COMMANDS
from orstt_tui.transcription_run import TranscriptionRun
from orstt_tui.widgets.transcript_title import TranscriptTitle

UPDATES = 10
"""Times a second that the text is drawn at most."""


class TranscriptScreen(CorrectingScreen, ListeningScreen):
    """One line that says where one is, over the text and its sound.

    Args:
        connection: the place where the job is.
        job: as it is in the list.
        words: what the jobs were searched for; the text opens where they stand.
        at: the segment at which it opens.
        within: the main screen that it is opened from.
    """

    CSS_PATH: ClassVar = ["../widgets/reader.tcss", "transcript.tcss"]
    MODE = "jobs"
    BINDINGS: ClassVar[list[BindingType]] = [
        *TEXT_COMMANDS,
        Binding("equals_sign", "compare", "Compare", show=False, id="jobs.compare", tooltip="Compare it with another"),
        Binding("escape,backspace", "close", "Back", id="transcript.close", tooltip="Back to where it was opened"),
    ]

    def __init__(
        self, connection: BackendConnection, job: Job, words: str = "", *, at: int = 0, within: str = "jobs"
    ) -> None:
        super().__init__(connection)
        self.MODE = within
        self._at = at
        self._job = job
        self._words = words
        self._text = JobText(connection, job.id)

    def body(self) -> Iterable[Widget]:
        """Title, text."""
        yield TranscriptTitle(id="transcript-title")
        yield from self.text_body()

    def on_mount(self) -> None:
        """Fetch the text, and follow it while it grows."""
        reader = self.reader
        reader.begin(growing=self._job.state not in ENDED)
        reader.find(self._words)
        reader.focus()
        self.watch(self.app, "job", self._note)
        self.set_interval(1 / UPDATES, self._draw)
        self.fetch()
        self._draw()

    @property
    def crumb(self) -> str:
        """The name of the recording."""
        return file_name(self._job.filename)

    @property
    def run(self) -> TranscriptionRun | None:
        """What is known of the job's text."""
        return self._text.run

    @property
    def read_job(self) -> Job | None:
        """The job."""
        return self._job

    def why_not(self, action: str) -> str:
        """Return why something cannot be done now; empty: it can."""
        if action in {"copy", "save"} and (self.run is None or not self.run.segments):
            return "There is no text yet."
        if action == "compare":
            return job_commands.why_not(action, self._job, text=True)
        return super().why_not(action)

    @work(exclusive=True, group="text", exit_on_error=False)
    async def fetch(self) -> None:
        """Fetch the text of the job, and follow it while it grows."""
        await self._text.follow()
        self._job = self._text.job or self._job
        await self.show_newest()
        self._draw()
        if self._at:
            self.reader.go_to(self._at, jump=True)
            self._at = 0
        self.fetch_peaks()

    def action_compare(self) -> None:
        """Ask what to compare the text with, and show both."""
        from orstt_tui.screens.compare import open_comparison

        open_comparison(self, self._job)

    def action_close(self) -> None:
        """Go back to where it was opened."""
        self.dismiss()

    def _note(self, job: Job | None) -> None:
        if job is not None and job.id == self._job.id:
            again, self._job = self._job.state in ENDED and job.state not in ENDED, job
            if again or self.is_corrected_elsewhere(job):
                self.fetch()

    def _draw(self) -> None:
        self.show_text(growing=self._job.state not in ENDED)
        job, problem = self._job, self._text.problem
        shown = f"{mark_of(job.state)} {job_state(job)}"
        state = (problem, "bold $text-error") if problem else (shown, style_of(job.state))
        self.query_one(TranscriptTitle).show(file_name(job.filename), state, list(self._title_facts()))

    def _title_facts(self) -> Iterable[str]:
        """Yield what stands in the title, the most important first."""
        job, language = self._job, self._job.options.language
        yield job.model
        if (language := language or (self.run.language if self.run is not None else None)) is not None:
            yield language_name(language)
        if job.duration is not None:
            yield clock(job.duration)
