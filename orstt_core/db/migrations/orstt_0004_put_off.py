"""Why a job that waits was put off: a full disk, a suspended model, a machine without a process left."""

from __future__ import annotations

from piccolo.apps.migrations.auto.migration_manager import MigrationManager
from piccolo.engine import engine_finder

ID = "orstt_0004_put_off"
VERSION = "1.38.0"
DESCRIPTION = "Why a job was put off"

COLUMNS = (
    "put_off TEXT NOT NULL DEFAULT '' CHECK (put_off = '' OR state = 'queued')",
    "no_room INTEGER NOT NULL DEFAULT 0 CHECK (no_room >= 0)",
)


async def forwards() -> MigrationManager:
    """Return what Piccolo runs."""
    manager = MigrationManager(migration_id=ID, app_name="orstt", description=DESCRIPTION)

    async def run() -> None:
        engine = engine_finder()
        assert engine is not None
        for column in COLUMNS:
            await engine.run_ddl(f"ALTER TABLE transcription_job ADD COLUMN {column}")

    manager.add_raw(run)
    return manager
