"""Experiments, what they found, and the texts that are judged.

What was found are figures, and stays; the texts go with the job that they came with. A recording that a second model
is still to transcribe counts as used, so that it stays until then.
"""

from __future__ import annotations

from collections.abc import Iterator

from piccolo.apps.migrations.auto.migration_manager import MigrationManager

from orstt_core.db.migration import migration

ID = "orstt_0015_experiments"
VERSION = "1.38.0"
DESCRIPTION = "Experiments"

STATEMENTS = (
    """
    CREATE TABLE experiment (
        id VARCHAR(16) PRIMARY KEY,
        name TEXT NOT NULL UNIQUE,
        created_at TIMESTAMPTZ NOT NULL,
        created_by TEXT NOT NULL,
        draft TEXT NOT NULL,
        setups TEXT NOT NULL,
        state VARCHAR(10) NOT NULL CHECK (state IN ('running', 'paused', 'stopped', 'promoted')),
        cause VARCHAR(10) NOT NULL DEFAULT '',
        reason TEXT NOT NULL DEFAULT '',
        changed_at TIMESTAMPTZ NOT NULL,
        spent DOUBLE PRECISION NOT NULL DEFAULT 0
    )
    """,
    """
    CREATE TABLE experiment_observation (
        number {serial},
        experiment VARCHAR(16) NOT NULL REFERENCES experiment (id) ON DELETE CASCADE,
        digest VARCHAR(69) NOT NULL,
        at TIMESTAMPTZ NOT NULL,
        arm VARCHAR(1) CHECK (arm IN ('a', 'b')),
        state VARCHAR(10) NOT NULL CHECK (state IN ('waiting', 'running', 'done', 'failed')),
        figures_a TEXT,
        figures_b TEXT,
        loss_a DOUBLE PRECISION CHECK (loss_a BETWEEN 0 AND 1),
        loss_b DOUBLE PRECISION CHECK (loss_b BETWEEN 0 AND 1),
        observed_at TIMESTAMPTZ,
        UNIQUE (experiment, digest)
    )
    """,
    """
    CREATE TABLE experiment_job (
        observation INTEGER PRIMARY KEY REFERENCES experiment_observation (number) ON DELETE CASCADE,
        job INTEGER NOT NULL REFERENCES transcription_job (number) ON DELETE CASCADE,
        recording VARCHAR(69) REFERENCES recording (id),
        worker TEXT NOT NULL DEFAULT '',
        lease_until TIMESTAMPTZ,
        transcript TEXT,
        compared_version INTEGER NOT NULL DEFAULT 0
    )
    """,
    "CREATE INDEX experiment_job_job ON experiment_job (job)",
    "CREATE INDEX experiment_job_recording ON experiment_job (recording)",
    """
    CREATE TABLE experiment_judgement (
        observation INTEGER NOT NULL REFERENCES experiment_observation (number) ON DELETE CASCADE,
        person TEXT NOT NULL,
        at TIMESTAMPTZ NOT NULL,
        choice VARCHAR(10) NOT NULL CHECK (choice IN ('a', 'b', 'equal', 'neither')),
        "left" VARCHAR(1) NOT NULL CHECK ("left" IN ('a', 'b')),
        PRIMARY KEY (observation, person)
    )
    """,
)

USED = "UPDATE recording SET uses = uses + 1 WHERE id = NEW.recording;"
RELEASED = "UPDATE recording SET uses = uses - 1 WHERE id = OLD.recording;"


def sqlite_statements() -> Iterator[str]:
    """Yield the statements for SQLite."""
    for statement in STATEMENTS:
        yield statement.format(serial="INTEGER PRIMARY KEY AUTOINCREMENT")
    yield f"CREATE TRIGGER experiment_job_used AFTER INSERT ON experiment_job BEGIN {USED} END"
    yield f"CREATE TRIGGER experiment_job_released AFTER DELETE ON experiment_job BEGIN {RELEASED} END"
    yield f"""
        CREATE TRIGGER experiment_job_exchanged AFTER UPDATE OF recording ON experiment_job
        BEGIN {RELEASED} {USED} END
    """
    # For a program that does not ask for foreign keys, such as the `sqlite3` shell.
    yield """
        CREATE TRIGGER transcription_job_experiments AFTER DELETE ON transcription_job
        BEGIN DELETE FROM experiment_job WHERE job = OLD.number; END
    """


def postgres_statements() -> Iterator[str]:
    """Yield the statements for PostgreSQL."""
    for statement in STATEMENTS:
        yield statement.format(serial="SERIAL PRIMARY KEY")
    # The function of 0005 counts whatever table has a column of that name.
    yield """
        CREATE TRIGGER count_recording AFTER INSERT OR DELETE OR UPDATE OF recording ON experiment_job
        FOR EACH ROW EXECUTE FUNCTION orstt_count_recording()
    """


async def forwards() -> MigrationManager:
    """Return what Piccolo runs."""
    return migration(ID, DESCRIPTION, sqlite_statements(), postgres_statements())
