"""API keys, and notices of ended jobs on their way to whoever asked for them.

A notice is written by the database itself in the statement that ends the job: there is one for each end, whichever
process writes it, and none is lost with the process.
"""

from __future__ import annotations

from collections.abc import Iterator

from piccolo.apps.migrations.auto.migration_manager import MigrationManager

from orstt_core.db.migration import migration

ID = "orstt_0003_keys_webhooks"
VERSION = "1.38.0"
DESCRIPTION = "API keys and webhooks"

KEYS = """
    CREATE TABLE api_key (
        number {serial},
        id VARCHAR(32) NOT NULL UNIQUE CHECK (length(id) BETWEEN 1 AND 32),
        name VARCHAR(100) NOT NULL UNIQUE CHECK (length(name) BETWEEN 1 AND 100),
        digest VARCHAR(64) NOT NULL CHECK (length(digest) = 64),
        scope VARCHAR(10) NOT NULL CHECK (scope IN ('transcribe', 'manage', 'admin')),
        requests_per_minute INTEGER NOT NULL DEFAULT 0 CHECK (requests_per_minute >= 0),
        concurrent_requests INTEGER NOT NULL DEFAULT 0 CHECK (concurrent_requests >= 0),
        created_at TIMESTAMPTZ NOT NULL,
        created_by TEXT NOT NULL,
        expires_at TIMESTAMPTZ,
        revoked_at TIMESTAMPTZ,
        last_used_at TIMESTAMPTZ
    )
"""
CALLBACK = "ALTER TABLE transcription_job ADD COLUMN callback_url TEXT NOT NULL DEFAULT ''"
NOTICES = """
    CREATE TABLE webhook_notice (
        number {serial},
        job VARCHAR(64) NOT NULL,
        attempt INTEGER NOT NULL,
        state VARCHAR(10) NOT NULL CHECK (state IN ('done', 'failed', 'cancelled')),
        finished_at TIMESTAMPTZ NOT NULL,
        url TEXT NOT NULL,
        tries INTEGER NOT NULL DEFAULT 0,
        due_at TIMESTAMPTZ NOT NULL,
        ended_at TIMESTAMPTZ,
        delivered BOOLEAN NOT NULL DEFAULT FALSE,
        reason TEXT NOT NULL DEFAULT ''
    )
"""
INDEX = "CREATE INDEX webhook_notice_due ON webhook_notice (due_at) WHERE ended_at IS NULL"

ENDS = "NEW.callback_url <> '' AND NEW.finished_at IS NOT NULL AND OLD.finished_at IS NULL"
NOTE = """
    INSERT INTO webhook_notice (job, attempt, state, finished_at, url, due_at)
    VALUES (NEW.id, NEW.attempt, NEW.state, NEW.finished_at, NEW.callback_url, NEW.finished_at);
"""
STAYS = "a revoked key stays revoked, and no key changes its secret or its scope"
CHANGES = """
    (OLD.revoked_at IS NOT NULL AND NEW.revoked_at IS NULL) OR NEW.digest <> OLD.digest OR NEW.scope <> OLD.scope
"""


def sqlite_statements() -> Iterator[str]:
    """Yield the statements for SQLite."""
    yield KEYS.format(serial="INTEGER PRIMARY KEY AUTOINCREMENT")
    yield CALLBACK
    yield NOTICES.format(serial="INTEGER PRIMARY KEY AUTOINCREMENT")
    yield INDEX
    yield f"CREATE TRIGGER webhook_notice_of_job AFTER UPDATE ON transcription_job WHEN {ENDS} BEGIN {NOTE} END"
    yield f"""
        CREATE TRIGGER api_key_stays BEFORE UPDATE ON api_key
        WHEN {CHANGES} BEGIN SELECT RAISE(ABORT, '{STAYS}'); END
    """


def postgres_statements() -> Iterator[str]:
    """Yield the statements for PostgreSQL."""
    yield KEYS.format(serial="SERIAL PRIMARY KEY")
    yield CALLBACK
    yield NOTICES.format(serial="SERIAL PRIMARY KEY")
    yield INDEX
    yield f"""
        CREATE FUNCTION orstt_note_end() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
            {NOTE}
            RETURN NULL;
        END $$
    """
    yield f"""
        CREATE TRIGGER note_end AFTER UPDATE ON transcription_job
        FOR EACH ROW WHEN ({ENDS}) EXECUTE FUNCTION orstt_note_end()
    """
    yield f"""
        CREATE FUNCTION orstt_keep_key() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
            RAISE integrity_constraint_violation USING MESSAGE = '{STAYS}';
        END $$
    """
    yield f"""
        CREATE TRIGGER keep_key BEFORE UPDATE ON api_key
        FOR EACH ROW WHEN ({CHANGES}) EXECUTE FUNCTION orstt_keep_key()
    """


async def forwards() -> MigrationManager:
    """Return what Piccolo runs."""
    return migration(ID, DESCRIPTION, sqlite_statements(), postgres_statements())
