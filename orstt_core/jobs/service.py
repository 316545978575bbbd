"""JobService: what a person asks about jobs: submit, wait, list, follow, cancel, begin again, remove."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import suppress
from weakref import WeakSet

from orstt_core.broadcast import Broadcast
from orstt_core.caller import current_actor
from orstt_core.db.audit import AuditLog
from orstt_core.db.database import Database
from orstt_core.db.job_queue import DatabaseQueue
from orstt_core.db.job_records import Queue
from orstt_core.db.jobs import JobStore
from orstt_core.errors import OrsttError
from orstt_core.jobs.announcer import Announcer
from orstt_core.jobs.corrections import Corrections
from orstt_core.jobs.follower import Follower
from orstt_core.jobs.pace import Pace
from orstt_core.jobs.pipeline import Pipeline
from orstt_core.jobs.queue import JobQueue
from orstt_core.jobs.retention import Retention
from orstt_core.jobs.submitter import Submitter
from orstt_core.jobs.worker import Worker
from orstt_core.jobs.worker_id import is_dead
from orstt_core.measurements.drift_watch import DriftWatch
from orstt_core.measurements.service import Measurements
from orstt_core.model_aliases import AskedModel
from orstt_core.recordings.service import RecordingService
from orstt_core.settings import Settings
from orstt_core.types import (
    BackendEvent,
    Job,
    JobMeasured,
    JobPage,
    JobQuery,
    Peaks,
    Purged,
    Readiness,
    TranscribeEvent,
    TranscribeRequest,
)
from orstt_core.webhooks.delivery import Webhooks

CANCEL_SECONDS = 3.0
"""How long whoever cancels waits for another process to do so: within a second, as a rule."""
DISK_FULL = "The disk has no room for another recording."


class JobService:
    """Jobs of one database, worked on in this process.

    Args:
        database: must be open while anything is asked.
        recordings: theirs.
        pipeline: does the work.
        settings: give the limits.
        resolve: returns which configured model a name or id means; None is the active one.
        drains: work on every job that waits, and not only on those that somebody waits for here.
        broadcast: told of every job that changed here.
        pace: how often what is looked at.

    Attributes:
        corrections: of the transcripts of these jobs.
        measurements: of these transcriptions.
    """

    def __init__(
        self,
        database: Database,
        recordings: RecordingService,
        pipeline: Pipeline,
        settings: Settings,
        *,
        resolve: Callable[[int | str | None], Awaitable[AskedModel]],
        drains: bool,
        broadcast: Broadcast[BackendEvent],
        pace: Pace,
    ) -> None:
        self._database = database
        self._settings = settings
        self._resolve = resolve
        self._drains = drains
        self._pace = pace
        self._store = JobStore(database, retry_minutes=settings.retry_minutes)
        self._queue: JobQueue = DatabaseQueue(
            self._store.rows, self._store.attempts, lease=settings.job_lease, is_dead=is_dead
        )
        self._announcer = Announcer(self._store.reads, broadcast)
        self._audit = AuditLog(database)
        self.corrections = Corrections(self._store, self._audit, self._announcer.announce)
        self.measurements = Measurements(database, settings.measurement_days)
        self._recordings = recordings
        self._retention = Retention(
            database, self._audit, self._store.retention, recordings, self.measurements, settings.transcript_days
        )
        self._pipeline = pipeline
        self._webhooks = Webhooks(database, settings)
        self._drift = DriftWatch(database, self.measurements, self._webhooks, settings.drift_webhook)
        self._worker = Worker(
            self._queue,
            self._store.attempts,
            pipeline,
            pace,
            # One more than engines: the next recording is decoded while they work.
            slots=settings.max_loaded + 1,
            drains=drains,
            on_change=self._announcer.announce,
            on_end=self._ended,
        )
        self._followers: WeakSet[Follower] = WeakSet()
        self._submitter = Submitter(
            self._store,
            self._queue,
            recordings,
            self._webhooks,
            self._worker,
            resolve=resolve,
            max_queued=settings.max_queued,
            pace=pace,
        )
        self._background: list[asyncio.Task[None]] = []

    def open(self) -> None:
        """Begin to work on what waits, if that is wanted."""
        if self._drains:
            self._start()

    async def close(self) -> None:
        """Hand back what runs, cancel what somebody waits for here, and stop."""
        await self._submitter.close()
        await self._worker.close()
        for follower in list(self._followers):
            await follower.abandon()
        await self._announcer.close()
        for task in self._background:
            task.cancel()
        await asyncio.gather(*self._background, return_exceptions=True)

    async def submit(self, request: TranscribeRequest, *, waited: bool = False) -> tuple[Job, bool]:
        """Store a job; return it, and whether it is a new one. See `Submitter.submit`."""
        job, created = await self._submitter.submit(request, waited=waited)
        if waited or self._drains:
            self._start()
            self._worker.wake()
        self._announcer.announce(job.id)
        return job, created

    def transcribe(self, request: TranscribeRequest) -> AsyncGenerator[TranscribeEvent]:
        """Submit a job and yield its events; closing cancels it. See `Backend.transcribe`.

        One with an idempotency key is left to end: whoever asks again with that key waits for the same job.
        """

        async def begin() -> tuple[Job, bool]:
            job, created = await self.submit(request, waited=True)
            return job, created and not request.idempotency_key

        return self._follow(begin, awaited=True)

    async def list(self, query: JobQuery) -> JobPage:
        """See `Backend.jobs`."""
        return await self._store.reads.list(query)

    async def get(self, ref: str) -> Job:
        """See `Backend.job`."""
        return await self._store.reads.get(ref)

    async def peaks(self, ref: str) -> Peaks:
        """See `Backend.peaks`."""
        return await self._store.peaks.get(ref)

    def follow(self, ref: str) -> AsyncGenerator[TranscribeEvent]:
        """See `Backend.follow_job`."""

        async def begin() -> tuple[Job, bool]:
            return await self._store.reads.get(ref), False

        return self._follow(begin, awaited=False)

    async def cancel(self, ref: str) -> Job:
        """See `Backend.cancel_job`."""
        async with self._database.transaction():
            before = await self._store.reads.get(ref)
            if before.state == "cancelled":
                return before
            job = await self._store.submissions.request_cancel(before.id)
            await self._audit.add(current_actor(), "job.cancelled", job.id)
        if job.state != "running":
            self._pipeline.measure(JobMeasured(model=job.model, state="cancelled"))
        elif not await self._worker.cancel(job.id):
            await self._ended_elsewhere(job.id)
        self._announcer.announce(job.id)
        self._webhooks.wake()
        return await self._store.reads.get(job.id)

    async def retry(self, ref: str) -> Job:
        """See `Backend.retry_job`."""
        asked = await self._resolve(await self._store.reads.model_ref_of(ref) or None)
        before = await self._store.reads.get(ref)
        if before.state in {"failed", "cancelled"}:
            await self._recordings.check_own_file(before.recording)
        async with self._database.transaction():
            limit = self._submitter.limit("background")
            job = await self._store.submissions.retry(ref, model=asked.model, choice=asked.choice, limit=limit)
            await self._queue.enqueue(job.id, Queue(model=job.model))
            await self._audit.add(current_actor(), "job.retried", job.id)
        self._worker.wake()
        self._announcer.announce(job.id)
        return job

    async def delete(self, ref: str) -> Job:
        """See `Backend.delete_job`."""
        async with self._database.transaction():
            job = await self._store.retention.delete(ref)
            await self._audit.add(current_actor(), "job.deleted", job.id)
        await self._recordings.remove_unused()
        await self._database.scrub()
        return job

    async def purge(self, older_than_days: float) -> Purged:
        """See `Backend.purge_jobs`."""
        return Purged(jobs=await self._retention.purge(older_than_days, current_actor()))

    async def readiness(self) -> Readiness:
        """See `Backend.readiness`."""
        try:
            queued, running = await self._store.reads.counts()
            waiting = await self._store.reads.waiting("background")
            waited_for = await self._store.reads.waiting("interactive")
        except OrsttError as error:
            return Readiness(ready=False, reason=error.message)
        disk_full = not await self._recordings.has_room()
        queue_full = (limit := self._submitter.limit("background")).is_reached(waiting)
        interactive_full = self._submitter.limit("interactive").is_reached(waited_for)
        reason = f"{limit.setting} recordings wait, as many as may." if queue_full or interactive_full else ""
        reason = DISK_FULL if disk_full else reason
        return Readiness(
            ready=not disk_full and not (queue_full and interactive_full),
            reason=reason,
            queued=queued,
            running=running,
            queue_full=queue_full,
            interactive_full=interactive_full,
            disk_full=disk_full,
        )

    async def unended(self) -> int:
        """Return how many jobs wait or run, in whichever process."""
        return sum(await self._store.reads.counts())

    async def notices_given_up(self) -> int:
        """Return how many notices of ended jobs nobody took lately."""
        return await self._webhooks.given_up()

    def _follow(
        self, begin: Callable[[], Awaitable[tuple[Job, bool]]], *, awaited: bool
    ) -> AsyncGenerator[TranscribeEvent]:
        follower = Follower(
            begin, self._submitter.abandon, self._store.reads, self._worker, self._pace, awaited=awaited
        )
        self._followers.add(follower)
        return follower.events()

    async def _ended_elsewhere(self, job: str) -> None:
        """Return when the process that works on a job has ended it, or after a while."""
        with suppress(TimeoutError):
            async with asyncio.timeout(CANCEL_SECONDS):
                while (await self._store.reads.get(job)).state == "running":  # noqa: ASYNC110 - only its row tells
                    await asyncio.sleep(CANCEL_SECONDS / 20)

    def _start(self) -> None:
        self._worker.start()
        if not self._background:
            works = [self._retention.run(), self._pipeline.warm(), self._webhooks.run()]
            works += [self._drift.run()] if self._settings.drift_webhook else []
            self._background = [asyncio.create_task(work) for work in works]

    async def _ended(self, job: str) -> None:
        self._announcer.announce(job)
        self._webhooks.wake()
        with suppress(OrsttError):  # it is made up for within a minute
            await self._retention.enforce()
