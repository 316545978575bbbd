"""JobStore: the jobs. With its parts in `job_reads` and `job_claims` the only one that reads and writes their rows."""

from __future__ import annotations

import os
from collections.abc import Iterable
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

from orstt_core.db.job_claims import JobClaims
from orstt_core.db.job_reads import JobReads
from orstt_core.db.job_records import NewJob, StoredAudio
from orstt_core.db.job_rows import as_json, audio_of, folded, not_found, row_of
from orstt_core.errors import Busy, InvalidRequest, JobEnded, JobNotEnded, KeyReused, RecordingGone
from orstt_core.types import ENDED, Job, Model

if TYPE_CHECKING:
    from piccolo.columns import Column

BATCH = 500
"""How many recordings are looked through at a time."""


class JobStore(JobReads, JobClaims):
    """The jobs of one database; a `JobQueue`. Every write is one transaction, or part of the caller's own."""

    async def add(self, new: NewJob, *, lease: float, limit: int | None) -> tuple[Job, bool]:
        """Store a job; once this returns it is not lost.

        Args:
            new: the job.
            lease: seconds for which it is reserved, where `new.worker` reserves it.
            limit: how many jobs may wait already; None: any number.

        Returns:
            The job, and whether it is new: a request with a known idempotency key is the job that it was before.

        Raises:
            Busy: as many jobs as may are waiting. Exact, however many are added at once.
            KeyReused: the idempotency key belongs to another request.
            InvalidRequest: something in it cannot be stored.
        """
        from orstt_core.db.failures import RowRefused

        job = self._jobs
        try:
            async with self._database.transaction():
                await self._database.lock("queue")  # so that jobs are counted, and numbered, one after another
                if known := await self._of_key(new):
                    return await self.get(known), False
                await self._refuse_when_full(limit)
                await job.insert(job(**row_of(new, await self._database.now(), lease)))
                return await self.get(new.id), True
        except (RowRefused, UnicodeEncodeError) as error:
            raise InvalidRequest("The request holds characters that a database cannot store.") from error

    async def request_cancel(self, ref: str) -> Job:
        """Cancel a queued job at once, and have a running one's worker told when it next renews its lease.

        Raises:
            JobNotFound: no job, or more than one, has such an id.
            JobEnded: it is done or has failed.
        """
        async with self._database.transaction():
            row = await self._row(ref)
            if row["state"] in {"done", "failed"}:
                raise JobEnded(f"The job {row['id']} is {row['state']} already, so there is nothing to cancel.")
            if row["state"] == "queued":
                await self._end(row, "cancelled", {})
            elif row["state"] == "running":
                await self._update(row, {"cancel_requested": True})
            return await self.get(row["id"])

    async def retry(self, ref: str, *, model: Model, limit: int | None = None) -> Job:
        """Queue a failed or cancelled job again, from its beginning; it keeps its place among the jobs.

        Args:
            ref: its id, or the beginning of it.
            model: what is to transcribe it now; `model_ref_of` says what was asked for.
            limit: how many jobs may wait already; None: any number.

        Raises:
            JobNotFound: no job, or more than one, has such an id.
            JobNotEnded: it is queued, running or done.
            RecordingGone: its upload was removed, or is about to be.
            Busy: as many jobs as may are waiting.
        """
        async with self._database.transaction():
            await self._database.lock("queue")
            row = await self._row(ref)
            if row["state"] not in {"failed", "cancelled"}:
                raise JobNotEnded(f"The job {row['id']} is {row['state']}; only a failed or cancelled one is retried.")
            until = row["audio_until"]
            if row["audio_gone"] or (until is not None and until <= await self._database.now()):
                raise RecordingGone(
                    f"The recording of the job {row['id']} was removed.",
                    hint="Submit it again. The setting `retry_minutes` says how long uploads are kept for a retry.",
                )
            await self._refuse_when_full(limit)
            await self._drop_segments(row)
            anew: dict[Column | str, Any] = {
                "state": "queued", "model": as_json(model), "model_name": model.name, "waited": False, "worker": "",
                "deaths": 0, "restarts": row["restarts"] + 1, "lease_until": None, "cancel_requested": False,
                "position": 0.0, "duration": None, "text": "", "search": f"{folded(row['filename'])}\n", "error": None,
                "started_at": None, "finished_at": None, "audio_until": None, "put_off": "",
                "no_room": 0,
            }  # fmt: skip
            await self._update(row, anew)
            return await self.get(row["id"])

    async def delete(self, ref: str) -> tuple[Job, StoredAudio]:
        """Remove an ended job, and return it as it was, with where its recording is.

        Raises:
            JobNotFound: no job, or more than one, has such an id.
            JobNotEnded: it is queued or running.
        """
        job = self._jobs
        async with self._database.transaction():
            row = await self._row(ref)
            if row["state"] not in ENDED:
                raise JobNotEnded(
                    f"The job {row['id']} is {row['state']}.", hint=f"Cancel it first: `orstt jobs cancel {row['id']}`."
                )
            removed = await self.get(row["id"])
            await job.delete().where(job.number == row["number"])
            return removed, audio_of(row)

    async def purge(self, before: datetime) -> list[StoredAudio]:
        """Remove the jobs that ended by then, and return where their recordings are: one for each job."""
        job = self._jobs
        old = job.state.is_in(sorted(ENDED)) & (job.finished_at <= before)
        columns = (job.audio, job.audio_owned, job.audio_keep, job.sample_format)
        async with self._database.transaction():
            return [audio_of(row) for row in await job.delete().where(old).returning(*columns)]

    async def stale_audio(self) -> list[tuple[str, StoredAudio]]:
        """Return, by their jobs' ids, recordings that may go now and have not gone: some hundred at a time."""
        job = self._jobs
        stale = (job.audio_until <= await self._database.now()) & (job.audio_gone == False)  # noqa: E712 - a query
        return [(row["id"], audio_of(row)) for row in await job.select().where(stale).limit(BATCH)]

    async def mark_gone(self, ids: Iterable[str]) -> None:
        """Take down that the recordings of these jobs were removed."""
        job, gone = self._jobs, list(ids)
        if gone:
            async with self._database.transaction():
                await job.update({job.audio_gone: True}).where(job.id.is_in(gone))

    async def owned_paths(self) -> set[Path]:
        """Return the files in the spool that still belong to a job; whatever else lies there may go."""
        job = self._jobs
        owned = (job.audio_owned == True) & (job.audio_gone == False)  # noqa: E712 - a query
        return {Path(os.fsdecode(row["audio"])) for row in await job.select(job.audio).where(owned)}

    async def _refuse_when_full(self, limit: int | None) -> None:
        job = self._jobs
        if limit is not None and (waiting := await job.count().where(job.state == "queued")) >= limit:
            raise _busy(waiting)

    async def _of_key(self, new: NewJob) -> str | None:
        if not new.idempotency_key:
            return None
        job = self._jobs
        rows = await job.select(job.id, job.fingerprint).where(job.idempotency_key == new.idempotency_key)
        if not rows:
            return None
        if rows[0]["fingerprint"] != new.fingerprint:
            raise KeyReused(
                f"The idempotency key {new.idempotency_key!r} was used before, with another recording or other options.",
                hint="Use a new key for each new request.",
            )
        return str(rows[0]["id"])

    async def _row(self, ref: str) -> dict[str, Any]:
        row = await self._locked(self._jobs.id == await self._id_of(ref))
        if row is None:  # somebody removed it meanwhile
            raise not_found(ref)
        return row


def _busy(waiting: int) -> Busy:
    return Busy(
        f"The queue is full: as many jobs wait as may ({waiting}).",
        hint="Try again in a while, or let more wait with the setting `max_queued`.",
    )
