"""Why a job that waits was put off: a full disk, a suspended model, a machine without a process left."""

from __future__ import annotations

from piccolo.apps.migrations.auto.migration_manager import MigrationManager

from orstt_core.db.migration import migration

ID = "orstt_0004_put_off"
VERSION = "1.38.0"
DESCRIPTION = "Why a job was put off"

STATEMENTS = (
    """
    ALTER TABLE transcription_job ADD COLUMN put_off TEXT NOT NULL DEFAULT ''
        CHECK (put_off = '' OR state = 'queued')
    """,
    "ALTER TABLE transcription_job ADD COLUMN no_room INTEGER NOT NULL DEFAULT 0 CHECK (no_room >= 0)",
)


async def forwards() -> MigrationManager:
    """Return what Piccolo runs."""
    return migration(ID, DESCRIPTION, STATEMENTS)
