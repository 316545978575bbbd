"""JobSubmissions: accepting jobs, cancelling them, and queueing ended ones again."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import msgspec

from orstt_core.caller import current_caller
from orstt_core.db.job_reads import JobReads
from orstt_core.db.job_records import NewJob, QueueLimit, queued_as
from orstt_core.db.job_rows import JobRows, as_json, from_json, row_of, sanitized, searched
from orstt_core.db.recordings import RecordingIndex, RecordingSource
from orstt_core.errors import Busy, InvalidRequest, JobEnded, JobNotEnded, KeyReused, RecordingGone
from orstt_core.types import Job, Model, ModelChoice, Priority

if TYPE_CHECKING:
    from piccolo.columns import Column


class JobSubmissions:
    """What people ask of jobs. Every write is one transaction, or part of the caller's own."""

    def __init__(self, rows: JobRows, reads: JobReads, recordings: RecordingIndex) -> None:
        self._rows = rows
        self._reads = reads
        self._recordings = recordings

    async def add(self, new: NewJob, *, limit: QueueLimit | None) -> tuple[Job, bool]:
        """Store a job; once this returns it is not lost.

        Args:
            new: the job.
            limit: how many jobs of its priority may wait already; None: any number.

        Returns:
            The job, and whether it is new: a request with a known idempotency key is the job that it was before.

        Raises:
            Busy: as many jobs as may are waiting. Exact, however many are added at once.
            KeyReused: the idempotency key belongs to another request.
            RecordingGone: it asks for a stored recording, and no job that the caller may see has that one.
            InvalidRequest: something in it cannot be stored.
        """
        from orstt_core.db.failures import RowRefused

        job = self._rows.jobs
        try:
            async with self._rows.database.transaction():
                await self._rows.database.lock("queue")  # so that jobs are counted, and numbered, one after another
                if known := await self._of_key(new):
                    return await self._reads.get(known), False
                await self._refuse_when_full(limit, new.priority)
                new = await self._with_recording(new)
                await job.insert(job(**row_of(new, await self._rows.database.now())))
                return await self._reads.get(new.id), True
        except (RowRefused, UnicodeEncodeError) as error:
            raise InvalidRequest("The request holds characters that a database cannot store.") from error

    async def request_cancel(self, ref: str) -> Job:
        """Cancel a queued job at once, and have a running one's worker told when it next renews its lease.

        Raises:
            JobNotFound: no job, or more than one, has such an id.
            JobEnded: it is done or has failed.
        """
        async with self._rows.database.transaction():
            row = await self._rows.locked_by_ref(ref)
            if row["state"] in {"done", "failed"}:
                raise JobEnded(f"The job {row['id']} is {row['state']} already, so there is nothing to cancel.")
            if row["state"] == "queued":
                await self._rows.end(row, "cancelled", {})
            elif row["state"] == "running":
                await self._rows.update(row, {"cancel_requested": True})
            return await self._reads.get(row["id"])

    async def retry(
        self, ref: str, *, model: Model, choice: ModelChoice | None = None, limit: QueueLimit | None = None
    ) -> Job:
        """Queue a failed or cancelled job again; it keeps its place among the jobs.

        A cancelled one goes on from where it was stopped, if the same model is to transcribe the rest, or one was
        chosen for it; any other begins anew.

        Args:
            ref: its id, or the beginning of it.
            model: what is to transcribe it now; `model_ref_of` says what was asked for.
            choice: set where that is to be chosen when its recording is decoded.
            limit: how many background jobs may wait already; None: any number.

        Raises:
            JobNotFound: no job, or more than one, has such an id.
            JobNotEnded: it is queued, running or done.
            RecordingGone: its upload was removed, or is about to be.
            Busy: as many jobs as may are waiting.
        """
        async with self._rows.database.transaction():
            await self._rows.database.lock("queue")
            row = await self._rows.locked_by_ref(ref)
            if row["state"] not in {"failed", "cancelled"}:
                raise JobNotEnded(f"The job {row['id']} is {row['state']}; only a failed or cancelled one is retried.")
            until = row["recording_until"]
            if row["recording"] is None or (until is not None and until <= await self._rows.database.now()):
                raise RecordingGone(
                    f"The recording of the job {row['id']} was removed.",
                    hint="Submit it again. The setting `retry_minutes` says how long uploads are kept for a retry.",
                )
            await self._refuse_when_full(limit, "background")
            before = msgspec.json.decode(row["model"], type=Model)
            if row["state"] == "cancelled" and (kept := from_json(row["choice"], ModelChoice)) and kept.model:
                model, choice = before, kept
            queued: dict[Column | str, Any] = {
                "state": "queued", "model": as_json(model), "model_name": queued_as(model, choice), "waited": False,
                "choice": as_json(choice) if choice else None, "worker": "",
                "deaths": 0, "lease_until": None, "cancel_requested": False, "error": None,
                "started_at": None, "finished_at": None, "recording_until": None, "put_off": "",
                "no_room": 0, "priority": "background", "due_at": None,
            }  # fmt: skip
            if row["state"] != "cancelled" or not _transcribe_alike(model, before):
                await self._rows.drop_segments(row)
                queued |= {
                    "restarts": row["restarts"] + 1, "position": 0.0, "duration": None, "text": "",
                    "search": searched(row["filename"], ""),
                }  # fmt: skip
            await self._rows.update(row, queued)
            return await self._reads.get(row["id"])

    async def _with_recording(self, new: NewJob) -> NewJob:
        """See that the recording is there until the job refers to it; return the job with the recording's name."""
        if isinstance(new.recording, RecordingSource):
            await self._recordings.add(new.recording)
            return new
        await self._recordings.lock(new.recording.id)
        job, now = self._rows.jobs, await self._rows.database.now()
        known = (job.recording == new.recording.id) & (job.recording_until.is_null() | (job.recording_until > now))
        if (owner := current_caller().owner) is not None:
            known &= job.submitted_by == sanitized(owner)
        rows = await job.select(job.filename).where(known).order_by(job.number, ascending=False).limit(1)
        if not rows:
            raise RecordingGone(
                "No job of yours has that recording, or it was removed.",
                hint="Send the recording itself. A job says in `recording` what it has.",
                field="recording",
            )
        return msgspec.structs.replace(new, filename=new.filename or rows[0]["filename"])

    async def _refuse_when_full(self, limit: QueueLimit | None, priority: Priority) -> None:
        if limit is not None and limit.is_reached(await self._reads.waiting(priority)):
            raise _busy(limit)

    async def _of_key(self, new: NewJob) -> str | None:
        if not new.idempotency_key:
            return None
        # Locked: one that is being removed is not the answer.
        row = await self._rows.locked(self._rows.jobs.idempotency_key == new.idempotency_key)
        if row is None:
            return None
        if row["fingerprint"] not in {"", new.fingerprint}:  # it is empty of jobs of an earlier version
            raise KeyReused(
                "The idempotency key was used before, with another recording or other options.",
                hint="Use a new key for each new request.",
            )
        return str(row["id"])


def _transcribe_alike(one: Model, other: Model) -> bool:
    """Return whether segments of the one may be followed by segments of the other."""
    facts = ("model_type", "model", "device", "compute_type", "options")
    return all(getattr(one, fact) == getattr(other, fact) for fact in facts)


def _busy(limit: QueueLimit) -> Busy:
    """Return what to raise where as many jobs wait as may."""
    return Busy(
        f"The queue is full: {limit.setting} recordings wait, as many as may.",
        hint="Try again in a while, or let more wait with the setting `max_queued`.",
    )
