"""Worker: claims jobs from the queue, works on them, and writes down how they end, whatever happens meanwhile.

Invariants: a job runs here only while its row says so (the lease is renewed, a lost one is given up), and it
ends with one fenced write, tried again for as long as the database is away. Interactive and background jobs have
slots of their own, so neither keeps the other from beginning.
"""

from __future__ import annotations

import asyncio
import logging
from collections import Counter
from collections.abc import Awaitable, Callable, Iterator
from contextlib import aclosing, contextmanager, suppress

from orstt_core.db.job_attempts import JobAttempts
from orstt_core.db.job_records import Claim, LeaseStatus, Queue
from orstt_core.errors import DatabaseUnavailable
from orstt_core.jobs.event_log import EventLog
from orstt_core.jobs.execution import Execution
from orstt_core.jobs.pace import Pace
from orstt_core.jobs.pipeline import Pipeline
from orstt_core.jobs.queue import JobQueue
from orstt_core.jobs.worker_id import new_worker_id
from orstt_core.types import Priority

logger = logging.getLogger(__name__)

DECODED_AHEAD = 1
"""How many background jobs of a model run beyond those that its engine serves at once: they are decoded meanwhile. Any
other would keep other models waiting."""
INTERACTIVE_SLOTS = 8
"""How many jobs that somebody waits for are decoded, and wait for their engines, beside those of the background."""


