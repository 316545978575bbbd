"""JobDetail: everything about one job, over its text as it grows."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import suppress

from textual import work
from textual.app import ComposeResult
from textual.containers import Vertical
from textual.content import Content
from textual.widgets import Static

from orstt_core.errors import OrsttError
from orstt_core.languages import language_name
from orstt_core.types import ENDED, Job, Peaks, Transcript
from orstt_tui.backend_connection import BackendConnection
from orstt_tui.formatting import clock, date, file_name
from orstt_tui.job_states import job_state, mark_of, style_of
from orstt_tui.job_text import JobText
from orstt_tui.notifications import NotifiesErrors
from orstt_tui.terminal import draws_unicode
from orstt_tui.transcript_facts import transcript_facts
from orstt_tui.transcription_run import TranscriptionRun
from orstt_tui.widgets.facts import Facts, grouped
from orstt_tui.widgets.pane import CLASS, show_title
from orstt_tui.widgets.reader import Reader
from orstt_tui.widgets.waveform import Waveform

DEBOUNCE = 0.15
"""Seconds the cursor rests on a job before its text is fetched: scrolling past must not fetch each."""


class JobDetail(NotifiesErrors, Vertical):
    """Shows the job under the cursor, and follows it while it is under way."""

    def __init__(self, connection: BackendConnection, *, id: str | None = None) -> None:  # noqa: A002 - Textual's name
        super().__init__(id=id, classes=CLASS)
        show_title(self, "Job")
        self._connection = connection
        self._job: Job | None = None
        self._text: JobText | None = None
        self._shown: object = None
        self._known: Transcript | None = None
        self._words = ""

    def compose(self) -> ComposeResult:
        """Facts over or beside the text, more of them and its sound where there is room."""
        with Vertical(id="job-known"):
            yield Static(id="job-facts")
            yield Facts(id="job-more")
        text = Reader(id="job-text")
        text.can_focus = False  # Enter opens it whole
        with Vertical(id="job-reading"):
            yield text
            yield Waveform(drawn=draws_unicode(), id="job-sound")

    def on_mount(self) -> None:
        """Nothing is selected before there are jobs."""
        self.show_job(None)

    @property
    def run(self) -> TranscriptionRun | None:
        """What is known of the job's text; None until it was fetched."""
        return self._text.run if self._text is not None else None

    def show_job(self, job: Job | None, words: str = "") -> None:
        """Show this job, as it is in the list; None is no job at all.

        Args:
            job: the job.
            words: what the jobs were searched for; the text is shown where they stand.
        """
        before, self._job = self._job, job
        self.display = job is not None
        other = before is None or job is None or before.id != job.id
        if job is None:
            for group in ("text", "sound"):
                self.workers.cancel_group(self, group)
            self._text = None
            return
        show_title(self, file_name(job.filename), job.id)
        if other or self._text is None:
            self._text = JobText(self._connection, job.id)
            self.query_one(Reader).begin(growing=job.state not in ENDED)
        changed = before is None or (before.state in ENDED, before.transcript_version) != (
            job.state in ENDED,
            job.transcript_version,
        )
        if other or changed:
            self.fetch(self._text)
            self.fetch_sound(job)
        self._find(words, anew=other)
        self.draw()

    def _find(self, words: str, *, anew: bool) -> None:
        if anew or words != self._words:
            self._words = words
            self.query_one(Reader).find(words)

    @work(exclusive=True, group="text", exit_on_error=False)
    async def fetch(self, text: JobText) -> None:
        """Fetch the text of a job, and follow it while it grows; the latest call wins."""
        await asyncio.sleep(DEBOUNCE)
        await text.follow()

    @work(exclusive=True, group="sound", exit_on_error=False)
    async def fetch_sound(self, job: Job) -> None:
        """Draw the sound of a job that is done, where there is room; the latest call wins."""
        sound, peaks = self.query_one(Waveform), Peaks()
        sound.show(peaks)
        await asyncio.sleep(DEBOUNCE)
        if job.state == "done" and self.screen.has_class("-high"):
            with suppress(OrsttError):  # the recording may be gone: the text is what counts here
                peaks = await self._connection.backend.peaks(job.id)
        sound.set_class(bool(peaks.peaks), "-drawn")
        sound.show(peaks)

    def draw(self) -> bool:
        """Show what is new, as often as the screen is to follow; return whether there is other text."""
        if self._job is None:
            return False
        facts = _facts(self._job, self.run.language if self.run is not None else None)
        if self._text is not None and self._text.problem:
            facts = Content("\n").join([facts, Content.styled(self._text.problem, "bold $text-error")])
        elif self.run is not None and self.run.phase == "loading" and self._job.state not in ENDED:
            facts = Content("\n").join([facts, Content(self.run.status()[0])])
        # Laying it out anew is worth it only for a change.
        if facts != self._shown:
            self._shown = facts
            self.query_one("#job-facts", Static).update(facts)
        self._draw_known()
        reader = self.query_one(Reader)
        reader.set_growing(self._job.state not in ENDED)
        return self.run is not None and reader.show_run(self.run)

    def _draw_known(self) -> None:
        """Show what the transcription came to, once it has ended."""
        run = self.run
        whole = run.whole if run is not None else None
        if whole is not self._known:
            self._known = whole
            groups = transcript_facts(run, None, ()) if run is not None and whole is not None else []
            self.query_one("#job-more", Facts).show([*grouped(groups)])


def _facts(job: Job, language: str | None) -> Content:
    lines = [Content.styled(f"{mark_of(job.state)} {job_state(job)}", style_of(job.state))]
    if file_name(job.filename) != job.filename:
        lines.append(Content.styled(job.filename, "$text-muted"))
    if job.error is not None:
        lines.append(Content.styled(job.error.detail, "bold $text-error"))
        if job.error.hint:
            lines.append(Content(job.error.hint))
    if job.put_off:
        lines.append(Content.styled(f"put off: {job.put_off}", "$text-warning"))
    lines.append(Content(" · ".join(_how(job, language))))
    if job.choice is not None and job.choice.why:
        lines.append(Content.styled(job.choice.why, "$text-muted"))
    when = f"{date(job.created_at)} by {job.submitted_by}"
    if job.started_at and job.finished_at:
        when += f" · took {clock((job.finished_at - job.started_at).total_seconds())}"
    lines.append(Content.styled(when, "dim"))
    if job.state == "cancelled" and job.recording:
        lines.append(Content.styled("A retry goes on from where it was stopped.", "dim"))
    if job.retry_until is not None:
        lines.append(Content.styled(f"Recording kept until {date(job.retry_until)}, for another try.", "dim"))
    return Content("\n").join(lines)


def _how(job: Job, language: str | None) -> Iterator[str]:
    """Yield what it is transcribed with, and how long it is."""
    yield job.model
    spoken = job.options.language or language
    yield language_name(spoken) if spoken else "any language"
    if job.options.task == "translate":
        yield "into English"
    if job.duration is not None:
        yield f"{clock(job.duration)} long"
    if job.attempt > 1:
        yield f"attempt {job.attempt}"
