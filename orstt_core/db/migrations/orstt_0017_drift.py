"""What models do worse than before, so that it is told once; and notices that are of no job.

On SQLite a check cannot be taken off a column, so the notices move to a table without it.
"""

from __future__ import annotations

from collections.abc import Iterator

from piccolo.apps.migrations.auto.migration_manager import MigrationManager

from orstt_core.db.migration import migration
from orstt_core.db.migrations.orstt_0003_keys_webhooks import ENDS, INDEX, NOTE

ID = "orstt_0017_drift"
VERSION = "1.38.0"
DESCRIPTION = "Drift of models"

DRIFT = """
    CREATE TABLE model_drift (
        number {serial},
        machine TEXT NOT NULL,
        model TEXT NOT NULL,
        figure VARCHAR(20) NOT NULL,
        found_at TIMESTAMPTZ NOT NULL,
        UNIQUE (machine, model, figure)
    )
"""
OLD = "number, job, attempt, state, finished_at, url, tries, due_at, ended_at, delivered, reason"
STATES = "state IN ('done', 'failed', 'cancelled', '')"
BODY = "(job = '') = (body <> '') AND (state = '') = (body <> '')"
NOTICES = f"""
    CREATE TABLE webhook_notice_of_any (
        number INTEGER PRIMARY KEY AUTOINCREMENT,
        job VARCHAR(64) NOT NULL,
        attempt INTEGER NOT NULL,
        state VARCHAR(10) NOT NULL CHECK ({STATES}),
        finished_at TIMESTAMPTZ NOT NULL,
        url TEXT NOT NULL,
        tries INTEGER NOT NULL DEFAULT 0,
        due_at TIMESTAMPTZ NOT NULL,
        ended_at TIMESTAMPTZ,
        delivered BOOLEAN NOT NULL DEFAULT FALSE,
        reason TEXT NOT NULL DEFAULT '',
        body TEXT NOT NULL DEFAULT '' CHECK ({BODY})
    )
"""


def sqlite_statements() -> Iterator[str]:
    """Yield the statements for SQLite."""
    yield DRIFT.format(serial="INTEGER PRIMARY KEY AUTOINCREMENT")
    yield "DROP TRIGGER webhook_notice_of_job"
    yield NOTICES
    yield f"INSERT INTO webhook_notice_of_any ({OLD}) SELECT {OLD} FROM webhook_notice"  # noqa: S608 - fixed names
    yield "DROP TABLE webhook_notice"
    yield "ALTER TABLE webhook_notice_of_any RENAME TO webhook_notice"
    yield INDEX
    yield f"CREATE TRIGGER webhook_notice_of_job AFTER UPDATE ON transcription_job WHEN {ENDS} BEGIN {NOTE} END"


def postgres_statements() -> Iterator[str]:
    """Yield the statements for PostgreSQL."""
    yield DRIFT.format(serial="SERIAL PRIMARY KEY")
    yield "ALTER TABLE webhook_notice DROP CONSTRAINT webhook_notice_state_check"
    yield f"ALTER TABLE webhook_notice ADD CONSTRAINT webhook_notice_state_check CHECK ({STATES})"
    yield f"ALTER TABLE webhook_notice ADD COLUMN body TEXT NOT NULL DEFAULT '' CHECK ({BODY})"


async def forwards() -> MigrationManager:
    """Return what Piccolo runs."""
    return migration(ID, DESCRIPTION, sqlite_statements(), postgres_statements())
