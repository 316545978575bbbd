"""What a job was made for: its transcript, or a benchmark. All that there are before count as made for a transcript."""

from __future__ import annotations

from piccolo.apps.migrations.auto.migration_manager import MigrationManager

from orstt_core.db.migration import migration

ID = "orstt_0019_purpose"
VERSION = "1.38.0"
DESCRIPTION = "What a job was made for"

STATEMENTS = ("ALTER TABLE transcription_job ADD COLUMN purpose VARCHAR(20) NOT NULL DEFAULT 'transcript'",)


async def forwards() -> MigrationManager:
    """Return what Piccolo runs."""
    return migration(ID, DESCRIPTION, STATEMENTS)
