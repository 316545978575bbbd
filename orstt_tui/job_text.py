"""JobText: the text of a job, fetched as it is and then followed while it grows."""

from __future__ import annotations

import asyncio
import contextlib
from pathlib import Path

from orstt_core.errors import OrsttError
from orstt_core.types import ENDED, Done, Job, Transcript
from orstt_tui.backend_connection import BackendConnection
from orstt_tui.event_stream import hand_over
from orstt_tui.transcription_run import TranscriptionRun

RETRY_DELAY = 1.0
"""Seconds until a job is asked for again when it could not be had, or its events ended before it did."""


class JobText:
    """Whoever shows the text reads `run` at its own pace.

    Args:
        connection: the place where the job is.
        name: its id.
    """

    def __init__(self, connection: BackendConnection, name: str) -> None:
        self.name = name
        self.job: Job | None = None
        """The job as it was when it was asked for last."""
        self.run: TranscriptionRun | None = None
        """What is known of its text; None until it was fetched."""
        self.problem = ""
        """Why the job cannot be had; it is tried again."""
        self._connection = connection

    async def follow(self) -> None:
        """Fetch the text, and follow it until the job has ended."""
        ended = await self._look()
        while not ended:
            await asyncio.sleep(RETRY_DELAY)
            ended = await self._look()

    async def _look(self) -> bool:
        """Fetch the job and follow its events to their end; return whether it has ended."""
        self.problem = ""
        try:
            job = self.job = await self._connection.backend.job(self.name)
        except OrsttError as error:
            self.problem = str(error)
            return False
        if job.state in ENDED:
            self._keep(job)
            return True
        self.run = _run(job)
        # What it failed with is said by the job itself, which is looked at next.
        with contextlib.suppress(OrsttError):
            await hand_over(self._connection.backend.follow_job(self.name), self.run.apply)
        return False

    def _keep(self, job: Job) -> None:
        self.run = self.run or _run(job)
        self.run.replace(job.segments)
        if job.result is not None:
            self.run.apply(Done(transcript=job.result))


def transcript_of(job: Job) -> Transcript:
    """Return the transcript of an ended job; of one that was not done, what there is of it."""
    if job.result is not None:
        return job.result
    run = _run(job)
    run.replace(job.segments)
    return run.transcript


def _run(job: Job) -> TranscriptionRun:
    # The folders that somebody named from elsewhere mean nothing here.
    return TranscriptionRun(Path(Path(job.filename).name), job.options)
