"""DriftStore: by which figures models do worse than before, for as long as they do."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from orstt_core.db.database import Database
    from orstt_core.db.tables import ModelDrift


class DriftStore:
    """What was found in one database.

    Args:
        database: must be open while a method runs. Every method raises `DatabaseUnavailable` when it is not,
            or is lost.
    """

    def __init__(self, database: Database) -> None:
        self._database = database

    async def found(self, machine: str) -> dict[tuple[str, str], datetime]:
        """Return since when models do worse on a machine, by model and figure."""
        table = self._drift
        rows = await table.select().where(table.machine == machine)
        return {(row["model"], row["figure"]): row["found_at"] for row in rows}

    async def begin(self, machine: str, model: str, figure: str) -> None:
        """Inside a transaction: keep that a model does worse now."""
        table = self._drift
        await table.insert(table(machine=machine, model=model, figure=figure, found_at=await self._database.now()))

    async def end(self, machine: str, model: str, figure: str) -> None:
        """Inside a transaction: forget that it did."""
        table = self._drift
        await table.delete().where(table.machine == machine, table.model == model, table.figure == figure)

    @property
    def _drift(self) -> type[ModelDrift]:
        from orstt_core.db.tables import ModelDrift

        return self._database.table(ModelDrift)
