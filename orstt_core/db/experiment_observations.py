"""ObservationStore: what experiments know of each recording. Recordings come in where jobs are done."""

from __future__ import annotations

import builtins
from typing import TYPE_CHECKING, Any

import msgspec
from msgspec import Struct

from orstt_core.bucketing import bucket
from orstt_core.db.experiment_records import Corrected, Observation, StoredExperiment
from orstt_core.db.experiments import ExperimentStore
from orstt_core.db.job_rows import from_json
from orstt_core.db.recordings import is_own_file
from orstt_core.types import Arm, ModelChoice, TranscribeOptions, TranscriptionFigures, to_json

if TYPE_CHECKING:
    from orstt_core.db.database import Database
    from orstt_core.db.experiment_tables import ExperimentJobRow, ObservationRow

MOST_WAITING = 100
"""Recordings of one experiment that wait for B, and stay stored meanwhile; further ones do not take part."""
AT_ONCE = 100
"""Corrected transcripts that are compared in one go."""

ADD = """
    INSERT INTO experiment_observation (experiment, digest, at, arm, state, figures_a, figures_b)
    SELECT {}, {}, finished_at, CAST({} AS VARCHAR(1)), {}, CAST({} AS TEXT), CAST({} AS TEXT)
    FROM transcription_job WHERE number = {}
    ON CONFLICT (experiment, digest) DO NOTHING RETURNING number
"""
"""A recording takes part once, whenever it comes again."""
CORRECTED = """
    SELECT seen.number, seen.arm, corrected.version, corrected.text AS reference, job.text, job.result,
        trial.transcript
    FROM experiment_observation AS seen
    JOIN experiment_job AS trial ON trial.observation = seen.number
    JOIN transcription_job AS job ON job.number = trial.job
    JOIN corrected_transcript AS corrected ON corrected.job = trial.job
    WHERE seen.experiment = {} AND seen.state = 'done' AND corrected.version > trial.compared_version
    ORDER BY seen.number
"""
LOST = """
    SELECT COUNT(*) AS count FROM experiment_observation AS seen
    WHERE experiment = {} AND state = 'done' AND observed_at IS NULL
        AND NOT EXISTS (SELECT 1 FROM experiment_job WHERE observation = seen.number)
"""


class Text(Struct):
    """What of a transcript is read here."""

    text: str = ""
    language: str | None = None


