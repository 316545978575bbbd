"""ExperimentStore: experiments, and the state that each is in. What they found is in `experiment_observations`."""

from __future__ import annotations

import builtins
from typing import TYPE_CHECKING, Any

import msgspec

from orstt_core.db.experiment_records import StoredExperiment
from orstt_core.db.job_rows import sanitized
from orstt_core.errors import ExperimentExists, ExperimentNotFound, InvalidRequest
from orstt_core.references import experiment_ref
from orstt_core.types import ExperimentDraft, ExperimentState, StopCause, to_json

if TYPE_CHECKING:
    from orstt_core.db.database import Database
    from orstt_core.db.experiment_tables import ExperimentRow


class ExperimentStore:
    """The experiments of one database.

    Args:
        database: must be open while a method runs. Every method raises `DatabaseUnavailable` when it is not,
            or is lost.
    """

    def __init__(self, database: Database) -> None:
        self._database = database

    async def list(self) -> builtins.list[StoredExperiment]:
        """Return all, the newest first."""
        table = self._experiments
        rows = await table.select().order_by(table.created_at, ascending=False).order_by(table.id)
        return [_stored(row) for row in rows]

    async def running(self) -> builtins.list[StoredExperiment]:
        """Return those that run, the oldest first."""
        table = self._experiments
        rows = await table.select().where(table.state == "running").order_by(table.created_at).order_by(table.id)
        return [_stored(row) for row in rows]

    async def get(self, name: str) -> StoredExperiment:
        """Return an experiment.

        Raises:
            ExperimentNotFound: none has that name.
        """
        table, name = self._experiments, experiment_ref(name)
        rows = await table.select().where(table.name == sanitized(name))
        if not rows:
            raise ExperimentNotFound(f"No experiment is called {name!r}.", hint="See `orstt experiments list`.")
        return _stored(rows[0])

    async def add(self, new: str, draft: ExperimentDraft, created_by: str, setups: tuple[str, str]) -> StoredExperiment:
        """Store an experiment that begins now, under a new id, and return it.

        Raises:
            ExperimentExists: one has that name.
            InvalidRequest: something in it cannot be stored.
        """
        from orstt_core.db.failures import DuplicateRow, RowRefused

        table, now = self._experiments, await self._database.now()
        row = table(
            id=new,
            name=draft.name,
            created_at=now,
            created_by=sanitized(created_by),
            draft=to_json(draft).decode(),
            setups=to_json(setups).decode(),
            state="running",
            changed_at=now,
        )
        try:
            await table.insert(row)
        except DuplicateRow as error:
            raise ExperimentExists(
                f"An experiment called {draft.name!r} exists already.", hint="Choose another name.", field="name"
            ) from error
        except RowRefused as error:
            raise InvalidRequest("The name holds characters that a database cannot store.", field="name") from error
        return await self.get(draft.name)

    async def change_state(
        self, experiment: str, state: ExperimentState, cause: StopCause = "", reason: str = ""
    ) -> bool:
        """Inside a transaction: change the state of an experiment, by its id; return whether it was another one.

        What ended meanwhile stays so; it may only be promoted after it stopped.
        """
        table = self._experiments
        values: dict[Any, Any] = {
            table.state: state,
            table.cause: cause,
            table.reason: sanitized(reason),
            table.changed_at: await self._database.now(),
        }
        before = ["running", "paused", *(["stopped"] if state == "promoted" else [])]
        other = (table.id == experiment) & (table.state != state) & table.state.is_in(before)
        return bool(await table.update(values).where(other).returning(table.id))

    async def add_spent(self, experiment: str, seconds: float) -> None:
        """Inside a transaction: count seconds that B computed for an experiment, by its id."""
        from piccolo.querystring import QueryString

        table = self._experiments
        await table.update({table.spent: QueryString("spent + {}", seconds)}).where(table.id == experiment)

    async def delete(self, experiment: str) -> None:
        """Inside a transaction: remove an experiment, by its id, with what it found."""
        table = self._experiments
        await table.delete().where(table.id == experiment)

    @property
    def _experiments(self) -> type[ExperimentRow]:
        from orstt_core.db.experiment_tables import ExperimentRow

        return self._database.table(ExperimentRow)


def _stored(row: dict[str, Any]) -> StoredExperiment:
    return StoredExperiment(
        id=row["id"],
        created_at=row["created_at"],
        created_by=row["created_by"],
        draft=msgspec.json.decode(row["draft"], type=ExperimentDraft),
        setups=msgspec.json.decode(row["setups"], type=tuple[str, str]),
        state=row["state"],
        cause=row["cause"],
        reason=row["reason"],
        changed_at=row["changed_at"],
        spent=row["spent"],
    )
