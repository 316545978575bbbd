"""Which job goes first, and from when on one that was put off may be begun again."""

from __future__ import annotations

from piccolo.apps.migrations.auto.migration_manager import MigrationManager
from piccolo.engine import engine_finder

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
    manager = MigrationManager(migration_id=ID, app_name="orstt", description=DESCRIPTION)

    async def run() -> None:
        engine = engine_finder()
        assert engine is not None
        for statement in STATEMENTS:
            await engine.run_ddl(statement)

    manager.add_raw(run)
    return manager
