"""Execution: one claimed job on its way: its work, its checkpoints, and the one write that ends it."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable
from contextlib import suppress
from typing import Literal, TypeVar

from orstt_core.db.job_attempts import JobAttempts
from orstt_core.db.job_records import Claim, ClaimedJob
from orstt_core.errors import DatabaseUnavailable, EngineFailed, JobCancelled, OrsttError, StorageFull
from orstt_core.jobs.event_log import EventLog
from orstt_core.jobs.pace import Pace
from orstt_core.jobs.persistence import persist
from orstt_core.jobs.pipeline import Pipeline
from orstt_core.jobs.queue import JobQueue
from orstt_core.measurements.ended_jobs import not_done_measured
from orstt_core.selection.selector import Chosen
from orstt_core.types import (
    Done,
    JobMeasured,
    NewSegment,
    Peaks,
    Progress,
    Restarted,
    Segment,
    Started,
    TranscribeEvent,
    problem,
)

T = TypeVar("T")

logger = logging.getLogger(__name__)

RESULT_SECONDS = 2.0
"""How long those who wait for a result wait for the database too; after that they get it all the same."""

Stop = Literal["", "cancel", "release", "revoke"]


class Execution:
    """Works on a claimed job from its construction on.

    Args:
        job: the claimed job.
        queue: it is released to that.
        attempts: where it is written down.
        pipeline: does the work.
        pace: how often what was found is written.
        on_change: told the job's id after each checkpoint and at the end.
        on_end: awaited with the job's id when nothing of it goes on here.
    """

    def __init__(
        self,
        job: ClaimedJob,
        queue: JobQueue,
        attempts: JobAttempts,
        pipeline: Pipeline,
        pace: Pace,
        *,
        on_change: Callable[[str], None],
        on_end: Callable[[str], Awaitable[None]],
    ) -> None:
        self.log = EventLog()
        self.claim: Claim = job.claim
        self.queued_as = job.queued_as
        self.priority = job.priority
        self.put_off_seconds = 0.0
        self._job = job
        self._queue = queue
        self._attempts = attempts
        self._pipeline = pipeline
        self._pace = pace
        self._on_change = on_change
        self._on_end = on_end
        self._stop: Stop = ""
        self._put_off_reason, self._no_room = "", 0
        self._pending: list[Segment] = []
        self._known = self._stored = len(job.segments)
        self._restart = False
        self._position = max((segment.end or 0.0 for segment in job.segments), default=0.0)
        self._duration: float | None = None
        self._peaks: Peaks | None = None
        self._stored_peaks: Peaks | None = None
        self._measured: JobMeasured | None = None
        self._writing = asyncio.Lock()
        self._found = asyncio.Event()
        self._over = asyncio.Event()
        self._closing = asyncio.Event()
        self._work = asyncio.create_task(self._pipeline.run(job, self._on_event, self._on_peaks, self._keep))
        self._whole = asyncio.create_task(self._run())

    @property
    def model(self) -> str:
        """The name of the model that transcribes it, or will if none is chosen for it."""
        return self._job.model.name

    @property
    def capacity(self) -> int:
        """How many jobs its model's engine serves at once."""
        return self._pipeline.capacity(self._job.model)

    def cancel(self) -> None:
        """End the work because somebody cancelled the job."""
        self._stop_work("cancel")

    def release(self) -> None:
        """End the work and let another process go on with it; if somebody waits for it here, it is cancelled."""
        self._closing.set()
        self._stop_work("cancel" if self._job.waited else "release")

    def revoke(self) -> None:
        """End the work because another process has the job."""
        self._stop_work("revoke")

    async def ended(self) -> None:
        """Return when the job's row says how it ended and nothing of it goes on here."""
        await asyncio.wait({self._whole})

    def _stop_work(self, stop: Stop) -> None:
        # Once only: a second time would cut off the clean-up of the first, which asks the engine to stop.
        if not self._stop:
            self._stop = stop
            self._work.cancel()

    async def _run(self) -> None:
        writing = asyncio.create_task(self._write_checkpoints())
        await asyncio.wait({self._work})
        self._over.set()
        self._found.set()
        await asyncio.wait({writing})
        try:
            await self._end(self._outcome())
        finally:
            self.log.end()
            await self._on_end(self.claim.job)

    def _on_peaks(self, peaks: Peaks) -> None:
        self._peaks = peaks
        self._found.set()

    def _on_event(self, event: TranscribeEvent) -> None:
        match event:
            case NewSegment() if self._known:
                self._known -= 1  # it is in the database already
            case NewSegment(segment=segment):
                self._pending.append(segment)
                self._found.set()
            case Started():
                self._duration = event.duration
                self._found.set()
            case Progress():
                self._position = event.position
                self._found.set()
            case Restarted(kept=0):
                self._pending.clear()
                self._known, self._position, self._restart = 0, 0.0, True
                self._found.set()
        self.log.add(event)

    async def _keep(self, chosen: Chosen) -> ClaimedJob:
        """Store which model was chosen, and have it transcribe from now on."""
        job = await self._persist(lambda: self._write_choice(chosen), "Which model was chosen")
        if job is None:  # if another process has the job, nobody hears of this
            raise EngineFailed("Which model was chosen cannot be stored.", hint="The log says why.")
        self._job = job
        return job

    async def _write_choice(self, chosen: Chosen) -> ClaimedJob | None:
        async with self._writing:  # what the model before found is dropped first: no two may be mixed
            await self._write_restart()
            return await self._attempts.choose(self._job, chosen.model, chosen.choice)

    async def _write_restart(self) -> None:
        if self._restart:
            await self._attempts.restart(self.claim)
            self._restart, self._stored = False, 0

    async def _write_checkpoints(self) -> None:
        while True:
            await self._found.wait()
            await self._over_within(self._pace.gather)
            self._found.clear()
            if self._stop == "revoke" or self._needs_no_checkpoint():
                return
            try:
                async with self._writing:
                    await self._checkpoint()
            except DatabaseUnavailable as error:
                logger.info("A checkpoint is not written now: %s", error.message)
            except Exception:
                logger.exception("A checkpoint could not be written.")
            self._on_change(self.claim.job)
            if self._over.is_set():
                return
            await self._over_within(self._pace.checkpoint)

    async def _over_within(self, seconds: float) -> None:
        with suppress(TimeoutError):
            async with asyncio.timeout(seconds):
                await self._over.wait()

    def _needs_no_checkpoint(self) -> bool:
        # A result holds every segment. But those who follow elsewhere must hear first that theirs were dropped.
        work = self._work
        return work.done() and not work.cancelled() and work.exception() is None and not self._restart

    async def _checkpoint(self) -> None:
        await self._write_restart()
        if (peaks := self._new_peaks) is not None:
            await self._attempts.record_peaks(self.claim, peaks)
            self._stored_peaks = peaks
        found, self._pending = self._pending, []
        try:
            await self._attempts.record(
                self.claim, found, first=self._stored, position=self._position, duration=self._duration
            )
        except Exception:
            if not self._restart:  # what was found before a restart counts no more
                self._pending = found + self._pending
            raise
        self._stored += len(found)

    @property
    def _new_peaks(self) -> Peaks | None:
        """Those that are not stored yet; None: there are none."""
        return None if self._peaks is self._stored_peaks else self._peaks

    def _outcome(self) -> Done | OrsttError | None:
        """Return how the work ended; None: it goes on elsewhere."""
        if self._stop == "revoke":
            return None
        try:
            done, self._measured = self._work.result()
        except asyncio.CancelledError:
            return None if self._stop == "release" else JobCancelled("The job was cancelled.")
        except OrsttError as error:
            return None if self._is_put_off(error) else error
        except Exception as error:
            logger.exception("The job %s failed unexpectedly.", self.claim.job)
            return EngineFailed(f"The job failed unexpectedly: {type(error).__name__}.", hint="The log says where.")
        return done

    def _is_put_off(self, error: OrsttError) -> bool:
        delay = None if self._job.waited else self._pace.retry.delay_after(error, self._job.no_room)
        if delay is None:
            return False
        self._stop, self.put_off_seconds, self._put_off_reason = "release", delay, str(error)
        self._no_room = self._job.no_room + 1 if isinstance(error, StorageFull) else 0
        logger.warning("The job %s is put off for %g s: %s", self.claim.job, delay, error)
        return True

    async def _end(self, outcome: Done | OrsttError | None) -> None:
        if outcome is None:
            if self._stop == "release":
                await self._persist(self._release)
            return
        measured = self._measured if isinstance(outcome, Done) else not_done_measured(self._job.queued_as, outcome)
        writing = asyncio.create_task(self._persist(lambda: self._write(outcome)))
        await asyncio.wait({writing}, timeout=RESULT_SECONDS)
        # What is no longer this attempt's to end is told by whoever has it now.
        if not writing.done() or writing.result() is not False:
            if measured:
                self._pipeline.measure(measured)
            if isinstance(outcome, Done):
                self.log.add(outcome)
                self.log.end()
            else:
                self.log.end(outcome)
        await asyncio.wait({writing})
        if writing.result() is None and not self._closing.is_set():
            # Transcribed once more it would not be written either.
            lost = EngineFailed("The transcript cannot be stored.", hint="The log says why.")
            await self._persist(lambda: self._write(lost))

    async def _release(self) -> bool:
        released = await self._queue.release(self.claim, later=self.put_off_seconds)
        # Also where it was not, for it may have been before, and the answer was lost: this write is fenced by itself.
        await self._attempts.put_off(self.claim, reason=self._put_off_reason, no_room=self._no_room)
        return released

    async def _write(self, outcome: Done | OrsttError) -> bool:
        match outcome:
            case Done(transcript=transcript):
                return await self._attempts.finish(self.claim, transcript, self._new_peaks, self._measured)
            case JobCancelled():
                return await self._attempts.cancelled(self.claim)
            case _:
                return await self._attempts.fail(self.claim, problem(outcome))

    def _forget_figures(self) -> None:
        self._measured = None  # if they are what is refused, the transcript is not lost for them

    async def _persist(self, write: Callable[[], Awaitable[T]], what: str = "How a job ended") -> T | None:
        return await persist(write, what, self._pace, self._closing, on_refusal=self._forget_figures)
