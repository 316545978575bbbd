"""ShadowStore: the recordings that a second model is still to transcribe, handed to one process at a time."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import msgspec

from orstt_core.db.experiment_observations import ObservationStore
from orstt_core.db.experiment_records import ShadowWork, StoredExperiment
from orstt_core.db.experiments import ExperimentStore
from orstt_core.db.job_rows import from_json
from orstt_core.db.measurements import MeasurementStore
from orstt_core.db.recordings import RecordingIndex
from orstt_core.types import JobMeasured, TranscribeOptions, Transcript, TranscriptionFigures, to_json

if TYPE_CHECKING:
    from orstt_core.db.database import Database
    from orstt_core.db.experiment_tables import ExperimentJobRow, ObservationRow

LEASE = timedelta(minutes=1)
"""How long a recording stays a process's without a word from it."""
JOB = "SELECT filename, options, text FROM transcription_job WHERE number = {}"
ORPHANS = """
    DELETE FROM experiment_observation WHERE state IN ('waiting', 'running')
        AND NOT EXISTS (SELECT 1 FROM experiment_job WHERE observation = experiment_observation.number)
"""


class ShadowStore:
    """What waits for the second models of the experiments of one database.

    Args:
        database: must be open while a method runs. Every method raises `DatabaseUnavailable` when it is not,
            or is lost.
    """

    def __init__(self, database: Database) -> None:
        self._database = database
        self._experiments, self._known = ExperimentStore(database), ObservationStore(database)
        self._recordings = RecordingIndex(database)
        self._measurements = MeasurementStore(database)

    async def claim(self, experiment: StoredExperiment, worker: str) -> ShadowWork | None:
        """Take the oldest recording that waits in an experiment; None: there is none.

        It stays this worker's for as long as `keep` is called again and again, and goes with `put_back`, `finish`,
        `fail` or `drop`.
        """
        seen, trial = self._observations, self._jobs
        async with self._database.transaction():
            await self._database.lock("shadows")
            now = await self._database.now()
            waits = (seen.experiment == experiment.id) & seen.state.is_in(["waiting", "running"])
            numbers = [row["number"] for row in await seen.select(seen.number).where(waits)]
            free = trial.observation.is_in(numbers or [0]) & (trial.lease_until.is_null() | (trial.lease_until <= now))
            rows = await trial.select().where(free & trial.recording.is_not_null()).order_by(trial.observation).limit(1)
            if not rows:
                return None
            row = rows[0]
            mine: dict[Any, Any] = {trial.worker: worker, trial.lease_until: now + LEASE}
            await trial.update(mine).where(trial.observation == row["observation"])
            await self._set_state(row["observation"], "running")
            [known] = await seen.select(seen.digest, seen.figures_a).where(seen.number == row["observation"])
            [job] = await trial.raw(JOB, row["job"])
            return ShadowWork(
                experiment=experiment,
                observation=row["observation"],
                digest=known["digest"],
                filename=job["filename"],
                options=msgspec.json.decode(job["options"], type=TranscribeOptions),
                recording=await self._recordings.source(row["recording"]),
                text=job["text"],
                figures=from_json(known["figures_a"], TranscriptionFigures),
            )

    async def keep(self, work: ShadowWork, worker: str) -> bool:
        """Keep a recording for longer; False: it is this worker's no more, as when its job was removed."""
        trial = self._jobs
        async with self._database.transaction():
            until = await self._database.now() + LEASE
            return bool(
                await trial.update({trial.lease_until: until})
                .where(self._is_own(work, worker))
                .returning(trial.observation)
            )

    async def rename(self, work: ShadowWork, digest: str) -> bool:
        """Note what a recording holds; False: the same sound takes part already, or its job was removed."""
        seen = self._observations
        async with self._database.transaction():
            await self._database.lock("shadows")
            others = (seen.experiment == work.experiment.id) & (seen.digest == digest)
            if await seen.exists().where(others & (seen.number != work.observation)):
                return False
            changed = seen.update({seen.digest: digest}).where(seen.number == work.observation)
            return bool(await changed.returning(seen.number))

    async def put_back(self, work: ShadowWork, worker: str, seconds: float) -> None:
        """Let a recording wait again, and count the seconds that were computed for it."""
        trial = self._jobs
        async with self._database.transaction():
            await self._experiments.add_spent(work.experiment.id, seconds)
            free: dict[Any, Any] = {trial.worker: "", trial.lease_until: None}
            if await trial.update(free).where(self._is_own(work, worker)).returning(trial.observation):
                await self._set_state(work.observation, "waiting")

    async def finish(
        self,
        work: ShadowWork,
        worker: str,
        seconds: float,
        transcript: Transcript,
        measured: JobMeasured,
        losses: tuple[float, float] | None,
    ) -> bool:
        """Keep what B made of a recording; False: it was this worker's no more.

        Args:
            work: the recording.
            worker: has it.
            seconds: that were computed for it.
            transcript: what B made of it.
            measured: what that took.
            losses: of A and B; None: that is still to be judged.
        """
        seen = self._observations
        async with self._database.transaction():
            await self._experiments.add_spent(work.experiment.id, seconds)
            if measured.figures and measured.setup:
                await self._measurements.add(measured.model, measured.setup, measured.figures)
            if not await self._let_go(work, worker, transcript):
                return False
            figures: dict[Any, Any] = {seen.figures_b: to_json(measured.figures).decode(), seen.state: "done"}
            await seen.update(figures).where(seen.number == work.observation)
            if losses is not None:
                await self._known.judge(work.observation, *losses)
            return True

    async def fail(self, work: ShadowWork, worker: str, seconds: float) -> None:
        """Note that B cannot transcribe a recording."""
        async with self._database.transaction():
            await self._experiments.add_spent(work.experiment.id, seconds)
            if await self._let_go(work, worker, None):
                await self._set_state(work.observation, "failed")

    async def drop(self, work: ShadowWork) -> None:
        """Let a recording take part no more, as if it never had."""
        seen = self._observations
        async with self._database.transaction():
            await seen.delete().where(seen.number == work.observation)

    async def drop_waiting(self, experiment: str) -> None:
        """Inside a transaction: let go of all recordings that wait in an experiment, by its id."""
        seen = self._observations
        await seen.delete().where((seen.experiment == experiment) & seen.state.is_in(["waiting", "running"]))

    async def drop_orphans(self) -> None:
        """Let go of those that wait, and whose job was removed: their recording is gone."""
        await self._observations.raw(ORPHANS)

    async def _let_go(self, work: ShadowWork, worker: str, transcript: Transcript | None) -> bool:
        trial = self._jobs
        values: dict[Any, Any] = {trial.worker: "", trial.lease_until: None, trial.recording: None}
        if transcript is not None:
            values[trial.transcript] = to_json(transcript).decode()
        return bool(await trial.update(values).where(self._is_own(work, worker)).returning(trial.observation))

    async def _set_state(self, observation: int, state: str) -> None:
        seen = self._observations
        await seen.update({seen.state: state}).where(seen.number == observation)

    def _is_own(self, work: ShadowWork, worker: str) -> Any:
        trial = self._jobs
        return (trial.observation == work.observation) & (trial.worker == worker)

    @property
    def _observations(self) -> type[ObservationRow]:
        from orstt_core.db.experiment_tables import ObservationRow

        return self._database.table(ObservationRow)

    @property
    def _jobs(self) -> type[ExperimentJobRow]:
        from orstt_core.db.experiment_tables import ExperimentJobRow

        return self._database.table(ExperimentJobRow)
