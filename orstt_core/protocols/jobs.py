"""JobOperations: what is asked of recordings to transcribe, which are jobs, whether somebody waits for them or not."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from typing import Protocol

from orstt_core.types import Job, JobPage, JobQuery, Peaks, Purged, TranscribeEvent, TranscribeRequest


class JobOperations(Protocol):
    """Jobs: submitted, followed, cancelled, retried and removed. One is named by its id or the beginning of it."""

    def transcribe(self, request: TranscribeRequest) -> AsyncGenerator[TranscribeEvent]:
        """Submit a job and wait for it, yielding events as things happen; the last one is `Done`.

        Closing the generator (`contextlib.aclosing`) or cancelling the task that reads it cancels the job.

        Raises:
            Busy, ModelNotFound, ModelSuspended, EngineUnavailable, WeightsError, AudioError, TooLarge, FileProblem,
            LanguageUnknown, OptionUnsupported, EngineFailed, JobCancelled, RecordingGone: while iterating.
        """
        ...

    async def submit_job(self, request: TranscribeRequest) -> Job:
        """Store a recording as a job and return at once; from then on it is not lost.

        Raises:
            Busy: the queue is full and the request is not patient.
            ModelNotFound, FileProblem, InvalidRequest: the request itself is wrong.
            KeyReused: its idempotency key belongs to another request.
            RecordingGone: it names a stored recording that no job of the caller's has, whoever else's may.
            Forbidden: notices may not be sent to its callback address.
        """
        ...

    async def jobs(self, query: JobQuery) -> JobPage:
        """Return jobs, newest first.

        Raises:
            JobNotFound: `query.before` names none.
        """
        ...

    async def job(self, ref: str) -> Job:
        """Return one job whole, by its id or the beginning of it.

        Raises:
            JobNotFound: no job, or more than one, has an id that begins so.
        """
        ...

    def follow_job(self, ref: str) -> AsyncGenerator[TranscribeEvent]:
        """Yield what happened to a job so far and then what happens, until `Done`; closing cancels nothing.

        Raises:
            JobNotFound: while iterating, as the next two.
            JobCancelled: it was cancelled.
            OrsttError: what it failed with.
        """
        ...

    def audio(self, ref: str, start: float = 0.0, end: float | None = None) -> AsyncGenerator[bytes]:
        """Yield the sound of a job's recording, or a part of it, as a WAV file: 16-bit mono at 16 kHz.

        Its times are those of the transcript. It is decoded anew from the beginning of the recording.

        Args:
            ref: the job's id or the beginning of it.
            start: where it begins, in seconds.
            end: where it ends; None is the end of the recording.

        Raises:
            JobNotFound: while iterating, as the others.
            RecordingGone: the recording was removed.
            InvalidRequest: there is no such part.
            AudioError, TooLarge, FileProblem, StorageFull, Busy, EngineDied: it cannot be decoded, or not now.
        """
        ...

    async def peaks(self, ref: str) -> Peaks:
        """Return how loud a job's recording is over its time, and where speech was found in it.

        That stays as long as the job, also where its recording is gone.

        Raises:
            JobNotFound: no job, or more than one, has an id that begins so.
        """
        ...

    async def cancel_job(self, ref: str) -> Job:
        """Cancel a job; one that is cancelled already is returned as it is.

        Raises:
            JobNotFound: no job has that id.
            JobEnded: it is done or has failed.
        """
        ...

    async def retry_job(self, ref: str) -> Job:
        """Queue a failed or cancelled job again, under the same id.

        A cancelled one keeps its segments and goes on from there, unless its model was changed.

        Raises:
            JobNotFound: no job has that id.
            JobNotEnded: it is queued, running, or done.
            RecordingGone: its recording was removed.
            Busy: the queue is full.
        """
        ...

    async def delete_job(self, ref: str) -> Job:
        """Remove an ended job with its text, and return it as it was.

        Raises:
            JobNotFound: no job has that id.
            JobNotEnded: it is queued or running.
        """
        ...

    async def purge_jobs(self, older_than_days: float = 0.0) -> Purged:
        """Remove every job that ended so many days ago or longer, with its text and its recording.

        Raises:
            InvalidRequest: less than 0 days, or more than 36,500.
        """
        ...
