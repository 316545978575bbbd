"""Benchmarks, and a result for each recording that a model transcribed in one, as JSON."""

from __future__ import annotations

from piccolo.apps.migrations.auto.migration_manager import MigrationManager

from orstt_core.db.migration import migration

ID = "orstt_0013_benchmarks"
VERSION = "1.38.0"
DESCRIPTION = "Benchmarks"

STATEMENTS = (
    """
    CREATE TABLE benchmark (
        id VARCHAR(16) PRIMARY KEY,
        created_at TIMESTAMPTZ NOT NULL,
        created_by TEXT NOT NULL,
        machine TEXT NOT NULL,
        draft TEXT NOT NULL
    )
    """,
    "CREATE INDEX benchmark_created_at ON benchmark (created_at)",
    """
    CREATE TABLE benchmark_result (
        number {serial},
        benchmark VARCHAR(16) NOT NULL REFERENCES benchmark (id) ON DELETE CASCADE,
        model TEXT NOT NULL,
        digest VARCHAR(64) NOT NULL,
        result TEXT NOT NULL,
        UNIQUE (benchmark, model, digest)
    )
    """,
)


async def forwards() -> MigrationManager:
    """Return what Piccolo runs."""
    kinds = ("INTEGER PRIMARY KEY AUTOINCREMENT", "SERIAL PRIMARY KEY")
    sqlite, postgres = ([statement.format(serial=kind) for statement in STATEMENTS] for kind in kinds)
    return migration(ID, DESCRIPTION, sqlite, postgres)
