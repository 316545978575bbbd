"""MeasurementStore: what transcriptions took. The only module that reads and writes these rows.

Each transcription is a row, and is added to the sums of its day at once: statistics read the sums alone, of which there
are few, and rows that become too old are simply removed.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from typing import TYPE_CHECKING, Any

import msgspec
from msgspec.structs import replace

from orstt_core.db.job_rows import sanitized
from orstt_core.db.measurement_records import Measured, Totals, totals_of
from orstt_core.types import MeasuredSetup, StatsQuery, TranscriptionFigures
from orstt_core.types.options import OptionValue

if TYPE_CHECKING:
    from piccolo.columns.combination import Where

    from orstt_core.db.database import Database
    from orstt_core.db.measurement_tables import DailyMeasurement, MeasuredSetupRow, TranscriptionMeasurement

SUMS = Totals.__struct_fields__
MOST_SETUPS = 50
"""New setups of a model that a day may have: whoever sends work chooses its options, and what each setup did is kept
for ever. Further ones are counted together, with `VARIOUS` for their settings."""
VARIOUS: dict[str, OptionValue] = {"various": True}
ADD_SETUP = "INSERT INTO measured_setup (digest, setup) VALUES ({}, {}) ON CONFLICT (digest) DO NOTHING"
LARGER = "CASE WHEN excluded.{0} > daily_measurement.{0} THEN excluded.{0} ELSE daily_measurement.{0} END"
BOTH = "daily_measurement.{0} + excluded.{0}"
SUM_UP = ", ".join(f"{name} = {(LARGER if name == 'peak_memory' else BOTH).format(name)}" for name in SUMS)
ADD_TO_DAY = f"""
    INSERT INTO daily_measurement (day, model, setup, {", ".join(SUMS)})
    VALUES ({", ".join(["{}"] * (3 + len(SUMS)))})
    ON CONFLICT (day, model, setup) DO UPDATE SET {SUM_UP}
"""  # noqa: S608 - made of this program's own names
SELECT = f"""
    SELECT model, setup, MIN(day) AS first_day, MAX(day) AS last_day,
        {", ".join(f"{'MAX' if name == 'peak_memory' else 'SUM'}({name}) AS {name}" for name in SUMS)}
    FROM daily_measurement
"""  # noqa: S608 - as above
LATEST = """
    SELECT MIN(day) AS day FROM (
        SELECT DISTINCT day, model FROM daily_measurement {where} ORDER BY day DESC LIMIT {limit}
    ) AS latest
