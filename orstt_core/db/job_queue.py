"""DatabaseQueue: the jobs' own table as the queue that hands them out."""

from __future__ import annotations

from collections.abc import Callable, Collection
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Any

import msgspec

from orstt_core.db.job_records import MOST_DEATHS, Claim, ClaimedJob, LeaseStatus
from orstt_core.db.job_rows import JobRows, as_json, storable
from orstt_core.db.recordings import RecordingIndex
from orstt_core.errors import EngineDied
from orstt_core.types import Model, Problem, TranscribeOptions, problem

if TYPE_CHECKING:
    from piccolo.columns import Column

SHORT_LEASE = 5.0
"""Seconds; a lease that is shorter is renewed at every look, for the next one may be a second later."""


class DatabaseQueue:
    """Hands jobs to workers; see `JobQueue`."""

    def __init__(self, rows: JobRows, recordings: RecordingIndex) -> None:
        self._rows = rows
        self._recordings = recordings

    async def take(
        self,
        worker: str,
        *,
        lease: float,
        only: Collection[str] | None = None,
        busy: Collection[str] = (),
        is_dead: Callable[[str], bool],
    ) -> ClaimedJob | None:
        """Claim the oldest job to work on; see `JobQueue.take`."""
        dead = [] if only is not None and not only else await self._dead(worker, is_dead)
        open_to = self._open_to(worker, dead, only, now=await self._rows.database.now())
        if busy:
            open_to &= self._rows.jobs.model_name.not_in(sorted(busy))
        if not await self._rows.jobs.exists().where(open_to):
            return None  # most questions end here, and take no lock
        async with self._rows.database.transaction():
            while row := await self._next(open_to):
                if row["state"] == "queued":
                    return await self._claim(row, worker, lease)
                if row["cancel_requested"]:
                    await self._rows.end(row, "cancelled", {})
                elif row["deaths"] + 1 >= MOST_DEATHS:
                    died = _worn_out(row["id"])
                    await self._rows.end(row, "failed", {"error": as_json(died), "deaths": row["deaths"] + 1})
                else:
                    return await self._claim(row | {"deaths": row["deaths"] + 1}, worker, lease)
        return None

    async def renew(self, worker: str, *, lease: float) -> LeaseStatus:
        """Keep a worker's jobs, running or reserved; see `JobQueue.renew`."""
        job = self._rows.jobs
        own = (job.worker == worker) & job.state.is_in(["queued", "running"])
        columns = (job.id, job.attempt, job.state, job.cancel_requested)
        rows = await job.select(*columns, job.lease_until).where(own)
        # A write waits for the disk: most looks are there to see who cancelled, and are none.
        soon = await self._rows.database.now() + timedelta(seconds=lease * (1 if lease < SHORT_LEASE else 2 / 3))
        if any(row["lease_until"] is None or row["lease_until"] < soon for row in rows):
            async with self._rows.database.transaction():
                until = await self._rows.database.now() + timedelta(seconds=lease)
                rows = await job.update({job.lease_until: until}).where(own).returning(*columns)
        running = [row for row in rows if row["state"] == "running"]
        return LeaseStatus(
            held={row["id"]: row["attempt"] for row in running},
            cancel=frozenset(row["id"] for row in running if row["cancel_requested"]),
        )

    async def give_back(self, claim: Claim, *, later: float = 0.0, why: str = "", no_room: int = 0) -> bool:
        """Queue a job again, or end it if that was asked for meanwhile; see `JobQueue.give_back`."""
        async with self._rows.database.transaction():
            if (row := await self._rows.held(claim)) is None:
                return False
            if row["cancel_requested"]:
                await self._rows.end(row, "cancelled", {})
            else:
                until = await self._rows.database.now() + timedelta(seconds=later) if later else None
                back: dict[Column | str, Any] = {"state": "queued", "worker": "", "lease_until": until}
                await self._rows.update(row, back | {"put_off": storable(why), "no_room": no_room})
            return True

    async def _dead(self, worker: str, is_dead: Callable[[str], bool]) -> list[str]:
        job = self._rows.jobs
        others = job.worker.not_in(["", worker]) & job.state.is_in(["queued", "running"])
        rows = await job.select(job.worker).where(others).distinct()
        return [row["worker"] for row in rows if is_dead(row["worker"])]

    def _open_to(self, worker: str, dead: list[str], only: Collection[str] | None, *, now: datetime) -> Any:
        """Return the condition of jobs that a worker may take."""
        job = self._rows.jobs
        reserved = (job.state == "queued") & (job.worker == worker)
        if only is not None and not only:
            return reserved
        # One that is nobody's may have a lease too: until then it is nobody's to take.
        free = job.worker.is_in([worker, *dead]) | job.lease_until.is_null() | (job.lease_until <= now)
        waits = (job.state == "queued") & free
        # Its own running ones it keeps, even if it slept through their lease: nobody else has begun them.
        left = (job.state == "running") & (job.worker != worker)
        left &= (job.lease_until <= now) | job.worker.is_in(["", *dead])
        return waits | left if only is None else reserved | ((waits | left) & job.id.is_in(sorted(only)))

    async def _next(self, condition: Any) -> dict[str, Any] | None:
        query = self._rows.jobs.select().where(condition).order_by(self._rows.jobs.number).limit(1)
        if self._rows.on_postgres:  # on SQLite the transaction itself is the lock
            query = query.lock_rows("UPDATE", skip_locked=True)
        rows: list[dict[str, Any]] = await query
        return rows[0] if rows else None

    async def _claim(self, row: dict[str, Any], worker: str, lease: float) -> ClaimedJob:
        now = await self._rows.database.now()
        values: dict[Column | str, Any] = {
            "state": "running",
            "worker": worker,
            "attempt": row["attempt"] + 1,
            "deaths": row["deaths"],
            "lease_until": now + timedelta(seconds=lease),
            "started_at": row["started_at"] or now,
            "put_off": "",
        }
        await self._rows.update(row, values)
        return ClaimedJob(
            claim=Claim(job=row["id"], attempt=row["attempt"] + 1),
            filename=row["filename"],
            model=msgspec.json.decode(row["model"], type=Model),
            options=msgspec.json.decode(row["options"], type=TranscribeOptions),
            recording=await self._recordings.source(row["recording"]),
            keep_alive=row["keep_alive"],
            # Where somebody waits it is reserved for that process; with a key it is left to end all the same.
            waited=bool(row["waited"]) and row["worker"] == worker and not row["idempotency_key"],
            segments=await self._rows.stored_segments(row),
            no_room=row["no_room"],
        )


def _worn_out(job_id: str) -> Problem:
    return problem(
        EngineDied(
            f"{MOST_DEATHS} processes died while they worked on this job, so it is not begun again by itself.",
            hint=f"Try another model, or begin it again with `orstt jobs retry {job_id}`.",
        )
    )
