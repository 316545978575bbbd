"""Options of a model that belong to its engine, as JSON."""

from __future__ import annotations

from piccolo.apps.migrations.auto.migration_manager import MigrationManager

from orstt_core.db.migration import migration

ID = "orstt_0006_model_options"
VERSION = "1.38.0"
DESCRIPTION = "options of a model's engine"

STATEMENTS = ("ALTER TABLE api_sttmodel ADD COLUMN options TEXT NOT NULL DEFAULT '{}'",)


async def forwards() -> MigrationManager:
    """Return what Piccolo runs."""
    return migration(ID, DESCRIPTION, STATEMENTS)
