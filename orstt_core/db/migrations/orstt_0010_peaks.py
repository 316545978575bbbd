"""How loud the recording of a job is over its time, and where speech was found in it."""

from __future__ import annotations

from piccolo.apps.migrations.auto.migration_manager import MigrationManager

from orstt_core.db.migration import migration

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
# For a program that does not ask for foreign keys, such as the `sqlite3` shell.
GO_WITH_THE_JOB = """
    CREATE TRIGGER transcription_job_peaks AFTER DELETE ON transcription_job
    BEGIN DELETE FROM job_peaks WHERE job = OLD.number; END
"""


async def forwards() -> MigrationManager:
    """Return what Piccolo runs."""
    return migration(ID, DESCRIPTION, [TABLE.format(bytes="BLOB"), GO_WITH_THE_JOB], [TABLE.format(bytes="BYTEA")])
