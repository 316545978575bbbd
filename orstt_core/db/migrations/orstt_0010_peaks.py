"""How loud the recording of a job is over its time, and where speech was found in it."""

from __future__ import annotations

from piccolo.apps.migrations.auto.migration_manager import MigrationManager
from piccolo.engine import engine_finder

ID = "orstt_0010_peaks"
VERSION = "1.38.0"
DESCRIPTION = "peaks of recordings"

TABLE = """
    CREATE TABLE job_peaks (
        job INTEGER NOT NULL PRIMARY KEY REFERENCES transcription_job (number) ON DELETE CASCADE,
        peaks {bytes} NOT NULL,
        speech TEXT NOT NULL
    )
"""
BYTES = {"sqlite": "BLOB", "postgres": "BYTEA"}
# For a program that does not ask for foreign keys, such as the `sqlite3` shell.
GO_WITH_THE_JOB = """
    CREATE TRIGGER transcription_job_peaks AFTER DELETE ON transcription_job
    BEGIN DELETE FROM job_peaks WHERE job = OLD.number; END
"""


async def forwards() -> MigrationManager:
    """Return what Piccolo runs."""
    manager = MigrationManager(migration_id=ID, app_name="orstt", description=DESCRIPTION)

    async def run() -> None:
        engine = engine_finder()
        assert engine is not None
        await engine.run_ddl(TABLE.format(bytes=BYTES[engine.engine_type]))
        if engine.engine_type == "sqlite":
            await engine.run_ddl(GO_WITH_THE_JOB)

    manager.add_raw(run)
    return manager
