"""Transcription jobs, their segments while they run, and the audit table.

The database itself refuses what must never happen, whoever writes: a finished transcript that changes, a job that
ends twice, a job that somebody else goes on with under the same attempt, an audit entry that changes or goes.
"""

from __future__ import annotations

from collections.abc import Iterator

from piccolo.apps.migrations.auto.migration_manager import MigrationManager

from orstt_core.db.migration import migration

ID = "orstt_0002_jobs"
VERSION = "1.38.0"
DESCRIPTION = "jobs and the audit table"

JOBS = """
    CREATE TABLE transcription_job (
        number {serial},
        id VARCHAR(64) {bytewise} NOT NULL UNIQUE CHECK (length(id) BETWEEN 1 AND 64),
        state VARCHAR(10) NOT NULL DEFAULT 'queued'
            CHECK (state IN ('queued', 'running', 'done', 'failed', 'cancelled')),
        filename TEXT NOT NULL,
        model_name TEXT NOT NULL,
        model TEXT NOT NULL,
        model_ref TEXT NOT NULL DEFAULT '',
        options TEXT NOT NULL,
        audio {bytes} NOT NULL,
        audio_owned BOOLEAN NOT NULL,
        audio_keep BOOLEAN NOT NULL,
        audio_until TIMESTAMPTZ,
        audio_gone BOOLEAN NOT NULL DEFAULT FALSE,
        sample_format TEXT,
        submitted_by TEXT NOT NULL,
        keep_alive DOUBLE PRECISION,
        waited BOOLEAN NOT NULL,
        idempotency_key TEXT,
        fingerprint TEXT NOT NULL DEFAULT '',
        worker TEXT NOT NULL DEFAULT '',
        attempt INTEGER NOT NULL DEFAULT 0,
        deaths INTEGER NOT NULL DEFAULT 0,
        restarts INTEGER NOT NULL DEFAULT 0,
        lease_until TIMESTAMPTZ,
        cancel_requested BOOLEAN NOT NULL DEFAULT FALSE,
        position DOUBLE PRECISION NOT NULL DEFAULT 0,
        duration DOUBLE PRECISION,
        text TEXT NOT NULL DEFAULT '',
        search TEXT NOT NULL DEFAULT '',
        result TEXT,
        error TEXT,
        created_at TIMESTAMPTZ NOT NULL,
        started_at TIMESTAMPTZ,
        finished_at TIMESTAMPTZ,
        CHECK (state <> 'running' OR (worker <> '' AND lease_until IS NOT NULL)),
        CHECK ((state = 'done') = (result IS NOT NULL)),
        CHECK ((state = 'failed') = (error IS NOT NULL)),
        CHECK ((state IN ('done', 'failed', 'cancelled')) = (finished_at IS NOT NULL))
    )
"""
SEGMENTS = """
    CREATE TABLE transcription_segment (
        job INTEGER NOT NULL REFERENCES transcription_job (number) ON DELETE CASCADE,
        ordinal INTEGER NOT NULL CHECK (ordinal >= 0),
        segment TEXT NOT NULL,
        PRIMARY KEY (job, ordinal)
    )
"""
AUDIT = """
    CREATE TABLE audit_entry (
        id {serial},
        at TIMESTAMPTZ NOT NULL,
        actor TEXT NOT NULL,
        action TEXT NOT NULL,
        subject TEXT NOT NULL,
        detail TEXT NOT NULL DEFAULT ''
    )
"""
INDEXES = (
    "CREATE UNIQUE INDEX transcription_job_key ON transcription_job (idempotency_key) WHERE idempotency_key IS NOT NULL",
    "CREATE INDEX transcription_job_state ON transcription_job (state, number)",
    "CREATE INDEX transcription_job_finished ON transcription_job (finished_at)",
)
RULES = {
    "an attempt never goes back": "NEW.attempt < OLD.attempt",
    "whoever takes a job begins a new attempt": """
        NEW.state = 'running' AND (OLD.state <> 'running' OR NEW.worker <> OLD.worker) AND NEW.attempt <= OLD.attempt
    """,
    "only a running job gets done": "NEW.state = 'done' AND OLD.state NOT IN ('running', 'done')",
    "a finished job stays as it is": """
        OLD.state = 'done'
        AND (NEW.state <> 'done' OR NEW.text <> OLD.text OR NEW.result IS NULL OR NEW.result <> OLD.result)
    """,
    "a job ends once, unless it is queued again": """
        OLD.state IN ('failed', 'cancelled') AND NEW.state NOT IN (OLD.state, 'queued')
    """,
}
APPEND_ONLY = "entries of the audit table are only ever added"


def sqlite_statements() -> Iterator[str]:
    """Yield the statements for SQLite."""
    # AUTOINCREMENT: the number of a removed job is never given to another one.
    columns = {"serial": "INTEGER PRIMARY KEY AUTOINCREMENT", "bytes": "BLOB", "bytewise": ""}
    yield JOBS.format(**columns)
    yield SEGMENTS
    yield AUDIT.format(**columns)
    yield from INDEXES
    for number, (message, broken) in enumerate(RULES.items()):
        yield f"""
            CREATE TRIGGER transcription_job_rule_{number} BEFORE UPDATE ON transcription_job
            WHEN {broken} BEGIN SELECT RAISE(ABORT, '{message}'); END
        """
    # For a program that does not ask for foreign keys, such as the `sqlite3` shell.
    yield """
        CREATE TRIGGER transcription_job_segments AFTER DELETE ON transcription_job
        BEGIN DELETE FROM transcription_segment WHERE job = OLD.number; END
    """
    refusals = {
        "UPDATE": "",
        "DELETE": "",
        # REPLACE removes the old row without a word to the other two.
        "INSERT": "WHEN EXISTS (SELECT 1 FROM audit_entry WHERE id = NEW.id)",
    }
    for event, when in refusals.items():
        yield f"""
            CREATE TRIGGER audit_entry_{event} BEFORE {event} ON audit_entry
            {when} BEGIN SELECT RAISE(ABORT, '{APPEND_ONLY}'); END
        """


def postgres_statements() -> Iterator[str]:
    """Yield the statements for PostgreSQL."""
    # Ids are looked up by their beginning: in the C collation an index serves that.
    columns = {"serial": "SERIAL PRIMARY KEY", "bytes": "BYTEA", "bytewise": 'COLLATE "C"'}
    yield JOBS.format(**columns)
    yield SEGMENTS
    yield AUDIT.format(**columns)
    yield from INDEXES
    checks = "\n".join(
        f"IF {broken} THEN RAISE integrity_constraint_violation USING MESSAGE = '{message}'; END IF;"
        for message, broken in RULES.items()
    )
    yield f"""
        CREATE FUNCTION orstt_check_job() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
            {checks}
            RETURN NEW;
        END $$
    """
    yield """
        CREATE TRIGGER check_job BEFORE UPDATE ON transcription_job
        FOR EACH ROW EXECUTE FUNCTION orstt_check_job()
    """
    yield f"""
        CREATE FUNCTION orstt_keep_audit() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
            RAISE integrity_constraint_violation USING MESSAGE = '{APPEND_ONLY}';
        END $$
    """
    yield """
        CREATE TRIGGER keep_audit BEFORE UPDATE OR DELETE OR TRUNCATE ON audit_entry
        FOR EACH STATEMENT EXECUTE FUNCTION orstt_keep_audit()
    """


async def forwards() -> MigrationManager:
    """Return what Piccolo runs."""
    return migration(ID, DESCRIPTION, sqlite_statements(), postgres_statements())