class Worker:
    """Works on jobs of one database in this process.

    Args:
        queue: hands out the jobs.
        attempts: keeps what comes of them.
        pipeline: does the work.
        pace: how often it looks.
        slots: how many background jobs run at once, where no engine serves several.
        drains: claim every job that waits, and not only those that somebody waits for in this process.
        on_change: told of a job whose row changed, by its id.
        on_end: told of a job that ended here or was released, after its row says so.
    """

    def __init__(
        self,
        queue: JobQueue,
        attempts: JobAttempts,
        pipeline: Pipeline,
        pace: Pace,
        *,
        slots: int,
        drains: bool,
        on_change: Callable[[str], None],
        on_end: Callable[[str], Awaitable[None]],
    ) -> None:
        self.id = new_worker_id()
        self.own_queue = Queue(worker=self.id)
        self.closing = False
        self._queue = queue
        self._attempts = attempts
        self._pipeline = pipeline
        self._pace = pace
        self._slots: dict[Priority, int] = {"interactive": INTERACTIVE_SLOTS, "background": slots}
        self._drains = drains
        self._on_change = on_change
        self._on_end = on_end
        self._executions: dict[str, Execution] = {}
        self._awaited: Counter[str] = Counter()
        self._wake = asyncio.Event()
        self._started = asyncio.Event()
        self._loops: list[asyncio.Task[None]] = []
        # Claims and heartbeats go by turns: what a heartbeat tells and is unknown here is then not just being claimed.
        self._claiming = asyncio.Lock()

    def free(self, priority: Priority) -> int:
        """Return how many more jobs of a priority could begin now."""
        running = sum(one.priority == priority for one in self._executions.values())
        capacities = {one.model: one.capacity for one in self._executions.values()}
        return self._slots[priority] + sum(capacity - 1 for capacity in capacities.values()) - running

    def start(self) -> None:
        """Begin to work; called again, go on."""
        if not self._loops and not self.closing:
            loops = (self._claim_jobs, self._listen, self._send_heartbeats)
            self._loops = [asyncio.create_task(loop()) for loop in loops]

    async def close(self) -> None:
        """Release every job and stop; jobs that somebody waits for here are cancelled."""
        self.closing = True
        self._started.set()  # for those who wait for a job that now does not start
        async with self._claiming:  # a job that is just being claimed is seen through, and released
            for loop in self._loops:
                loop.cancel()
        await asyncio.gather(*self._loops, return_exceptions=True)
        for execution in self._executions.values():
            execution.release()
        await asyncio.gather(*(execution.ended() for execution in self._executions.values()))

    def wake(self) -> None:
        """Look at the queue now."""
        self._wake.set()

    def log_of(self, job: str) -> EventLog | None:
        """Return the events of a job that runs here."""
        execution = self._executions.get(job)
        return execution.log if execution else None

    async def cancel(self, job: str) -> bool:
        """Cancel a job that runs here and return when its row says so; False if it does not run here."""
        execution = self._executions.get(job)
        if execution is None:
            return False
        execution.cancel()
        await execution.ended()
        return True

    @contextmanager
    def awaiting(self, job: str) -> Iterator[None]:
        """Work on this job in any case meanwhile: it comes back to this worker's queue, should it get lost from it."""
        self._awaited[job] += 1
        try:
            yield
        finally:
            self._awaited[job] -= 1
            if not self._awaited[job]:
                del self._awaited[job]

    async def wait_for_start(self, job: str, seconds: float) -> None:
        """Return when some job starts here, or after so many seconds; at once if `job` has."""
        started = self._started
        if job not in self._executions:
            with suppress(TimeoutError):
                async with asyncio.timeout(seconds):
                    await started.wait()

    async def _listen(self) -> None:
        while True:
            try:
                async with aclosing(self._queue.listen()) as occasions:
                    async for _ in occasions:
                        self.wake()
            except DatabaseUnavailable as error:
                logger.info("The queue cannot be listened to now: %s", error.message)
            except Exception:
                logger.exception("The queue could not be listened to; it is tried again.")
            await asyncio.sleep(self._pace.poll)

    async def _claim_jobs(self) -> None:
        while True:
            self._wake.clear()
            claimed = False
            try:
                claimed = await self._claim_job()
            except DatabaseUnavailable as error:
                logger.info("The queue cannot be read now: %s", error.message)
            except Exception:
                logger.exception("No job could be claimed; it is tried again.")
            if not claimed:
                with suppress(TimeoutError):
                    async with asyncio.timeout(self._pace.poll):
                        await self._wake.wait()

    async def _claim_job(self) -> bool:
        if not any(self.free(priority) > 0 for priority in self._slots):
            return False
        async with self._claiming:
            if not self._drains:  # else it is found in the queue of its model
                for job in self._awaited.keys() - self._executions.keys():
                    await self._queue.enqueue(job, self.own_queue)
            waiting = await self._queue.waiting(self.id)
            claimed = await self._queue.claim(self.id, [queue for queue in waiting if self._has_slot_for(queue)])
            if claimed is None:
                return False
            job = claimed.claim.job
            if left := self._executions.get(job):
                # This process slept past its lease, and another one had the job meanwhile.
                left.revoke()
                await left.ended()
            self._executions[job] = Execution(
                claimed,
                self._queue,
                self._attempts,
                self._pipeline,
                self._pace,
                on_change=self._on_change,
                on_end=self._ended,
            )
        self._started.set()
        self._started = asyncio.Event()
        self._on_change(job)
        return True

    def _has_slot_for(self, queue: Queue) -> bool:
        if queue == self.own_queue:
            return self.free("interactive") > 0
        if not self._drains or self.free(queue.priority) <= 0:
            return False
        running = [one.queued_as for one in self._executions.values() if one.priority == "background"]
        capacities = {one.queued_as: one.capacity for one in self._executions.values()}
        most = capacities.get(queue.model, 1) + DECODED_AHEAD
        return queue.priority == "interactive" or running.count(queue.model) < most

    async def _ended(self, job: str) -> None:
        # Of a job that is claimed again, the old work is seen to its end before the new begins.
        execution = self._executions.pop(job)
        self.wake()
        if execution.put_off_seconds:
            asyncio.get_running_loop().call_later(execution.put_off_seconds, self.wake)
        await self._on_end(job)

    async def _send_heartbeats(self) -> None:
        while True:
            await self._pause()
            try:
                async with self._claiming:
                    before = {job: execution.claim.attempt for job, execution in self._executions.items()}
                    await self._apply(before, await self._queue.heartbeat(self.id))
            except DatabaseUnavailable as error:
                # Nobody else can claim the jobs meanwhile either; if somebody did, the next heartbeat tells.
                logger.info("Leases cannot be renewed now: %s", error.message)
            except Exception:
                logger.exception("Leases could not be renewed; it is tried again.")

    async def _pause(self) -> None:
        """Wait until the next heartbeat: for a while where nothing runs, but soon once something does."""
        with suppress(TimeoutError):
            async with asyncio.timeout(self._pace.heartbeat if self._executions else self._queue.lease / 3):
                await self._started.wait()
            await asyncio.sleep(self._pace.heartbeat)

    async def _apply(self, before: dict[str, int], status: LeaseStatus) -> None:
        for job, attempt in before.items():
            execution = self._executions.get(job)
            if execution is None or execution.claim.attempt != attempt:
                continue
            if status.held.get(job) != attempt:
                execution.revoke()
            elif job in status.cancel:
                execution.cancel()
        for job, attempt in status.held.items():
            if job not in before and job not in self._executions:
                # It was claimed, but the answer that said so was lost.
                await self._queue.release(Claim(job=job, attempt=attempt))
                self.wake()