"""


class MeasurementStore:
    """What was measured in one database.

    Args:
        database: must be open while a method runs. Every method raises `DatabaseUnavailable` when it is not,
            or is lost.
    """

    def __init__(self, database: Database) -> None:
        self._database = database

    async def add(self, model: str, setup: MeasuredSetup, figures: TranscriptionFigures) -> None:
        """Inside a transaction: keep the figures of a transcription that ends now."""
        model, values = sanitized(model), msgspec.structs.asdict(totals_of(figures))
        now, single = await self._database.now(), self._singles
        day = now.astimezone(UTC).date().isoformat()
        number = await self._number_of(model, setup, day)
        await single.insert(single(at=now, model=model, setup=number, **values))
        await self._days.raw(ADD_TO_DAY, day, model, number, *values.values())

    async def measured(self, query: StatsQuery, machine: str) -> list[Measured]:
        """Return what was measured: of each setup of a model, by days where the query asks for them, or one by one.

        Args:
            query: which; single transcriptions come newest first, and no more than its limit.
            machine: the one that `query.here` means.
        """
        table = self._setups
        known = {row["number"]: row["setup"] for row in await table.select()}
        setups = {number: msgspec.json.decode(text, type=MeasuredSetup) for number, text in known.items()}
        if query.here:
            setups = {number: setup for number, setup in setups.items() if setup.machine == machine}
        if not setups:
            return []
        single = query.by == "transcription"
        rows = await (self._single_rows(query, list(setups)) if single else self._sums(query, list(setups)))
        # One that was new when the rows were read is told the next time.
        return [_measured(row, setups[row["setup"]]) for row in rows if row["setup"] in setups]

    async def remove_before(self, when: datetime) -> None:
        """Remove single transcriptions that ended before; the sums of their days stay."""
        table = self._singles
        old = table.at < when
        if await table.exists().where(old):  # most questions end here, and take no lock
            async with self._database.transaction():
                await table.delete().where(old)

    async def _number_of(self, model: str, setup: MeasuredSetup, day: str) -> int:
        table, days = self._setups, self._days
        text, digest = _stored(setup)
        if not await table.exists().where(table.digest == digest):
            if await days.count().where((days.day == day) & (days.model == model)) >= MOST_SETUPS:
                text, digest = _stored(replace(setup, settings=VARIOUS))
            await table.raw(ADD_SETUP, digest, text)
        [row] = await table.select(table.number).where(table.digest == digest)
        return int(row["number"])

    async def _single_rows(self, query: StatsQuery, setups: list[int]) -> list[dict[str, Any]]:
        table = self._singles
        select = table.select().where(*_conditions(table, query))
        if query.here:
            select = select.where(table.setup.is_in(setups))
        rows: list[dict[str, Any]] = await (
            select.order_by(table.at, ascending=False).order_by(table.number, ascending=False).limit(query.limit)
        )
        return rows

    async def _sums(self, query: StatsQuery, setups: list[int]) -> list[dict[str, Any]]:
        conditions: list[tuple[str, Any]] = [
            *([("day >= {}", query.since.isoformat())] if query.since else []),
            *([("day <= {}", query.until.isoformat())] if query.until else []),
            *([("model = {}", query.model)] if query.model else []),
        ]
        numbers = f"setup IN ({', '.join(map(str, setups))})" if query.here else "1 = 1"
        grouped = "model, setup"
        if query.by == "day":
            grouped += ", day"
            # The limit is one of days of models, which may have several rows each.
            wanted = LATEST.format(where=_where(numbers, conditions), limit=query.limit)
            [first] = await self._days.raw(wanted, *(value for _, value in conditions))
            conditions.append(("day >= {}", first["day"] or ""))
        statement = f"{SELECT} {_where(numbers, conditions)} GROUP BY {grouped}"
        rows: list[dict[str, Any]] = await self._days.raw(statement, *(value for _, value in conditions))
        return rows

    @property
    def _setups(self) -> type[MeasuredSetupRow]:
        from orstt_core.db.measurement_tables import MeasuredSetupRow

        return self._database.table(MeasuredSetupRow)

    @property
    def _singles(self) -> type[TranscriptionMeasurement]:
        from orstt_core.db.measurement_tables import TranscriptionMeasurement

        return self._database.table(TranscriptionMeasurement)

    @property
    def _days(self) -> type[DailyMeasurement]:
        from orstt_core.db.measurement_tables import DailyMeasurement

        return self._database.table(DailyMeasurement)


def _stored(setup: MeasuredSetup) -> tuple[str, str]:
    """Return a setup as text, and what it is found by."""
    text = msgspec.json.encode(setup, order="sorted").decode()
    return text, hashlib.sha256(text.encode()).hexdigest()


def _where(fixed: str, conditions: list[tuple[str, Any]]) -> str:
    return f"WHERE {' AND '.join([fixed, *(text for text, _ in conditions)])}"


def _conditions(table: type[TranscriptionMeasurement], query: StatsQuery) -> Iterator[Where]:
    if query.since:
        yield table.at >= _midnight(query.since)
    if query.until and query.until < date.max:
        yield table.at < _midnight(query.until + timedelta(days=1))
    if query.model:
        yield table.model == query.model


def _midnight(day: date) -> datetime:
    return datetime.combine(day, time(), UTC)


def _measured(row: dict[str, Any], setup: MeasuredSetup) -> Measured:
    at: datetime | None = row.get("at")
    days = (row["first_day"], row["last_day"]) if at is None else (at.astimezone(UTC).date().isoformat(),) * 2
    return Measured(
        model=row["model"],
        setup=setup,
        setup_number=row["setup"],
        first_day=date.fromisoformat(days[0]),
        last_day=date.fromisoformat(days[1]),
        at=at,
        totals=Totals(**{name: row[name] for name in SUMS}),
    )
