"""Follow one job wherever it runs: live where that is this process, by looking at its row where it is another."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Iterator
from contextlib import aclosing

from orstt_core.db.job_reads import Followed, JobReads
from orstt_core.errors import DatabaseUnavailable, EngineFailed, JobCancelled
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
"""Seconds without a database after which following it is given up; the job itself is not."""


class Follower:
    """Tells the events of one job in order, none of its segments twice.

    Args:
        job: as it was last seen.
        reads: show its row.
        worker: works on the jobs of this process.
        pace: how often the row is looked at.
    """

    def __init__(self, job: Job, reads: JobReads, worker: Worker, pace: Pace) -> None:
        self._job = job.id
        self._model = job.model
        self._reads = reads
        self._worker = worker
        self._pace = pace
        self._told = 0
        self._restarts = 0
        self._started = False
        self._place = job.ahead

    async def events(self) -> AsyncGenerator[TranscribeEvent]:
        """Yield what happened so far and then what happens, until `Done`.

        Raises:
            JobNotFound: it was removed meanwhile.
            JobCancelled: it was cancelled.
            OrsttError: what it failed with.
        """
        followed: EventLog | None = None
        yield Accepted(model=self._model, ahead=self._place, job=self._job)
        while True:
            live = self._worker.log_of(self._job)
            if live is not None and live is not followed:
                followed = live
                async with aclosing(self._live_events(live)) as events:
                    async for event in events:
                        yield event
                        if isinstance(event, Done):
                            return
            seen, place = await self._look()
            if place is not None and place != self._place:
                self._place = place
                yield Accepted(model=self._model, ahead=place, job=self._job)
            for event in self._row_events(seen):
                yield event
            if seen.job.state in ENDED:
                return
            if self._worker.closing:
                raise EngineFailed("The program is stopping.", hint=f"`orstt jobs follow {self._job}` when it is back.")
            await self._worker.wait_for_start(self._job, self._pace.follow)

    async def _live_events(self, live: EventLog) -> AsyncGenerator[TranscribeEvent]:
        seen = 0
        async with aclosing(live.follow()) as events:
            async for event in events:
                match event:
                    case NewSegment():
                        seen += 1
                        if seen <= self._told:
                            continue
                        self._told = seen
                    case Restarted(kept=kept):
                        seen, self._told = min(seen, kept), min(self._told, kept)
                        self._restarts += kept == 0
                    case Started() if self._started:
                        continue
                    case Started():
                        self._started = True
                yield event

    async def _look(self) -> tuple[Followed, int | None]:
        give_up = asyncio.get_running_loop().time() + DATABASE_SECONDS
        while True:
            try:
                seen = await self._reads.since(self._job, self._told)
                return seen, await self._reads.ahead(self._job) if seen.job.state == "queued" else None
            except DatabaseUnavailable:
                if self._worker.closing or asyncio.get_running_loop().time() > give_up:
                    raise
                await asyncio.sleep(self._pace.follow)

    def _row_events(self, seen: Followed) -> Iterator[TranscribeEvent]:
        job = seen.job
        if job.state == "failed" and job.error is not None:
            raise job.error.error
        if job.state == "cancelled":
            raise JobCancelled("The job was cancelled.", hint=f"Begin it again with `orstt jobs retry {job.id}`.")
        if job.state == "queued" or job.duration is None:
            return
        segments = seen.segments
        if seen.restarts > self._restarts:
            self._restarts = seen.restarts
            if self._told:
                self._told = 0
                yield Restarted(reason="The job is begun again.", kept=0)
                # Those looked for do not begin at the first one: the next look brings all.
                segments = job.result.segments if job.result else []
        yield from self._progress(job, segments)

    def _progress(self, job: Job, segments: list[Segment]) -> Iterator[TranscribeEvent]:
        duration = job.duration or 0.0
        if not self._started:
            self._started = True
            used = job.result.model if job.result else UsedModel(name=job.model, type="", device="", compute_type="")
            yield Started(duration=duration, model=used)
        for segment in segments:
            self._told += 1
            yield NewSegment(segment=segment)
        if segments or job.result:
            yield Progress(position=job.position, duration=duration)
        if job.result:
            yield Done(transcript=job.result)
