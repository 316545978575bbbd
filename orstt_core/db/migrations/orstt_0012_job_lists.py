"""Indexes for long lists of jobs: sorted, filtered, and summed up."""

from __future__ import annotations

from piccolo.apps.migrations.auto.migration_manager import MigrationManager

from orstt_core.db.migration import migration

ID = "orstt_0012_job_lists"
VERSION = "1.38.0"
DESCRIPTION = "lists of jobs"

INDEXES = (
    "CREATE INDEX transcription_job_length ON transcription_job ((COALESCE(duration, -1)), number)",
    "CREATE INDEX transcription_job_file ON transcription_job ((substr(lower(filename{bytewise}), 1, 200)), number)",
    "CREATE INDEX transcription_job_model ON transcription_job ({model}, number)",
    "CREATE INDEX transcription_job_created ON transcription_job (created_at)",
    # Holds all that the sums over a list are of, so that no row is read for them.
    "CREATE INDEX transcription_job_sums ON transcription_job (state, model_name, created_at, duration)",
)
# PostgreSQL compares in the order of bytes, as SQLite does, whatever the language of the database is.
WORDS = {
    "sqlite": {"bytewise": "", "model": "model_name"},
    "postgres": {"bytewise": ' COLLATE "C"', "model": '(model_name COLLATE "C")'},
}


async def forwards() -> MigrationManager:
    """Return what Piccolo runs."""
    sqlite, postgres = ([statement.format(**words) for statement in INDEXES] for words in WORDS.values())
    return migration(ID, DESCRIPTION, sqlite, postgres)
