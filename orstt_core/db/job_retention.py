"""JobRetention: removing ended jobs, and knowing which recordings may go."""

from __future__ import annotations

import os
from collections.abc import Iterable
from datetime import datetime
from pathlib import Path

from orstt_core.db.job_reads import JobReads
from orstt_core.db.job_records import StoredAudio
from orstt_core.db.job_rows import JobRows, audio_of
from orstt_core.errors import JobNotEnded
from orstt_core.types import ENDED, Job

BATCH = 500
"""How many recordings are looked through at a time."""


class JobRetention:
    """What goes, and when. Every write is one transaction, or part of the caller's own."""

    def __init__(self, rows: JobRows, reads: JobReads) -> None:
        self._rows = rows
        self._reads = reads

    async def delete(self, ref: str) -> tuple[Job, StoredAudio]:
        """Remove an ended job, and return it as it was, with where its recording is.

        Raises:
            JobNotFound: no job, or more than one, has such an id.
            JobNotEnded: it is queued or running.
        """
        job = self._rows.jobs
        async with self._rows.database.transaction():
            row = await self._rows.locked_by_ref(ref)
            if row["state"] not in ENDED:
                raise JobNotEnded(
                    f"The job {row['id']} is {row['state']}.", hint=f"Cancel it first: `orstt jobs cancel {row['id']}`."
                )
            removed = await self._reads.get(row["id"])
            await job.delete().where(job.number == row["number"])
            return removed, audio_of(row)

    async def purge(self, before: datetime) -> list[StoredAudio]:
        """Remove the jobs that ended by then, and return where their recordings are: one for each job."""
        job = self._rows.jobs
        old = job.state.is_in(sorted(ENDED)) & (job.finished_at <= before)
        columns = (job.audio, job.audio_owned, job.audio_keep, job.sample_format)
        async with self._rows.database.transaction():
            return [audio_of(row) for row in await job.delete().where(old).returning(*columns)]

    async def stale_audio(self) -> list[tuple[str, StoredAudio]]:
        """Return, by their jobs' ids, recordings that may go now and have not gone: some hundred at a time."""
        job = self._rows.jobs
        stale = (job.audio_until <= await self._rows.database.now()) & (job.audio_gone == False)  # noqa: E712 - a query
        return [(row["id"], audio_of(row)) for row in await job.select().where(stale).limit(BATCH)]

    async def mark_gone(self, ids: Iterable[str]) -> None:
        """Take down that the recordings of these jobs were removed."""
        job, gone = self._rows.jobs, list(ids)
        if gone:
            async with self._rows.database.transaction():
                await job.update({job.audio_gone: True}).where(job.id.is_in(gone))

    async def owned_paths(self) -> set[Path]:
        """Return the files in the spool that still belong to a job; whatever else lies there may go."""
        job = self._rows.jobs
        owned = (job.audio_owned == True) & (job.audio_gone == False)  # noqa: E712 - a query
        return {Path(os.fsdecode(row["audio"])) for row in await job.select(job.audio).where(owned)}
