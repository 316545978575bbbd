"""Worker: takes jobs from the queue, works on them, and writes down how they end, whatever happens meanwhile.

Invariants: a job runs here only while its row says so (the lease is renewed, a lost one is given up), and it
ends with one fenced write, tried again for as long as the database is away.
"""

from __future__ import annotations

import asyncio
import logging
from collections import Counter
from collections.abc import Awaitable, Callable, Iterator
from contextlib import contextmanager, suppress

from orstt_core.db.job_progress import JobProgress
from orstt_core.db.job_records import Claim, LeaseStatus
from orstt_core.errors import DatabaseUnavailable
from orstt_core.jobs.event_log import EventLog
from orstt_core.jobs.execution import Execution
from orstt_core.jobs.pipeline import Pipeline
from orstt_core.jobs.queue import JobQueue
from orstt_core.jobs.worker_id import is_dead, new_worker_id

logger = logging.getLogger(__name__)

BEAT_SECONDS = 0.5
"""How often it is looked whether somebody cancelled, and the lease renewed: a cancel takes effect within a second."""
JOBS_OF_A_MODEL = 2
"""How many jobs of one model run at once: one more is decoded meanwhile. Any other would keep other models waiting."""
POLL_SECONDS = 1.0
"""How often the queue is looked at for jobs that another process put there."""


class Worker:
    """Works on jobs of one database in this process.

    Args:
        queue: hands out the jobs.
        progress: keeps what comes of them.
        pipeline: does the work.
        slots: how many jobs run at once.
        lease: seconds after which another process may take a job that this one no longer renews.
        drains: take every job that waits, and not only those that somebody waits for in this process.
        on_change: told of a job whose row changed, by its id.
        on_end: told of a job that ended here or was handed back, after its row says so.
    """

    def __init__(
        self,
        queue: JobQueue,
        progress: JobProgress,
        pipeline: Pipeline,
        *,
        slots: int,
        lease: float,
        drains: bool,
        on_change: Callable[[str], None],
        on_end: Callable[[str], Awaitable[None]],
    ) -> None:
        self.id = new_worker_id()
        self.slots = slots
        self._queue = queue
        self._progress = progress
        self._pipeline = pipeline
        self._lease = lease
        self._drains = drains
        self._on_change = on_change
        self._on_end = on_end
        self._running: dict[str, Execution] = {}
        self._waiting: dict[str, int] = {}
        self._wanted: Counter[str] = Counter()
        self._wake = asyncio.Event()
        self._begun = asyncio.Event()
        self._loops: list[asyncio.Task[None]] = []
        # Taking and renewing go by turns: what is renewed and unknown here is then not just being taken.
        self._claiming = asyncio.Lock()
        self.closing = False

    @property
    def free(self) -> int:
        """How many more jobs could run now."""
        return self.slots - len(self._running)

    def start(self) -> None:
        """Begin to work; called again, go on."""
        if not self._loops and not self.closing:
            self._loops = [asyncio.create_task(loop()) for loop in (self._take_jobs, self._keep_leases)]

    async def close(self) -> None:
        """Hand every job back to the queue and stop; jobs that somebody waits for here are cancelled."""
        self.closing = True
        self._begun.set()  # for those who wait for a job that now does not begin
        async with self._claiming:  # a job that is just being taken is seen through, and handed back
            for loop in self._loops:
                loop.cancel()
        await asyncio.gather(*self._loops, return_exceptions=True)
        for job in self._running.values():
            job.give_back()
        await asyncio.gather(*(job.ended() for job in self._running.values()))

    def wake(self) -> None:
        """Look at the queue now."""
        self._wake.set()

    def live(self, job: str) -> EventLog | None:
        """Return the events of a job that runs here."""
        running = self._running.get(job)
        return running.live if running else None

    async def cancel(self, job: str) -> bool:
        """Cancel a job that runs here and return when its row says so; False if it does not run here."""
        running = self._running.get(job)
        if running is None:
            return False
        running.cancel()
        await running.ended()
        return True

    @contextmanager
    def wanting(self, job: str) -> Iterator[None]:
        """Take this job in any case meanwhile: also if its reservation for this process was lost."""
        self._wanted[job] += 1
        try:
            yield
        finally:
            self._wanted[job] -= 1
            if not self._wanted[job]:
                del self._wanted[job]

    async def begins(self, job: str, seconds: float) -> None:
        """Return when some job begins here, or after so many seconds; keeps a reservation for `job` alive."""
        self._waiting[job] = self._waiting.get(job, 0) + 1
        begun = self._begun
        try:
            if job not in self._running:
                with suppress(TimeoutError):
                    async with asyncio.timeout(seconds):
                        await begun.wait()
        finally:
            self._waiting[job] -= 1
            if not self._waiting[job]:
                del self._waiting[job]

    async def _take_jobs(self) -> None:
        while True:
            self._wake.clear()
            taken = False
            try:
                taken = self.free > 0 and await self._take_one()
            except DatabaseUnavailable as error:
                logger.info("The queue cannot be read now: %s", error.message)
            except Exception:
                logger.exception("No job could be taken; it is tried again.")
            if not taken:
                with suppress(TimeoutError):
                    async with asyncio.timeout(POLL_SECONDS):
                        await self._wake.wait()

    async def _take_one(self) -> bool:
        async with self._claiming:
            only = None if self._drains else frozenset(self._wanted)
            running = Counter(job.model for job in self._running.values())
            busy = [model for model, count in running.items() if count >= JOBS_OF_A_MODEL]
            claimed = await self._queue.take(self.id, lease=self._lease, only=only, busy=busy, is_dead=is_dead)
            if claimed is None:
                return False
            job = claimed.claim.job
            if left := self._running.get(job):
                # This process slept past its lease, and another one had the job meanwhile.
                left.give_up()
                await left.ended()
            self._running[job] = Execution(
                claimed,
                self._queue,
                self._progress,
                self._pipeline,
                on_change=self._on_change,
                on_end=self._ended,
            )
        self._begun.set()
        self._begun = asyncio.Event()
        self._on_change(job)
        return True

    async def _ended(self, job: str) -> None:
        # Of a job that is taken again, the old work is seen to its end before the new begins.
        del self._running[job]
        self.wake()
        await self._on_end(job)

    async def _keep_leases(self) -> None:
        while True:
            pause = BEAT_SECONDS if self._running or self._waiting else self._lease / 3
            with suppress(TimeoutError):
                async with asyncio.timeout(pause):
                    await self._begun.wait()
                await asyncio.sleep(BEAT_SECONDS)
            try:
                async with self._claiming:
                    before = {job: running.claim.attempt for job, running in self._running.items()}
                    await self._heed(before, await self._queue.renew(self.id, lease=self._lease))
            except DatabaseUnavailable as error:
                # Nobody else can take the jobs meanwhile either; if somebody did, the next renewal tells.
                logger.info("Leases cannot be renewed now: %s", error.message)
            except Exception:
                logger.exception("Leases could not be renewed; it is tried again.")

    async def _heed(self, before: dict[str, int], standing: LeaseStatus) -> None:
        for job, attempt in before.items():
            running = self._running.get(job)
            if running is None or running.claim.attempt != attempt:
                continue
            if standing.held.get(job) != attempt:
                running.give_up()
            elif job in standing.cancel:
                running.cancel()
        for job, attempt in standing.held.items():
            if job not in before and job not in self._running:
                # It was taken, but the answer that said so was lost.
                await self._queue.give_back(Claim(job=job, attempt=attempt))
                self.wake()
