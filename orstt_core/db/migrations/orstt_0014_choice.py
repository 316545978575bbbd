"""Which model was chosen for a job's recording, and why, as JSON."""

from __future__ import annotations

from piccolo.apps.migrations.auto.migration_manager import MigrationManager

from orstt_core.db.migration import migration

ID = "orstt_0014_choice"
VERSION = "1.38.0"
DESCRIPTION = "The model that was chosen for a job"

STATEMENTS = ("ALTER TABLE transcription_job ADD COLUMN choice TEXT",)


async def forwards() -> MigrationManager:
    """Return what Piccolo runs."""
    return migration(ID, DESCRIPTION, STATEMENTS)