class ObservationStore:
    """The recordings of the experiments of one database.

    Args:
        database: must be open while a method runs. Every method raises `DatabaseUnavailable` when it is not,
            or is lost.
    """

    def __init__(self, database: Database) -> None:
        self._database = database
        self._experiments = ExperimentStore(database)

    async def note_done(self, job: dict[str, Any], figures: TranscriptionFigures | None) -> None:
        """Inside the transaction that ends a job: let its recording take part in the experiments that it belongs to.

        Args:
            job: its row.
            figures: of its transcription.
        """
        running = await self._experiments.running()
        if not running:
            return  # nearly always
        options = msgspec.json.decode(job["options"], type=TranscribeOptions)
        if options.task != "transcribe" or options.tracks == "all":
            return  # of a translation or of several tracks there is no one text of what was said
        choice = from_json(job["choice"], ModelChoice)
        for experiment in running:
            if choice is not None and choice.experiment == experiment.id:
                await self._add_split(experiment, choice, job, figures)
            elif experiment.draft.kind == "shadow" and experiment.draft.a == job["model_name"]:
                await self._add_shadow(experiment, job, figures)

    async def note_failed(self, job: dict[str, Any]) -> None:
        """Inside the transaction that ends a job without a transcript: note that, if an experiment chose its model."""
        choice = from_json(job["choice"], ModelChoice)
        if choice is None or not choice.experiment:
            return
        for experiment in await self._experiments.running():
            if experiment.id == choice.experiment:
                await self._add(experiment, choice.digest, job, "failed", arm=_arm(choice))

    async def counts(self, experiment: str) -> dict[str, int]:
        """Return how many recordings of an experiment, by its id, are in each state."""
        from piccolo.query.functions import Count

        table = self._observations
        counted = table.select(table.state, Count(alias="count")).where(table.experiment == experiment)
        return {row["state"]: row["count"] for row in await counted.group_by(table.state)}

    async def lost(self, experiment: str) -> int:
        """Return how many recordings of an experiment, by its id, nobody can judge any more: their job was removed."""
        [row] = await self._observations.raw(LOST, experiment)
        return int(row["count"])

    async def has_failed(self, experiment: str, digest: str) -> bool:
        """Return whether a recording could not be transcribed in an experiment, by its id."""
        table = self._observations
        known = (table.experiment == experiment) & (table.digest == digest)
        return bool(await table.exists().where(known & (table.state == "failed")))

    async def observations(self, experiment: str) -> list[Observation]:
        """Return what is known of the recordings of an experiment, in the order in which they were judged."""
        table = self._observations
        query = table.select().where(table.experiment == experiment)
        rows = await query.order_by(table.observed_at).order_by(table.number)
        return [
            Observation(
                arm=row["arm"],
                state=row["state"],
                figures_a=from_json(row["figures_a"], TranscriptionFigures),
                figures_b=from_json(row["figures_b"], TranscriptionFigures),
                loss_a=row["loss_a"],
                loss_b=row["loss_b"],
            )
            for row in rows
        ]

    async def judge(self, number: int, loss_a: float | None, loss_b: float | None, *, again: bool = False) -> None:
        """Inside a transaction: note how good both texts of a recording are, unless that is known.

        Args:
            number: of the recording.
            loss_a: 0 for the best text and 1 for the worst; None: A did not hear it.
            loss_b: likewise.
            again: also where it is known, as of a newer reference; it keeps its place in the order.
        """
        table = self._observations
        losses: dict[Any, Any] = {table.loss_a: loss_a, table.loss_b: loss_b}
        first = losses | {table.observed_at: await self._database.now()}
        # One statement: of two people who judge at the same time, the first counts.
        await table.update(first).where((table.number == number) & table.observed_at.is_null())
        if again:
            await table.update(losses).where(table.number == number)

    async def corrected(self, experiment: str) -> builtins.list[Corrected]:
        """Return some recordings of an experiment whose transcripts were corrected since they were compared."""
        rows = await self._observations.raw(f"{CORRECTED} LIMIT {AT_ONCE}", experiment)
        found = []
        for row in rows:
            heard, second = from_json(row["result"], Text), from_json(row["transcript"], Text)
            found.append(
                Corrected(
                    observation=row["number"],
                    version=row["version"],
                    text=row["reference"],
                    language=heard.language if heard else None,
                    a=None if row["arm"] == "b" else row["text"],
                    b=row["text"] if row["arm"] == "b" else second.text if second else None,
                )
            )
        return found

    async def note_compared(self, number: int, version: int) -> None:
        """Inside a transaction: note which version of its transcript a recording was compared with."""
        table = self._jobs
        await table.update({table.compared_version: version}).where(table.observation == number)

    async def _add_shadow(
        self, experiment: StoredExperiment, job: dict[str, Any], figures: TranscriptionFigures | None
    ) -> None:
        recording = job["recording"]
        # What a person's own file holds is looked at before B hears it.
        if not is_own_file(recording) and bucket(experiment.id, recording) >= experiment.share:
            return
        counts = await self.counts(experiment.id)
        now = await self._database.now()
        if not experiment.is_open(now, sum(counts.values())) or counts.get("waiting", 0) >= MOST_WAITING:
            return
        number = await self._add(experiment, recording, job, "waiting", figures_a=figures)
        if number is not None:
            await self._jobs.insert(self._jobs(observation=number, job=job["number"], recording=recording))

    async def _add_split(
        self,
        experiment: StoredExperiment,
        choice: ModelChoice,
        job: dict[str, Any],
        figures: TranscriptionFigures | None,
    ) -> None:
        arm = _arm(choice)
        a, b = (None, figures) if arm == "b" else (figures, None)
        if b:  # B computes for a recording that comes again, too
            await self._experiments.add_spent(experiment.id, (b.seconds or 0.0) + b.load_seconds)
        number = await self._add(experiment, choice.digest, job, "done", arm=arm, figures_a=a, figures_b=b)
        if number is None:
            return
        await self._jobs.insert(self._jobs(observation=number, job=job["number"]))
        if experiment.draft.judge == "proxies" and figures and figures.confidence is not None:
            loss = 1.0 - figures.confidence
            await self.judge(number, loss if arm == "a" else None, loss if arm == "b" else None)

    async def _add(
        self,
        experiment: StoredExperiment,
        digest: str,
        job: dict[str, Any],
        state: str,
        *,
        arm: Arm | None = None,
        figures_a: TranscriptionFigures | None = None,
        figures_b: TranscriptionFigures | None = None,
    ) -> int | None:
        """Add a recording, and return its number; None: it has taken part already."""
        texts = [None if figures is None else to_json(figures).decode() for figures in (figures_a, figures_b)]
        values = (experiment.id, digest, arm, state, *texts, job["number"])
        rows = await self._observations.raw(ADD, *values)
        return int(rows[0]["number"]) if rows else None

    @property
    def _observations(self) -> type[ObservationRow]:
        from orstt_core.db.experiment_tables import ObservationRow

        return self._database.table(ObservationRow)

    @property
    def _jobs(self) -> type[ExperimentJobRow]:
        from orstt_core.db.experiment_tables import ExperimentJobRow

        return self._database.table(ExperimentJobRow)


def _arm(choice: ModelChoice) -> Arm:
    return "b" if choice.arm == "b" else "a"
