"""ArmSelector: gives a share of a model's work to the one that is tried, by a hash of the recording."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Coroutine
from contextlib import suppress
from typing import TypeVar

from orstt_core.bucketing import bucket
from orstt_core.db.database import Database
from orstt_core.db.experiment_observations import ObservationStore
from orstt_core.db.experiment_records import StoredExperiment
from orstt_core.db.experiments import ExperimentStore
from orstt_core.db.job_records import ClaimedJob
from orstt_core.db.models import ModelStore
from orstt_core.errors import DatabaseUnavailable, ModelNotFound, OrsttError
from orstt_core.experiments.file_digest import file_digest
from orstt_core.experiments.review import setup_of
from orstt_core.jobs.submission import check_languages
from orstt_core.option_fields import fields_of
from orstt_core.runtime.probe import capabilities_of, sends_sound
from orstt_core.runtime.protocol import SoundFile
from orstt_core.selection.selector import Chosen
from orstt_core.text import normalize_name
from orstt_core.types import Arm, Model, ModelChoice, TranscribeOptions, Transcript, TranscriptionFigures

T = TypeVar("T")

logger = logging.getLogger(__name__)


class ArmSelector:
    """Chooses between both models of a split experiment; see `orstt_core.selection.selector.Selector`.

    It is asked about work of the control that does not ask for this very model, and that the other can do as well: an
    experiment takes nothing from anybody.

    Args:
        database: has the experiments; open while a method runs.
    """

    def __init__(self, database: Database) -> None:
        self._store, self._known = ExperimentStore(database), ObservationStore(database)
        self._models = ModelStore(database, sends_sound=sends_sound)
        self._database = database

    async def may_choose(self, job: ClaimedJob) -> bool:
        """See `Selector.may_choose`."""
        return await _unless_away(self._experiment(job)) is not None

    async def choose(self, job: ClaimedJob, sound: SoundFile) -> Chosen | None:  # noqa: ARG002 - Selector's signature
        """See `Selector.choose`."""
        return await _unless_away(self._choose(job))

    async def _choose(self, job: ClaimedJob) -> Chosen | None:
        experiment = await self._experiment(job)
        if experiment is None:
            return None
        try:
            b = await self._models.get(experiment.draft.b)
        except ModelNotFound:
            return None
        same = (setup_of(job.model), setup_of(b)) == experiment.setups
        if not same or not await _can_do(b, job.options):
            return None
        digest = job.recording.id
        if not job.recording.owned:
            try:
                digest = await asyncio.to_thread(file_digest, job.recording.location)
            except OSError:
                return None  # it was there just now, when it was decoded; the job goes on without it
        if await self._known.has_failed(experiment.id, digest):
            return None  # whoever has such a job retried is not to meet the same failure
        number = bucket(experiment.id, digest)
        arm: Arm = "b" if number < experiment.share else "a"
        model = b if arm == "b" else job.model
        why = (
            f"The experiment {experiment.draft.name} gives {b.name} {experiment.share:.0%} of the recordings of "
            f"{experiment.draft.a}. The SHA-256 of {experiment.id}:{digest}, as a share of the greatest, is "
            f"{number:.4f}, {'below' if arm == 'b' else 'not below'} {experiment.share:g}: {model.name} (arm {arm})."
        )
        asked = job.model.name
        choice = ModelChoice(asked=asked, model=model.name, why=why, experiment=experiment.id, arm=arm, digest=digest)
        return Chosen(model=model, choice=choice)

    async def choose_again(
        self, job: ClaimedJob, transcript: Transcript, figures: TranscriptionFigures
    ) -> Chosen | None:
        """See `Selector.choose_again`: an arm is kept."""
        del job, transcript, figures
        return None

    async def _experiment(self, job: ClaimedJob) -> StoredExperiment | None:
        """Return the experiment that divides the work that a job belongs to."""
        named = normalize_name(job.model_ref)
        if job.choice is not None or named in {job.model.name, str(job.model.id)}:
            return None
        if job.options.task != "transcribe" or job.options.tracks == "all":
            return None
        for experiment in await self._store.running():
            if (experiment.draft.kind, experiment.draft.a) == ("split", job.model.name):
                taken = sum((await self._known.counts(experiment.id)).values())
                return experiment if experiment.is_open(await self._database.now(), taken) else None
        return None


async def _unless_away(asking: Coroutine[object, object, T | None]) -> T | None:
    """Return what is asked of the database; None while that is away: the job needs it for nothing else now."""
    try:
        return await asking
    except DatabaseUnavailable as error:
        logger.info("An experiment is passed over: %s", error.message)
        return None


async def _can_do(model: Model, options: TranscribeOptions) -> bool:
    """Return whether a model takes these options, as far as its engine declares."""
    with suppress(OrsttError):
        capable = await asyncio.to_thread(capabilities_of, model.model_type)
        default = TranscribeOptions()
        wanted = (
            field for field in fields_of(TranscribeOptions) if _of(options, field.name) != _of(default, field.name)
        )
        if all(not field.needs or field.needs in capable for field in wanted):
            await check_languages(options, model, look=True)
            return True
    return False


def _of(options: TranscribeOptions, name: str) -> object:
    return getattr(options, name)
