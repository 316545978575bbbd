"""How quick statistics stay with a million transcriptions of ten years: `python -m bench.stats`, on SQLite."""

from __future__ import annotations

import asyncio
import sqlite3
import tempfile
import time
from datetime import UTC, datetime, timedelta
from pathlib import Path

import msgspec

from orstt_core.db.database import Database
from orstt_core.db.measurement_records import Totals, totals_of
from orstt_core.db.measurements import MeasurementStore
from orstt_core.measurements.service import Measurements
from orstt_core.types import MeasuredSetup, StatsQuery, TranscriptionFigures

TRANSCRIPTIONS, DAYS, MODELS, SETUPS = 1_000_000, 3650, 8, 16
FIGURES = TranscriptionFigures(
    audio_seconds=60.0,
    speech_seconds=40.0,
    seconds=5.0,
    first_segment_seconds=0.4,
    peak_memory=300_000_000,
    confidence=0.8,
    windows=8,
    repeated_windows=1,
)
QUERIES = {
    "by model": StatsQuery(),
    "by setup": StatsQuery(by="setup"),
    "by day, the latest 1,000": StatsQuery(by="day"),
    "one by one, the latest 1,000": StatsQuery(by="transcription"),
}
TIMES = 5


async def main() -> None:
    """Fill a database, and print what each question takes, the quickest of several."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "stats.sqlite"
        async with Database(f"sqlite:///{path}") as database:
            store = MeasurementStore(database)
            for number in range(SETUPS):
                async with database.transaction():
                    await store.add("first", MeasuredSetup(settings={"workers": number}), FIGURES)
        _fill(path)
        print(f"{path.stat().st_size >> 20} MiB")
        async with Database(f"sqlite:///{path}") as database:
            measurements = Measurements(database, 90.0)
            for words, query in QUERIES.items():
                times = []
                for _ in range(TIMES):
                    began = time.perf_counter()
                    await measurements.stats(query)
                    times.append(time.perf_counter() - began)
                print(f"{words}: {min(times) * 1000:.0f} ms")
            for words in ("nine years and nine months removed", "nothing to remove"):
                began = time.perf_counter()
                await measurements.enforce()
                print(f"{words}: {(time.perf_counter() - began) * 1000:.0f} ms")


def _fill(path: Path) -> None:
    """Store the transcriptions of all these days, as many a day."""
    names = Totals.__struct_fields__
    values = list(msgspec.structs.asdict(totals_of(FIGURES)).values())
    now, step = datetime.now(UTC), timedelta(days=DAYS) / TRANSCRIPTIONS
    rows = (
        (str(now - step * (TRANSCRIPTIONS - number)), f"model-{number % MODELS}", number % SETUPS + 1, *values)
        for number in range(TRANSCRIPTIONS)
    )
    columns, marks = ", ".join(names), ", ".join("?" * (3 + len(names)))
    sums = ", ".join(f"MAX({name})" if name == "peak_memory" else f"SUM({name})" for name in names)
    with sqlite3.connect(path) as database:
        database.executemany(
            f"INSERT INTO transcription_measurement (at, model, setup, {columns}) VALUES ({marks})", rows
        )
        database.execute(f"""
            INSERT INTO daily_measurement (day, model, setup, {columns})
            SELECT substr(at, 1, 10), model, setup, {sums} FROM transcription_measurement
            WHERE model <> 'first' GROUP BY 1, 2, 3
        """)
    database.close()


if __name__ == "__main__":
    asyncio.run(main())
