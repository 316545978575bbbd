"""What people correct in finished transcripts: every revision, and the newest version that they make.

The database itself refuses what must never happen, whoever writes: a revision that changes, two that make the same
version, a newest version that goes back. Both go with their job.
"""

from __future__ import annotations

from collections.abc import Iterator

from piccolo.apps.migrations.auto.migration_manager import MigrationManager

from orstt_core.db.migration import migration

ID = "orstt_0009_corrections"
VERSION = "1.38.0"
DESCRIPTION = "Corrections of transcripts"

REVISIONS = """
    CREATE TABLE transcript_revision (
        job INTEGER NOT NULL REFERENCES transcription_job (number) ON DELETE CASCADE,
        version INTEGER NOT NULL CHECK (version > 0),
        at TIMESTAMPTZ NOT NULL,
        actor TEXT NOT NULL,
        kind VARCHAR(10) NOT NULL CHECK (kind IN ('edit', 'undo', 'redo')),
        of INTEGER CHECK ((kind = 'edit') = (of IS NULL)),
        changes TEXT NOT NULL,
        PRIMARY KEY (job, version)
    )
"""
CORRECTED = """
    CREATE TABLE corrected_transcript (
        job INTEGER NOT NULL PRIMARY KEY REFERENCES transcription_job (number) ON DELETE CASCADE,
        version INTEGER NOT NULL CHECK (version > 0),
        text TEXT NOT NULL,
        segments TEXT NOT NULL
    )
"""
STAYS = "revisions of a transcript are only ever added"
GOES_ON = "the version of a transcript only grows"


def sqlite_statements() -> Iterator[str]:
    """Yield the statements for SQLite."""
    yield REVISIONS
    yield CORRECTED
    # For a program that does not ask for foreign keys, such as the `sqlite3` shell.
    yield """
        CREATE TRIGGER transcription_job_corrections AFTER DELETE ON transcription_job
        BEGIN
            DELETE FROM transcript_revision WHERE job = OLD.number;
            DELETE FROM corrected_transcript WHERE job = OLD.number;
        END
    """
    yield f"""
        CREATE TRIGGER transcript_revision_stays BEFORE UPDATE ON transcript_revision
        BEGIN SELECT RAISE(ABORT, '{STAYS}'); END
    """
    yield f"""
        CREATE TRIGGER corrected_transcript_goes_on BEFORE UPDATE ON corrected_transcript
        WHEN NEW.version <= OLD.version BEGIN SELECT RAISE(ABORT, '{GOES_ON}'); END
    """


def postgres_statements() -> Iterator[str]:
    """Yield the statements for PostgreSQL."""
    yield REVISIONS
    yield CORRECTED
    for table, name, when, message in (
        ("transcript_revision", "revision_stays", "", STAYS),
        ("corrected_transcript", "version_goes_on", "WHEN (NEW.version <= OLD.version)", GOES_ON),
    ):
        yield f"""
            CREATE FUNCTION orstt_{name}() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
                RAISE integrity_constraint_violation USING MESSAGE = '{message}';
            END $$
        """
        yield f"""
            CREATE TRIGGER {name} BEFORE UPDATE ON {table}
            FOR EACH ROW {when} EXECUTE FUNCTION orstt_{name}()
        """


async def forwards() -> MigrationManager:
    """Return what Piccolo runs."""
    return migration(ID, DESCRIPTION, sqlite_statements(), postgres_statements())
