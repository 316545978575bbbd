"""ShadowWorker: has the second models of shadow experiments transcribe, while nothing else is to be done.

Nobody waits for it. It begins only when no job waits or runs, displaces no loaded model, and gives its work up as soon
as a job is submitted; what was transcribed until then is kept for the next time, as long as this process lives.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import Awaitable, Callable
from contextlib import aclosing, suppress

from msgspec.structs import replace

from orstt_core.broadcast import Broadcast
from orstt_core.bucketing import bucket
from orstt_core.db.database import Database
from orstt_core.db.experiment_records import ShadowWork, StoredExperiment
from orstt_core.db.experiment_shadows import ShadowStore
from orstt_core.db.experiments import ExperimentStore
from orstt_core.db.job_records import Claim, ClaimedJob, vocabulary_names
from orstt_core.db.models import ModelStore
from orstt_core.db.vocabularies import VocabularyStore
from orstt_core.errors import DatabaseUnavailable, ExperimentNotFound, FileProblem, ModelNotFound, OrsttError
from orstt_core.experiments.file_digest import file_digest
from orstt_core.experiments.judging import SAME
from orstt_core.experiments.review import Review, setup_of
from orstt_core.jobs.pace import Pace
from orstt_core.jobs.pipeline import Pipeline
from orstt_core.jobs.worker_id import new_worker_id
from orstt_core.runtime.probe import sends_sound
from orstt_core.selection.selector import Chosen
from orstt_core.types import (
    BackendEvent,
    Done,
    JobChanged,
    JobMeasured,
    Model,
    ModelChoice,
    NewSegment,
    Restarted,
    Segment,
    TranscribeEvent,
    TranscribeOptions,
)

logger = logging.getLogger(__name__)

REVIEW_SECONDS = 30.0
"""How often experiments are looked at that nobody asks for: budgets run out, and transcripts are corrected."""
KEEP_SECONDS = 15.0
"""How often it is said that a recording is still worked on."""
LOADED_SECONDS = 30.0
"""How long B stays loaded for the next recording."""


class ShadowWorker:
    """Works on what waits in the shadow experiments of one database.

    Args:
        database: must be open while it works.
        pipeline: transcribes.
        review: says whether an experiment is to stop.
        unended: returns how many jobs wait or run, in whichever process.
        events: of this process: a job that is submitted is told there at once.
        remove_unused: removes recordings that nothing refers to any more.
        pace: how often it looks.
    """

    def __init__(
        self,
        database: Database,
        pipeline: Pipeline,
        review: Review,
        *,
        unended: Callable[[], Awaitable[int]],
        events: Broadcast[BackendEvent],
        remove_unused: Callable[[], Awaitable[None]],
        pace: Pace,
    ) -> None:
        self._database, self._pipeline, self._review, self._pace = database, pipeline, review, pace
        self._unended, self._events, self._remove_unused = unended, events, remove_unused
        self._models, self._worker = ModelStore(database, sends_sound=sends_sound), new_worker_id()
        self._store, self._shadows = ExperimentStore(database), ShadowStore(database)
        self._vocabularies = VocabularyStore(database)
        self._kept: dict[int, list[Segment]] = {}
        self._reviewed = -REVIEW_SECONDS
        self._task: asyncio.Task[None] | None = None

    def open(self) -> None:
        """Begin to work."""
        self._task = asyncio.create_task(self._run())

    async def close(self) -> None:
        """Put back what is worked on, and stop."""
        if self._task is not None:
            self._task.cancel()
            await asyncio.wait({self._task})

    async def _run(self) -> None:
        while True:
            worked = False
            try:
                worked = await self._work_once()
            except DatabaseUnavailable as error:
                logger.info("Experiments cannot be looked at now: %s", error.message)
            except Exception:
                logger.exception("An experiment could not go on; it is tried again.")
            if not worked:
                await asyncio.sleep(self._pace.poll)

    async def _work_once(self) -> bool:
        """Transcribe one recording if there is one and time for it; return whether there was."""
        experiments = await self._store.running()
        if not experiments:
            return False
        if time.monotonic() - self._reviewed >= REVIEW_SECONDS:
            self._reviewed = time.monotonic()
            await self._shadows.drop_orphans()
            for experiment in experiments:
                await self._review.look(experiment)
        if await self._unended():
            return False
        for experiment in experiments:
            with suppress(ModelNotFound, ExperimentNotFound):  # the next review stops it; or somebody removed it
                if await self._advance(experiment):
                    return True
        return False

    async def _advance(self, experiment: StoredExperiment) -> bool:
        now = await self._database.now()
        if experiment.draft.kind != "shadow" or not experiment.is_open(now, 0):
            return False
        model = await self._models.get(experiment.draft.b)
        if setup_of(model) != experiment.setups[1]:  # as it is now, nobody may have said that it may have the sound
            await self._review.look(experiment)
            return False
        if not await self._pipeline.has_room(model):
            return False
        work = await self._shadows.claim(experiment, self._worker)
        if work is None:
            return False
        if not await self._takes_part(work):
            await self._shadows.drop(work)
        else:
            await self._transcribe(work, model)
            await self._review.look(await self._store.get(experiment.draft.name))
        await self._remove_unused()
        return True

    async def _takes_part(self, work: ShadowWork) -> bool:
        """Look what a person's own file holds; of anything else that is known from its name."""
        if work.recording.owned:
            return True
        try:
            digest = await asyncio.to_thread(file_digest, work.recording.location)
        except OSError:
            return False  # it is no longer where it was
        if bucket(work.experiment.id, digest) >= work.experiment.share:
            return False
        return await self._shadows.rename(work, digest)

    async def _transcribe(self, work: ShadowWork, model: Model) -> None:
        segments = self._kept.pop(work.observation, [])
        terms, missing = await self._vocabularies.ranked(vocabulary_names(work.options, model))
        job = ClaimedJob(
            claim=Claim(job=f"experiment {work.experiment.draft.name}", attempt=work.observation),
            filename=work.filename,
            model=model,
            options=_comparable(work.options),
            recording=work.recording,
            keep_alive=LOADED_SECONDS,
            priority="background",
            waited=False,
            segments=segments,
            terms=terms,
            missing_vocabularies=missing,
            choice=ModelChoice(asked=model.name, model=model.name, experiment=work.experiment.id, arm="b"),
        )
        found: list[Segment] = []

        def note(event: TranscribeEvent) -> None:
            match event:
                case NewSegment(segment=segment):
                    found.append(segment)
                case Restarted(kept=kept):
                    del found[kept:]

        began = time.monotonic()
        working = asyncio.create_task(self._pipeline.run(job, note, lambda _: None, _keep))
        watching = asyncio.create_task(self._interrupted(work, began))
        try:
            await asyncio.wait({working, watching}, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in (working, watching):
                task.cancel()
            await asyncio.wait({working, watching})  # the engine is asked to stop
            if not watching.cancelled() and (error := watching.exception()):
                logger.info("A recording of an experiment is given up: %s", error)
            ending = asyncio.ensure_future(self._end(work, working, found, time.monotonic() - began))
            await asyncio.shield(ending)

    async def _interrupted(self, work: ShadowWork, began: float) -> None:
        """Return once a recording is to be given up: a job came, its own is gone, or the experiment goes on no more."""
        somebody = asyncio.create_task(self._job_came())
        said = began
        try:
            while not somebody.done():
                await asyncio.wait({somebody}, timeout=self._pace.heartbeat)
                now = time.monotonic()
                if await self._unended() or not await self._goes_on(work, now - began):
                    return
                if now - said >= KEEP_SECONDS:
                    said = now
                    if not await self._shadows.keep(work, self._worker):
                        return
        finally:
            somebody.cancel()

    async def _goes_on(self, work: ShadowWork, seconds: float) -> bool:
        """Return whether an experiment still runs, and its budgets are not spent with so many seconds more."""
        now = await self._store.get(work.experiment.draft.name)
        return replace(now, spent=now.spent + seconds).is_open(await self._database.now(), 0)

    async def _job_came(self) -> None:
        async with aclosing(self._events.listen()) as events:
            async for event in events:
                if isinstance(event, JobChanged) and event.job.state in {"queued", "running"}:
                    return

    async def _end(
        self, work: ShadowWork, working: asyncio.Task[tuple[Done, JobMeasured]], found: list[Segment], seconds: float
    ) -> None:
        if working.cancelled():
            self._kept[work.observation] = found
            await self._shadows.put_back(work, self._worker, seconds)
            return
        try:
            done, measured = working.result()
        except OrsttError as error:
            await self._end_badly(work, error, seconds)
        except Exception:
            logger.exception("In the experiment %s, B failed unexpectedly.", work.experiment.draft.name)
            await self._shadows.fail(work, self._worker, seconds)
        else:
            losses = _settled(work, done, measured)
            await self._shadows.finish(work, self._worker, seconds, done.transcript, measured, losses)

    async def _end_badly(self, work: ShadowWork, error: OrsttError, seconds: float) -> None:
        name = work.experiment.draft.name
        if isinstance(error, FileProblem):
            await self._shadows.drop(work)
        elif (pause := self._pace.retry.delay_after(error, 0)) is not None:
            logger.info("The experiment %s waits: %s", name, error.message)
            await self._shadows.put_back(work, self._worker, seconds)
            await asyncio.sleep(min(pause, self._pace.longest_retry))
        else:
            logger.warning("In the experiment %s, B could not transcribe a recording: %s", name, error.message)
            await self._shadows.fail(work, self._worker, seconds)


async def _keep(chosen: Chosen) -> ClaimedJob:
    raise AssertionError(f"{chosen.model.name} was chosen for a recording whose model is B.")


def _comparable(options: TranscribeOptions) -> TranscribeOptions:
    """Return options that ask for the text alone."""
    return replace(options, word_timestamps=False, logprobs=False)


def _settled(work: ShadowWork, done: Done, measured: JobMeasured) -> tuple[float, float] | None:
    """Return the losses of what needs nobody to judge it, proxies and texts that are the same; None: somebody is to."""
    if work.experiment.draft.judge == "people" and work.text.split() == done.transcript.text.split():
        return SAME
    if work.experiment.draft.judge == "proxies":
        sure = [figures.confidence if figures else None for figures in (work.figures, measured.figures)]
        if sure[0] is not None and sure[1] is not None:
            return 1.0 - sure[0], 1.0 - sure[1]
    return None
