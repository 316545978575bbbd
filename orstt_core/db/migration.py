"""A migration of SQL statements, as Piccolo runs it; the files in `migrations/` say which."""

from __future__ import annotations

from collections.abc import Iterable

from piccolo.apps.migrations.auto.migration_manager import MigrationManager
from piccolo.engine import engine_finder


def migration(
    migration_id: str, description: str, sqlite: Iterable[str], postgres: Iterable[str] | None = None
) -> MigrationManager:
    """Return what Piccolo runs.

    Args:
        migration_id: that of the file.
        description: what Piccolo lists it as.
        sqlite: the statements for SQLite, in order.
        postgres: those for PostgreSQL; None: the same.
    """
    manager = MigrationManager(migration_id=migration_id, app_name="orstt", description=description)

    async def run() -> None:
        engine = engine_finder()
        assert engine is not None
        statements = sqlite if postgres is None or engine.engine_type == "sqlite" else postgres
        for statement in statements:
            await engine.run_ddl(statement)

    manager.add_raw(run)
    return manager
