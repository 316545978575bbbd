"""Options of a model that belong to its engine, as JSON."""

from __future__ import annotations

from piccolo.apps.migrations.auto.migration_manager import MigrationManager
from piccolo.engine import engine_finder

ID = "orstt_0006_model_options"
VERSION = "1.38.0"
DESCRIPTION = "options of a model's engine"

COLUMN = "options TEXT NOT NULL DEFAULT '{}'"


async def forwards() -> MigrationManager:
    """Return what Piccolo runs."""
    manager = MigrationManager(migration_id=ID, app_name="orstt", description=DESCRIPTION)

    async def run() -> None:
        engine = engine_finder()
        assert engine is not None
        await engine.run_ddl(f"ALTER TABLE api_sttmodel ADD COLUMN {COLUMN}")

    manager.add_raw(run)
    return manager
