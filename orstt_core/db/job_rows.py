"""How jobs are stored: rows made of structs, structs made of rows, and the two writes that all others rest on."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any, TypeVar

import msgspec

from orstt_core.caller import current_caller
from orstt_core.db.job_records import Claim, NewJob
from orstt_core.db.recordings import is_own_file
from orstt_core.errors import JobNotFound
from orstt_core.references import job_ref
from orstt_core.types import Job, JobState, ModelChoice, Problem, Segment, TranscribeOptions, to_json

if TYPE_CHECKING:
    from piccolo.columns import Column

    from orstt_core.db.database import Database
    from orstt_core.db.tables import TranscriptionJob, TranscriptionSegment

T = TypeVar("T")

LAST = "\x7f"
"""Sorts after every character of an id."""
AGING_SECONDS = 600.0
"""A background job that waited so long goes by its age alone, as if somebody waited for it."""
SUMMARY = (
    "number", "id", "state", "filename", "model_name", "options", "submitted_by", "created_at", "started_at",
    "finished_at", "attempt", "restarts", "position", "duration", "error", "put_off", "recording",
    "recording_until", "choice", "purpose",
)  # fmt: skip
"""The columns of a job as it is in a list, without its text."""


def sanitized(text: str) -> str:
    """Return a text for people without what a database cannot hold: NULs and halves of surrogate pairs."""
    return text.encode(errors="replace").decode().replace("\0", "\N{REPLACEMENT CHARACTER}")


def search_text(text: str) -> str:
    """Return a text as it is searched, whatever the case."""
    return sanitized(text).casefold()


def searched(filename: str, text: str) -> str:
    """Return what a search for jobs looks in."""
    return f"{search_text(filename)}\n{search_text(text)}"


def as_json(value: object) -> str:
    """Return a struct as it stands in a column."""
    return to_json(value).decode()


def from_json(text: str | None, kind: type[T]) -> T | None:
    """Return the struct that stands in a column, or None."""
    return None if text is None else msgspec.json.decode(text, type=kind)


def row_of(new: NewJob, now: datetime) -> dict[str, Any]:
    """Return the row of a job that is accepted now.

    Raises:
        UnicodeEncodeError: the options hold half a surrogate pair.
    """
    return {
        "id": new.id,
        "filename": sanitized(new.filename),
        "model_name": new.queued_as,
        "model": as_json(new.model),
        "model_ref": new.model_ref,
        "options": as_json(new.options),
        "recording": new.recording.id,
        "recording_keep": new.keep_recording,
        "submitted_by": sanitized(new.submitted_by),
        "keep_alive": new.keep_alive,
        "priority": new.priority,
        "waited": new.waited,
        "idempotency_key": new.idempotency_key or None,
        "callback_url": new.callback_url,
        "fingerprint": new.fingerprint,
        "search": searched(new.filename, ""),
        "purpose": new.purpose,
        "choice": as_json(new.choice) if new.choice else None,
        "created_at": now,
    }


def job_of(row: dict[str, Any], *, now: datetime | None, ahead: int = 0) -> Job:
    """Return the job of a row with the columns of `SUMMARY`, `text` and `transcript_version`.

    Args:
        row: the row.
        now: needed where `recording_until` is set: what is to go by then counts as gone.
        ahead: how many jobs go before it.
    """
    until = row["recording_until"]
    recording = "" if until is not None and (now is None or until <= now) else row["recording"] or ""
    return Job(
        id=row["id"],
        state=row["state"],
        filename=row["filename"],
        model=row["model_name"],
        options=msgspec.json.decode(row["options"], type=TranscribeOptions),
        submitted_by=row["submitted_by"],
        created_at=row["created_at"],
        started_at=row["started_at"],
        finished_at=row["finished_at"],
        ahead=ahead,
        attempt=row["attempt"],
        position=row["position"],
        duration=row["duration"],
        text=row["text"],
        transcript_version=row["transcript_version"],
        error=from_json(row["error"], Problem),
        put_off=row["put_off"],
        recording=recording,
        retry_until=until if recording else None,
        choice=from_json(row["choice"], ModelChoice),
        purpose=row["purpose"],
    )


def not_found(ref: str) -> JobNotFound:
    """Return the error for a job that is not there."""
    return JobNotFound(f"No job has the id {ref!r}, or one that begins so.", hint="See `orstt jobs list`.")


class JobRows:
    """The rows of jobs: the lookups, locks and writes that the parts of `JobStore` share.

    Args:
        database: must be open while a method runs. Every method raises `DatabaseUnavailable` when it is not,
            or is lost.
        retry_minutes: how long the upload of a failed or cancelled job is kept for a retry.
    """

    def __init__(self, database: Database, *, retry_minutes: float = 15.0) -> None:
        self.database = database
        self._retry_period = timedelta(minutes=retry_minutes)

    @property
    def jobs(self) -> type[TranscriptionJob]:
        """Jobs, for queries."""
        from orstt_core.db.tables import TranscriptionJob

        return self.database.table(TranscriptionJob)

    @property
    def segments(self) -> type[TranscriptionSegment]:
        """Segments of jobs that are not done, for queries."""
        from orstt_core.db.tables import TranscriptionSegment

        return self.database.table(TranscriptionSegment)

    @property
    def on_postgres(self) -> bool:
        """Whether rows are locked one by one; on SQLite a transaction keeps all other writers out."""
        return self.database.kind == "postgres"

    def goes_first(self, now: datetime) -> Any:
        """Return the condition of jobs that go before others, whatever their age: nothing waits for ever."""
        job = self.jobs
        return (job.priority == "interactive") | (job.created_at <= now - timedelta(seconds=AGING_SECONDS))

    async def id_of(self, ref: str) -> str:
        """Return the id that is `ref`, or the only one that begins so, of the jobs that the caller may see."""
        ref = job_ref(ref)
        if not (ref.isascii() and ref.isprintable()):
            raise not_found(ref)
        job = self.jobs
        known = job.select(job.id).where((job.id >= ref) & (job.id < ref + LAST))
        if (owner := current_caller().owner) is not None:
            known = known.where(job.submitted_by == sanitized(owner))
        found = await known.order_by(job.id).limit(2)
        ids: list[str] = [row["id"] for row in found]
        if ref in ids or len(ids) == 1:
            return ids[0]
        if len(ids) > 1:
            raise JobNotFound(f"Several jobs have an id that begins with {ref!r}.", hint="Give more of it.")
        raise not_found(ref)

    async def locked(self, condition: Any) -> dict[str, Any] | None:
        """Inside a transaction: return the one row of a condition, which nobody else changes until the end."""
        query = self.jobs.select().where(condition)
        # SQLite's transactions keep everybody else from writing anyhow, and it has no words for it.
        rows: list[dict[str, Any]] = await (query.lock_rows("UPDATE") if self.on_postgres else query)
        return rows[0] if rows else None

    async def held(self, claim: Claim) -> dict[str, Any] | None:
        """Inside a transaction: return the row if it still is the claim's. This is what fences every write."""
        job = self.jobs
        return await self.locked((job.id == claim.job) & (job.attempt == claim.attempt) & (job.state == "running"))

    async def update(self, row: dict[str, Any], values: dict[Column | str, Any]) -> None:
        """Inside a transaction: change a locked row."""
        job = self.jobs
        await job.update(values).where(job.number == row["number"])

    async def end(self, row: dict[str, Any], state: JobState, values: dict[Column | str, Any]) -> None:
        """Inside a transaction: end a locked job, and say until when its recording stays."""
        now = await self.database.now()
        recording_until = None
        if not row["recording_keep"] and not is_own_file(row["recording"]):
            recording_until = now if state == "done" or row["waited"] else now + self._retry_period
        ending: dict[Column | str, Any] = {
            "state": state,
            "finished_at": now,
            "worker": "",
            "lease_until": None,
            "due_at": None,
            "put_off": "",
            "recording_until": recording_until,
        }
        await self.update(row, ending | values)

    async def drop_segments(self, row: dict[str, Any]) -> None:
        """Inside a transaction: remove the stored segments of a locked row."""
        segment = self.segments
        await segment.delete().where(segment.job == row["number"])

    async def stored_segments(self, row: dict[str, Any]) -> list[Segment]:
        """Return the stored segments of a row, in order."""
        segment = self.segments
        rows = await segment.select(segment.segment).where(segment.job == row["number"]).order_by(segment.ordinal)
        return [msgspec.json.decode(one["segment"], type=Segment) for one in rows]

    async def locked_by_ref(self, ref: str) -> dict[str, Any]:
        """Inside a transaction: return the row of the job that `id_of` means, which nobody else changes meanwhile."""
        row = await self.locked(self.jobs.id == await self.id_of(ref))
        if row is None:  # somebody removed it meanwhile
            raise not_found(ref)
        return row

    async def value(self, job_id: str, column: Column) -> Any:
        """Return one column of a job by its whole id."""
        job = self.jobs
        rows = await job.select(column).where(job.id == job_id)
        if not rows:  # somebody removed it meanwhile
            raise not_found(job_id)
        [value] = rows[0].values()
        return value
