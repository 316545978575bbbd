"""JudgementStore: pairs of texts that people judge, and what they said of them."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Literal

import msgspec

from orstt_core.caller import current_caller
from orstt_core.db.experiment_records import JudgedPair
from orstt_core.db.job_rows import sanitized
from orstt_core.errors import Conflict
from orstt_core.types import Arm, Transcript

if TYPE_CHECKING:
    from orstt_core.db.database import Database
    from orstt_core.db.experiment_tables import JudgementRow, ObservationRow

PAIRS = """
    SELECT seen.number, seen.digest, job.id, job.filename, job.result, trial.transcript
    FROM experiment_observation AS seen
    JOIN experiment_job AS trial ON trial.observation = seen.number
    JOIN transcription_job AS job ON job.number = trial.job
    LEFT JOIN (SELECT observation, COUNT(*) AS judgements FROM experiment_judgement GROUP BY observation) AS said
        ON said.observation = seen.number
    WHERE seen.experiment = {} AND seen.state = 'done' AND seen.arm IS NULL AND trial.transcript IS NOT NULL
        AND (seen.observed_at IS NULL OR said.judgements IS NOT NULL)
        AND NOT EXISTS (
            SELECT 1 FROM experiment_judgement AS own WHERE own.observation = seen.number AND own.person = {}
        )
        AND ({} = '' OR job.submitted_by = {})
"""
"""Those that a person has not judged, of the jobs of one owner or of all; not those whose texts are the same."""
FIRST = " ORDER BY COALESCE(said.judgements, 0), seen.number LIMIT 1"
"""What nobody has judged comes first."""


class JudgementStore:
    """What people judge in the experiments of one database.

    Args:
        database: must be open while a method runs. Every method raises `DatabaseUnavailable` when it is not,
            or is lost.
    """

    def __init__(self, database: Database) -> None:
        self._database = database

    async def next_pair(self, experiment: str, person: str) -> tuple[JudgedPair | None, int, int]:
        """Return the next pair for a person, of the jobs that the caller may see; how many there are; how many were."""
        table, judgement = self._observations, self._judgements
        owner = sanitized(current_caller().owner or "")
        asked = (experiment, person, owner, owner)
        [counted] = await table.raw(f"SELECT COUNT(*) AS count FROM ({PAIRS}) AS pairs", *asked)  # noqa: S608 - our own
        rows = await table.raw(PAIRS + FIRST, *asked)
        known = table.select(table.number).where(table.experiment == experiment)
        judged = await judgement.count().where(judgement.observation.is_in(known) & (judgement.person == person))
        return (_pair(rows[0]) if rows else None), int(counted["count"]), int(judged)

    async def pair(self, experiment: str, number: int) -> JudgedPair | None:
        """Return a pair by its number, of the jobs that the caller may see, whoever has judged it; None: none."""
        owner = sanitized(current_caller().owner or "")
        asked = (experiment, "", owner, owner, number)
        rows = await self._observations.raw(f"{PAIRS} AND seen.number = {{}}", *asked)
        return _pair(rows[0]) if rows else None

    async def add_judgement(
        self, number: int, person: str, choice: Literal["a", "b", "equal", "neither"], left: Arm
    ) -> None:
        """Inside a transaction: store what a person says of a pair.

        Raises:
            Conflict: they said it already.
        """
        from orstt_core.db.failures import DuplicateRow

        table, now = self._judgements, await self._database.now()
        try:
            await table.insert(table(observation=number, person=person, at=now, choice=choice, left=left))
        except DuplicateRow as error:
            raise Conflict("You have judged this pair already.", hint="Ask for the next one.") from error

    async def judgements(self, experiment: str) -> dict[int, list[str]]:
        """Return what people said of the pairs of an experiment, by the numbers of those, each in order of time."""
        table, observation = self._judgements, self._observations
        known = observation.select(observation.number).where(observation.experiment == experiment)
        rows = (
            await table.select(table.observation, table.choice).where(table.observation.is_in(known)).order_by(table.at)
        )
        said: dict[int, list[str]] = {}
        for row in rows:
            said.setdefault(row["observation"], []).append(row["choice"])
        return said

    @property
    def _observations(self) -> type[ObservationRow]:
        from orstt_core.db.experiment_tables import ObservationRow

        return self._database.table(ObservationRow)

    @property
    def _judgements(self) -> type[JudgementRow]:
        from orstt_core.db.experiment_tables import JudgementRow

        return self._database.table(JudgementRow)


def _pair(row: dict[str, Any]) -> JudgedPair:
    return JudgedPair(
        observation=row["number"],
        digest=row["digest"],
        job=row["id"],
        filename=row["filename"],
        a=msgspec.json.decode(row["result"], type=Transcript),
        b=msgspec.json.decode(row["transcript"], type=Transcript),
    )
