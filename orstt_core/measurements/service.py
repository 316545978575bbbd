"""Measurements: what is asked of transcriptions that were measured, and how long each is kept by itself."""

from __future__ import annotations

from collections.abc import Callable, Hashable
from datetime import timedelta

from orstt_core.db.database import Database
from orstt_core.db.measurement_records import Measured
from orstt_core.db.measurements import MeasurementStore
from orstt_core.measurements.machine import machine_in_words
from orstt_core.measurements.statistics import joined
from orstt_core.types import Stats, StatsGrouping, StatsQuery
from orstt_core.types.jobs import LONGEST_DAYS

KEYS: dict[StatsGrouping, Callable[[Measured], Hashable]] = {
    "model": lambda measured: measured.model,
    "setup": lambda measured: (measured.model, measured.setup_number),
    "day": lambda measured: (measured.last_day, measured.model),
    "transcription": id,
}
"""What belongs together."""


class Measurements:
    """What was measured in one database.

    Args:
        database: must be open while a method runs.
        days: how long the figures of each transcription are kept; 0 not at all, -1 for ever.
    """

    def __init__(self, database: Database, days: float) -> None:
        self._database = database
        self._store = MeasurementStore(database)
        self._days = days

    async def stats(self, query: StatsQuery) -> list[Stats]:
        """See `Backend.stats`."""
        measured = await self._store.measured(query, machine_in_words())
        if query.by == "day":
            measured.sort(key=lambda each: (-each.last_day.toordinal(), each.model))
        elif query.by != "transcription":
            measured.sort(key=lambda each: (each.model, -each.last_day.toordinal()))
        return joined(measured, KEYS[query.by])[: query.limit]

    async def enforce(self) -> None:
        """Remove what is to be kept no longer; the sums of its days stay."""
        if self._days >= 0:
            now = await self._database.now()
            await self._store.remove_before(now - timedelta(days=min(self._days, LONGEST_DAYS)))
