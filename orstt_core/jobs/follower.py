"""Follower: the events of one job wherever it runs: from its log in this process, from its row in another."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import nullcontext

from orstt_core.db.job_reads import Followed, JobReads
from orstt_core.errors import DatabaseUnavailable, EngineFailed, JobCancelled, OrsttError
from orstt_core.jobs.event_log import EventLog
from orstt_core.jobs.pace import Pace
from orstt_core.jobs.worker import Worker
from orstt_core.types import (
    ENDED,
    Accepted,
    Done,
    Job,
    NewSegment,
    Progress,
    Restarted,
    Segment,
    Started,
    TranscribeEvent,
    UsedModel,
)

DATABASE_SECONDS = 60.0
"""How long it may be without a database; then following is given up, but not the job itself."""


class Follower:
    """Tells the events of one job in order, none of its segments twice, and abandons what it owns.

    Args:
        begin: returns the job as it is when following begins, and whether it is this follower's own.
        abandon: cancels a job; awaited when its own one is followed no longer before it ended.
        reads: shows its row.
        worker: works on the jobs of this process.
        pace: how often the row is looked at.
        awaited: this process works on the job in any case.
    """

    def __init__(
        self,
        begin: Callable[[], Awaitable[tuple[Job, bool]]],
        abandon: Callable[[str], Awaitable[None]],
        reads: JobReads,
        worker: Worker,
        pace: Pace,
        *,
        awaited: bool,
    ) -> None:
        self._begin = begin
        self._abandon = abandon
        self._reads = reads
        self._worker = worker
        self._pace = pace
        self._awaited = awaited
        self._job = ""
        self._owned = False
        self._log: EventLog | None = None
        self._read = self._in_log = 0
        self._looked = False
        self._segments = 0
        self._restarts = 0
        self._started = False
        self._place = 0

    async def events(self) -> AsyncGenerator[TranscribeEvent]:
        """Yield what happened so far and then what happens, until `Done`.

        Raises:
            JobNotFound: it was removed meanwhile.
            JobCancelled: it was cancelled.
            OrsttError: what it failed with.
        """
        job, self._owned = await self._begin()
        self._job, self._place = job.id, job.ahead
        try:
            with self._worker.awaiting(job.id) if self._awaited else nullcontext():
                yield Accepted(model=job.model, ahead=job.ahead, job=job.id)
                while True:
                    for event in await self._next(job.model):
                        self._owned &= not isinstance(event, Done)
                        yield event
                        if isinstance(event, Done):
                            return
        except OrsttError as error:
            # Neither a lost database nor the end of the program is the end of the job.
            self._owned &= self._worker.closing or isinstance(error, DatabaseUnavailable)
            raise
        finally:
            await self.abandon()

    async def abandon(self) -> None:
        """Cancel the job if it is this follower's own and has not ended."""
        owned, self._owned = self._owned, False
        if owned:
            await self._abandon(self._job)

    async def _next(self, model: str) -> list[TranscribeEvent]:
        """Return what happened next: from the log while there is one, else from the row after a while."""
        if self._looked:
            await self._worker.wait_for_start(self._job, self._pace.follow)
        log = self._worker.log_of(self._job)
        if log is not None and log is not self._log:
            self._log, self._read, self._in_log, self._looked = log, 0, 0, False
        if self._log is not None and not self._looked:
            events = await self._log.after(self._read)
            self._read += len(events)
            if events:
                return [event for event in events if self._is_news(event)]
        self._looked = True
        return await self._look(model)

    def _is_news(self, event: TranscribeEvent) -> bool:
        match event:
            case NewSegment():
                self._in_log += 1
                news = self._in_log > self._segments
                self._segments = max(self._segments, self._in_log)
                return news
            case Restarted(kept=kept):
                self._in_log, self._segments = min(self._in_log, kept), min(self._segments, kept)
                self._restarts += kept == 0
            case Started(choice=choice):
                news = not self._started or bool(choice and choice.instead_of)  # another model begins anew
                self._started = True
                return news
        return True

    async def _look(self, model: str) -> list[TranscribeEvent]:
        seen, place = await self._row()
        events: list[TranscribeEvent] = []
        if place is not None and place != self._place:
            self._place = place
            events.append(Accepted(model=model, ahead=place, job=self._job))
        events += self._row_events(seen)
        if self._worker.closing and seen.job.state not in ENDED:
            raise EngineFailed("The program is stopping.", hint=f"`orstt jobs follow {self._job}` when it is back.")
        return events

    async def _row(self) -> tuple[Followed, int | None]:
        give_up = asyncio.get_running_loop().time() + DATABASE_SECONDS
        while True:
            try:
                seen = await self._reads.since(self._job, self._segments)
                return seen, await self._reads.ahead(self._job) if seen.job.state == "queued" else None
            except DatabaseUnavailable:
                if self._worker.closing or asyncio.get_running_loop().time() > give_up:
                    raise
                await asyncio.sleep(self._pace.follow)

    def _row_events(self, seen: Followed) -> list[TranscribeEvent]:
        job = seen.job
        if job.state == "failed" and job.error is not None:
            raise job.error.error
        if job.state == "cancelled":
            raise JobCancelled("The job was cancelled.", hint=f"Begin it again with `orstt jobs retry {job.id}`.")
        if job.state == "queued" or job.duration is None:
            return []
        if seen.restarts <= self._restarts:
            return self._progress(job, seen.segments)
        self._restarts = seen.restarts
        if not self._segments:
            return self._progress(job, seen.segments)
        self._segments = 0
        # Those looked for do not begin at the first one: the next look brings all.
        again = self._progress(job, job.result.segments if job.result else [])
        return [Restarted(reason="The job is begun again.", kept=0), *again]

    def _progress(self, job: Job, segments: list[Segment]) -> list[TranscribeEvent]:
        duration = job.duration or 0.0
        events: list[TranscribeEvent] = []
        if not self._started:
            self._started = True
            used = job.result.model if job.result else UsedModel(name=job.model, type="", device="", compute_type="")
            events.append(Started(duration=duration, model=used, choice=job.choice))
        self._segments += len(segments)
        events += [NewSegment(segment=segment) for segment in segments]
        if segments or job.result:
            events.append(Progress(position=job.position, duration=duration))
        if job.result:
            events.append(Done(transcript=job.result))
        return events
