"""DatabaseQueue: the table of jobs itself as the queue that hands them out."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Callable, Collection
from datetime import datetime, timedelta
from functools import reduce
from operator import or_
from typing import Any

from orstt_core.db.job_attempts import JobAttempts
from orstt_core.db.job_records import Claim, ClaimedJob, LeaseStatus, Queue
from orstt_core.db.job_rows import JobRows

CHANNEL = "orstt_jobs"
"""What PostgreSQL's NOTIFY is sent to when a job may be claimed."""
SHORT_LEASE = 5.0
"""Seconds; a lease that is shorter is renewed at every heartbeat, for the next one may be a second later."""


class DatabaseQueue:
    """Hands jobs to workers; see `JobQueue`.

    Args:
        rows: the jobs.
        attempts: begins them.
        lease: seconds for which a job stays a worker's without a heartbeat.
        is_dead: tells of another worker's name whether its process certainly is gone, so that its lease need not be
            waited for.
    """

    def __init__(self, rows: JobRows, attempts: JobAttempts, *, lease: float, is_dead: Callable[[str], bool]) -> None:
        self._rows = rows
        self._attempts = attempts
        self.lease = lease
        self._is_dead = is_dead

    async def enqueue(self, job: str, queue: Queue) -> None:
        """Put a waiting job into a queue; see `JobQueue.enqueue`."""
        table, database = self._rows.jobs, self._rows.database
        waits = (table.id == job) & (table.state == "queued") & (table.worker == "")
        if not await table.exists().where(waits):
            return  # most often, where a worker asks again and again, and without a lock
        async with database.transaction():
            if queue.worker:
                until = await database.now() + self._period
                await table.update({table.worker: queue.worker, table.lease_until: until}).where(waits)
            await database.notify(CHANNEL)

    async def waiting(self, worker: str) -> set[Queue]:
        """Return the queues that have something for a worker; see `JobQueue.waiting`."""
        await self._recover(worker)
        job, now = self._rows.jobs, await self._rows.database.now()
        open_to = (job.state == "queued") & job.worker.is_in(["", worker]) & self._is_due(now)
        rows = await job.select(job.worker, job.model_name, job.priority).where(open_to).distinct()
        return {
            Queue(worker=worker) if row["worker"] else Queue(model=row["model_name"], priority=row["priority"])
            for row in rows
        }

    async def claim(self, worker: str, queues: Collection[Queue]) -> ClaimedJob | None:
        """Claim the next job of these queues; see `JobQueue.claim`."""
        if not queues:
            return None
        async with self._rows.database.transaction():
            now = await self._rows.database.now()
            job = self._rows.jobs
            open_to = (job.state == "queued") & self._is_due(now) & reduce(or_, map(self._is_in, queues))
            row = await self._oldest(open_to & self._rows.goes_first(now)) or await self._oldest(open_to)
            return None if row is None else await self._attempts.begin(row, worker, now + self._period)

    async def heartbeat(self, worker: str) -> LeaseStatus:
        """Keep a worker's jobs, running or in its own queue; see `JobQueue.heartbeat`."""
        job, database = self._rows.jobs, self._rows.database
        own = (job.worker == worker) & job.state.is_in(["queued", "running"])
        columns = (job.id, job.attempt, job.state, job.cancel_requested)
        rows = await job.select(*columns, job.lease_until).where(own)
        # A write waits for the disk: most heartbeats are there to see who cancelled, and are none.
        soon = await database.now() + self._period * (1 if self.lease < SHORT_LEASE else 2 / 3)
        if any(row["lease_until"] is None or row["lease_until"] < soon for row in rows):
            async with database.transaction():
                until = await database.now() + self._period
                rows = await job.update({job.lease_until: until}).where(own).returning(*columns)
        running = [row for row in rows if row["state"] == "running"]
        return LeaseStatus(
            held={row["id"]: row["attempt"] for row in running},
            cancel=frozenset(row["id"] for row in running if row["cancel_requested"]),
        )

    async def release(self, claim: Claim, *, later: float = 0.0) -> bool:
        """Queue a job again, or end it if that was asked for meanwhile; see `JobQueue.release`."""
        async with self._rows.database.transaction():
            if (row := await self._rows.held(claim)) is None:
                return False
            due_at = await self._rows.database.now() + timedelta(seconds=later) if later else None
            await self._attempts.requeue(row, due_at=due_at)
            await self._rows.database.notify(CHANNEL)
            return True

    def listen(self) -> AsyncGenerator[None]:
        """Yield when jobs may have come; see `JobQueue.listen`."""
        return self._rows.database.listen(CHANNEL)

    @property
    def _period(self) -> timedelta:
        return timedelta(seconds=self.lease)

    async def _recover(self, worker: str) -> None:
        """Queue again what other workers left: those whose lease is over or whose process is gone."""
        job, database = self._rows.jobs, self._rows.database
        # Its own running ones a worker keeps, even if it slept through their lease: nobody else has begun them.
        others = job.state.is_in(["queued", "running"]) & job.worker.not_in(["", worker])
        rows = await job.select(job.worker, job.lease_until).where(others)
        dead = [name for name in {row["worker"] for row in rows} if self._is_dead(name)]
        now = await database.now() if rows else None
        if now is None or not (dead or any(row["lease_until"] <= now for row in rows)):
            return  # nearly always, and without a lock
        left = others & ((job.lease_until <= now) | job.worker.is_in(["", *dead]))
        async with database.transaction():
            while row := await self._oldest(left):
                if row["state"] == "queued":
                    await self._rows.update(row, {"worker": "", "lease_until": None})
                else:
                    await self._attempts.requeue(row, deaths=1)
            await database.notify(CHANNEL)

    def _is_due(self, now: datetime) -> Any:
        job = self._rows.jobs
        return job.due_at.is_null() | (job.due_at <= now)

    def _is_in(self, queue: Queue) -> Any:
        job = self._rows.jobs
        if queue.worker:
            return job.worker == queue.worker
        return (job.worker == "") & (job.model_name == queue.model) & (job.priority == queue.priority)

    async def _oldest(self, condition: Any) -> dict[str, Any] | None:
        query = self._rows.jobs.select().where(condition).order_by(self._rows.jobs.number).limit(1)
        if self._rows.on_postgres:  # on SQLite the transaction itself is the lock
            query = query.lock_rows("UPDATE", skip_locked=True)
        rows: list[dict[str, Any]] = await query
        return rows[0] if rows else None
