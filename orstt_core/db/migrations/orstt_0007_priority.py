"""Which job goes first, and from when on one that was put off may be begun again."""

from __future__ import annotations

from piccolo.apps.migrations.auto.migration_manager import MigrationManager

from orstt_core.db.migration import migration

ID = "orstt_0007_priority"
VERSION = "1.38.0"
DESCRIPTION = "Priority of jobs, and when they are due"

STATEMENTS = (
    """
    ALTER TABLE transcription_job ADD COLUMN priority VARCHAR(20) NOT NULL DEFAULT 'background'
        CHECK (priority IN ('interactive', 'background'))
    """,
    "ALTER TABLE transcription_job ADD COLUMN due_at TIMESTAMPTZ",
    "UPDATE transcription_job SET priority = 'interactive' WHERE waited AND state IN ('queued', 'running')",
    # A queued job of nobody's with a lease was one that was put off.
    """
    UPDATE transcription_job SET due_at = lease_until, lease_until = NULL
    WHERE state = 'queued' AND worker = '' AND lease_until IS NOT NULL
    """,
)


async def forwards() -> MigrationManager:
    """Return what Piccolo runs."""
    return migration(ID, DESCRIPTION, STATEMENTS)
