"""What transcriptions took: each by itself for a time, and for ever the sums of a day.

Setups are few and long, so that a row names one by its number. The rows of single transcriptions have the columns of
the sums, and so are added up alike.
"""

from __future__ import annotations

from collections.abc import Iterator

from piccolo.apps.migrations.auto.migration_manager import MigrationManager
from piccolo.engine import engine_finder

ID = "orstt_0011_measurements"
VERSION = "1.38.0"
DESCRIPTION = "Figures of transcriptions"

SETUPS = """
    CREATE TABLE measured_setup (
        number {serial},
        digest VARCHAR(64) NOT NULL UNIQUE,
        setup TEXT NOT NULL
    )
"""
SUMS = """
        transcriptions INTEGER NOT NULL,
        audio_seconds DOUBLE PRECISION NOT NULL,
        timed_audio_seconds DOUBLE PRECISION NOT NULL,
        seconds DOUBLE PRECISION NOT NULL,
        speech_seconds DOUBLE PRECISION NOT NULL,
        speech_count INTEGER NOT NULL,
        first_segment_seconds DOUBLE PRECISION NOT NULL,
        first_segment_count INTEGER NOT NULL,
        load_seconds DOUBLE PRECISION NOT NULL,
        load_count INTEGER NOT NULL,
        peak_memory BIGINT NOT NULL,
        confidence DOUBLE PRECISION NOT NULL,
        confidence_count INTEGER NOT NULL,
        windows INTEGER NOT NULL,
        repeated_windows INTEGER NOT NULL
"""
SINGLE = """
    CREATE TABLE transcription_measurement (
        number {serial},
        at TIMESTAMPTZ NOT NULL,
        model TEXT NOT NULL,
        setup INTEGER NOT NULL REFERENCES measured_setup (number),
        {sums}
    )
"""
DAILY = """
    CREATE TABLE daily_measurement (
        day VARCHAR(10) NOT NULL,
        model TEXT NOT NULL,
        setup INTEGER NOT NULL REFERENCES measured_setup (number),
        {sums},
        PRIMARY KEY (day, model, setup)
    )
"""
SERIAL = {"sqlite": "INTEGER PRIMARY KEY AUTOINCREMENT", "postgres": "SERIAL PRIMARY KEY"}


def statements(kind: str) -> Iterator[str]:
    """Yield the statements for a kind of database."""
    yield SETUPS.format(serial=SERIAL[kind])
    yield SINGLE.format(serial=SERIAL[kind], sums=SUMS.strip())
    yield "CREATE INDEX transcription_measurement_at ON transcription_measurement (at)"
    yield "CREATE INDEX transcription_measurement_model ON transcription_measurement (model, at)"
    yield DAILY.format(sums=SUMS.strip())
    # What was done to one model is asked for among all that was done to jobs.
    yield "CREATE INDEX audit_entry_subject ON audit_entry (subject, id)"


async def forwards() -> MigrationManager:
    """Return what Piccolo runs."""
    manager = MigrationManager(migration_id=ID, app_name="orstt", description=DESCRIPTION)

    async def run() -> None:
        engine = engine_finder()
        assert engine is not None
        for statement in statements(engine.engine_type):
            await engine.run_ddl(statement)

    manager.add_raw(run)
    return manager
