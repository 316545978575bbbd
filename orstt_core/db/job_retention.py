"""JobRetention: removing ended jobs, and letting go of their recordings."""

from __future__ import annotations

from datetime import datetime

from orstt_core.db.job_reads import JobReads
from orstt_core.db.job_rows import JobRows
from orstt_core.db.recordings import LOCK
from orstt_core.errors import JobNotEnded
from orstt_core.types import ENDED, Job


class JobRetention:
    """What goes, and when. Every write is one transaction, or part of the caller's own.

    A recording that no job refers to any more is afterwards `RecordingIndex.remove_unused`'s.
    """

    def __init__(self, rows: JobRows, reads: JobReads) -> None:
        self._rows = rows
        self._reads = reads

    async def delete(self, ref: str) -> Job:
        """Remove an ended job, and return it as it was.

        Raises:
            JobNotFound: no job, or more than one, has such an id.
            JobNotEnded: it is queued or running.
        """
        job = self._rows.jobs
        async with self._rows.database.transaction():
            await self._rows.database.lock(LOCK)
            row = await self._rows.locked_by_ref(ref)
            if row["state"] not in ENDED:
                raise JobNotEnded(
                    f"The job {row['id']} is {row['state']}.", hint=f"Cancel it first: `orstt jobs cancel {row['id']}`."
                )
            removed = await self._reads.get(row["id"])
            await job.delete().where(job.number == row["number"])
            return removed

    async def purge(self, before: datetime) -> int:
        """Remove the jobs that ended by then, and return how many."""
        job = self._rows.jobs
        old = job.state.is_in(sorted(ENDED)) & (job.finished_at <= before)
        async with self._rows.database.transaction():
            await self._rows.database.lock(LOCK)
            return len(await job.delete().where(old).returning(job.number))

    async def release_recordings(self) -> None:
        """Let go of the recordings whose time is over."""
        job = self._rows.jobs
        over = (job.recording_until <= await self._rows.database.now()) & job.recording.is_not_null()
        if await job.exists().where(over):  # most questions end here, and take no lock
            async with self._rows.database.transaction():
                await self._rows.database.lock(LOCK)
                await job.update({job.recording: None}).where(over)
