"""TranscribingScreen: a transcription that somebody waits for: begun, followed, cancelled, kept; its sound drawn."""

from __future__ import annotations

import asyncio
import contextlib
from pathlib import Path

from textual import work
from textual.worker import Worker, WorkerCancelled, WorkerFailed

from orstt_core.errors import EngineFailed, JobNotEnded, OrsttError, RecordingGone
from orstt_core.types import ENDED, Job, TranscribeRequest
from orstt_tui.backend_connection import BackendConnection
from orstt_tui.event_stream import transcribe_when_admitted
from orstt_tui.screens.listening import ListeningScreen
from orstt_tui.transcription_run import TRANSCRIPTION_GROUP, UNDER_WAY, TranscriptionRun

CANCELLING = 10.0
"""Seconds that a backend may take to end a transcription that nobody waits for any more."""
HINT = (
    "The text comes here as it is recognised.",
    "Paths may be pasted, and files dropped on the window;",
    "several make a queue.",
)
"""What stands in the place of the text before anything was transcribed."""


class TranscribingScreen(ListeningScreen):
    """Does the work; what stands around the text, a screen of its own says."""

    def __init__(self, connection: BackendConnection) -> None:
        super().__init__(connection)
        self._current: TranscriptionRun | None = None
        self._worker: Worker[None] | None = None
        self._request: TranscribeRequest | None = None
        self._job: Job | None = None
        self._fetched = ""

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

    @property
    def read_job(self) -> Job | None:
        """That job, once its sound was decoded."""
        return self._job if self._job is not None and self._job.id == self.job else None

    def begin(self, recording: Path, request: TranscribeRequest) -> TranscriptionRun:
        """Begin to transcribe a recording, and return the transcription."""
        run = self._current = TranscriptionRun(recording, request.options)
        self.reader.empty = ()
        self.reader.begin(growing=True)
        self._request, self._job = request, None
        self.hide_sound()
        self._worker = self.transcribe(run, request)
        return run

    def ended(self, run: TranscriptionRun) -> None:
        """Take in that a transcription has ended; how, stands in the run."""
        raise NotImplementedError

    def action_cancel(self) -> None:
        """Stop the transcription; what was recognised stays."""
        if self._worker is not None and self._current is not None:
            self._current.cancel()
            self._worker.cancel()

    @work(exclusive=True, group=TRANSCRIPTION_GROUP, exit_on_error=False)
    async def transcribe(self, run: TranscriptionRun, request: TranscribeRequest) -> None:
        """Read the backend's events to the end; how it ended stands in the run."""
        try:
            await transcribe_when_admitted(self.connection.backend, request, run.apply)
            if run.phase in UNDER_WAY:
                run.fail(EngineFailed("The transcription ended without a result.", hint="Try again."))
        except Exception as error:
            run.fail(error)
            if not isinstance(error, OrsttError):
                raise
        finally:
            self.call_later(self.ended, run)

    def follow_sound(self) -> None:
        """Draw the sound once it was decoded; called again and again."""
        run = self._current
        state = f"{run.job} {run.phase}" if run is not None and run.job and run.phase in {"working", "done"} else ""
        if state and state != self._fetched:
            self._fetched = state
            self.fetch_job(run.job if run is not None else "")

    @work(exclusive=True, group="job", exit_on_error=False)
    async def fetch_job(self, name: str) -> None:
        """Look at the job as it is now: whether it can be heard, and how loud it is over its time."""
        with contextlib.suppress(OrsttError):  # the transcription itself says what is wrong
            self._job = await self.connection.backend.job(name)
            self.fetch_peaks()

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
