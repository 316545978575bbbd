"""Lists of words to expect, their terms, and which of them a model always has."""

from __future__ import annotations

from piccolo.apps.migrations.auto.migration_manager import MigrationManager

from orstt_core.db.migration import migration

ID = "orstt_0008_vocabularies"
VERSION = "1.38.0"
DESCRIPTION = "Vocabulary lists"

STATEMENTS = (
    """
    CREATE TABLE vocabulary (
        number {serial},
        name VARCHAR(100) NOT NULL UNIQUE CHECK (length(name) BETWEEN 1 AND 100),
        description TEXT NOT NULL DEFAULT '',
        created_at TIMESTAMPTZ NOT NULL,
        updated_at TIMESTAMPTZ NOT NULL
    )
    """,
    """
    CREATE TABLE vocabulary_term (
        number {serial},
        vocabulary INTEGER NOT NULL REFERENCES vocabulary (number) ON DELETE CASCADE,
        term VARCHAR(100) NOT NULL CHECK (length(term) BETWEEN 1 AND 100),
        uses BIGINT NOT NULL DEFAULT 0 CHECK (uses >= 0),
        UNIQUE (vocabulary, term)
    )
    """,
    "ALTER TABLE api_sttmodel ADD COLUMN vocabulary TEXT NOT NULL DEFAULT '[]'",
)


def statements(serial: str) -> list[str]:
    """Return them with a database's own type for numbers that it gives."""
    return [statement.format(serial=serial) for statement in STATEMENTS]


async def forwards() -> MigrationManager:
    """Return what Piccolo runs."""
    return migration(ID, DESCRIPTION, statements("INTEGER PRIMARY KEY AUTOINCREMENT"), statements("SERIAL PRIMARY KEY"))
