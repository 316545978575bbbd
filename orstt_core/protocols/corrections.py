"""CorrectionOperations: what is asked of the transcripts of jobs that are done: versions, and comparisons."""

from __future__ import annotations

from typing import Protocol

from orstt_core.types import Comparison, ComparisonQuery, Correction, JobTranscript, Revision


class CorrectionOperations(Protocol):
    """Versions of a transcript: 0 is what the engine gave, and never changes; each correction is one more."""

    async def job_transcript(self, ref: str, version: int | None = None) -> JobTranscript:
        """Return a version of a job's transcript; None is the newest.

        Raises:
            JobNotFound: no job, or more than one, has an id that begins so.
            JobNotEnded: it is queued or running.
            JobCancelled: it was cancelled.
            NotFound: there is no such version.
            OrsttError: what the job failed with.
        """
        ...

    async def transcript_history(self, ref: str) -> list[Revision]:
        """Return who changed what of a job's transcript, and when, the oldest first.

        Raises:
            OrsttError: as `job_transcript`.
        """
        ...

    async def correct_transcript(self, ref: str, correction: Correction) -> JobTranscript:
        """Store a correction as the next version, whole or not at all, and return that; the same if nothing changes.

        Words keep their times as long as they are in the text; none are invented for others.

        Raises:
            OrsttError: as `job_transcript`; and the next two.
            TranscriptChanged: it was not made on the newest version; `versions` names both.
            InvalidRequest: an edit does not fit: no such segment, no text, times beyond a neighbour.
        """
        ...

    async def undo_correction(self, ref: str, version: int) -> JobTranscript:
        """Take back the latest edit that is not undone, whoever made it, as the next version, and return that.

        Args:
            ref: the job.
            version: the newest one that the caller knows.

        Raises:
            OrsttError: as `job_transcript`; and the next two.
            TranscriptChanged: there is a newer version; `versions` names both.
            Conflict: there is no edit to undo.
        """
        ...

    async def redo_correction(self, ref: str, version: int) -> JobTranscript:
        """Make the edit again that was undone last, unless something else was edited since; otherwise as undo.

        Raises:
            OrsttError: as `undo_correction`.
        """
        ...

    async def compare_jobs(self, query: ComparisonQuery) -> Comparison:
        """Return two transcripts of a recording beside each other, word by word, with the figures of both.

        Raises:
            OrsttError: as `job_transcript`, of either.
            InvalidRequest: both are the same transcript, or their recordings are not as long as each other.
        """
        ...
