"""Recordings: one row for the same sound, however many jobs refer to it, in place of six columns of each job.

The database itself counts the jobs that refer to a recording, and refuses to let one go that a job still refers to, or
a job that waits or runs without one.
"""

from __future__ import annotations

from collections.abc import Iterator

from piccolo.apps.migrations.auto.migration_manager import MigrationManager

from orstt_core.db.migration import migration

ID = "orstt_0005_recordings"
VERSION = "1.38.0"
DESCRIPTION = "recordings"

RECORDINGS = """
    CREATE TABLE recording (
        id VARCHAR(69) NOT NULL PRIMARY KEY CHECK (length(id) = CASE WHEN owned THEN 64 ELSE 69 END),
        location {bytes} NOT NULL,
        owned BOOLEAN NOT NULL,
        sample_format TEXT,
        uses INTEGER NOT NULL DEFAULT 0 CHECK (uses >= 0)
    )
"""
REFERENCE = "ALTER TABLE transcription_job ADD COLUMN recording VARCHAR(69) REFERENCES recording (id)"
INDEX = "CREATE INDEX transcription_job_recording ON transcription_job (recording)"

NUMBER = "CAST(number AS TEXT)"
OLD_ID = f"""
    CASE WHEN audio_owned THEN '' ELSE 'file:' END || substr('{"0" * 64}' || {NUMBER}, length({NUMBER}) + 1)
"""
"""What names the recording of a job from before: the job's number. Reading gigabytes to name them by what they hold
would keep the program from starting; they are gone when their jobs are."""
MOVES = (
    f"""
    INSERT INTO recording (id, location, owned, sample_format, uses)
    SELECT {OLD_ID}, audio, audio_owned, sample_format, 1 FROM transcription_job WHERE NOT audio_gone
    """,  # noqa: S608 - made of this program's own names
    f"UPDATE transcription_job SET recording = {OLD_ID} WHERE NOT audio_gone",  # noqa: S608 - the same
    # They were made of other bytes than those of today: a known key is answered with its job, whatever is sent.
    "UPDATE transcription_job SET fingerprint = ''",
    "ALTER TABLE transcription_job RENAME COLUMN audio_until TO recording_until",
    "ALTER TABLE transcription_job RENAME COLUMN audio_keep TO recording_keep",
    *(
        f"ALTER TABLE transcription_job DROP COLUMN {column}"
        for column in ("audio", "audio_owned", "audio_gone", "sample_format")
    ),
)

USED = "UPDATE recording SET uses = uses + 1 WHERE id = NEW.recording;"
RELEASED = "UPDATE recording SET uses = uses - 1 WHERE id = OLD.recording;"
BEFORE_END = "NEW.state IN ('queued', 'running')"
MUST_HAVE = "a job that waits or runs has its recording"
CHANGES = "NEW.id <> OLD.id OR NEW.location <> OLD.location OR NEW.owned <> OLD.owned"
STAYS = "a recording stays what and where it is"
IN_USE = "a recording that a job refers to stays"


def sqlite_statements() -> Iterator[str]:
    """Yield the statements for SQLite."""
    yield RECORDINGS.format(bytes="BLOB")
    yield REFERENCE
    yield from MOVES
    yield INDEX
    yield f"CREATE TRIGGER recording_used AFTER INSERT ON transcription_job BEGIN {USED} END"
    yield f"CREATE TRIGGER recording_released AFTER DELETE ON transcription_job BEGIN {RELEASED} END"
    yield f"""
        CREATE TRIGGER recording_exchanged AFTER UPDATE OF recording ON transcription_job
        BEGIN {RELEASED} {USED} END
    """
    # For a program that does not ask for foreign keys, such as the `sqlite3` shell.
    lacks = f"{BEFORE_END} AND NOT EXISTS (SELECT 1 FROM recording WHERE id = NEW.recording)"  # noqa: S608 - our own
    for event in ("INSERT", "UPDATE"):
        yield f"""
            CREATE TRIGGER transcription_job_recording_{event} BEFORE {event} ON transcription_job
            WHEN {lacks} BEGIN SELECT RAISE(ABORT, '{MUST_HAVE}'); END
        """
    yield f"""
        CREATE TRIGGER recording_stays BEFORE UPDATE ON recording
        WHEN {CHANGES} BEGIN SELECT RAISE(ABORT, '{STAYS}'); END
    """
    yield f"""
        CREATE TRIGGER recording_in_use BEFORE DELETE ON recording
        WHEN OLD.uses > 0 BEGIN SELECT RAISE(ABORT, '{IN_USE}'); END
    """


def postgres_statements() -> Iterator[str]:
    """Yield the statements for PostgreSQL."""
    yield RECORDINGS.format(bytes="BYTEA")
    yield REFERENCE
    yield from MOVES
    yield INDEX
    yield f"""
        CREATE FUNCTION orstt_count_recording() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
            IF TG_OP <> 'INSERT' THEN {RELEASED} END IF;
            IF TG_OP <> 'DELETE' THEN {USED} END IF;
            RETURN NULL;
        END $$
    """
    yield """
        CREATE TRIGGER count_recording AFTER INSERT OR DELETE OR UPDATE OF recording ON transcription_job
        FOR EACH ROW EXECUTE FUNCTION orstt_count_recording()
    """
    for table, name, events, broken, message in (
        (
            "transcription_job",
            "has_recording",
            "INSERT OR UPDATE",
            f"{BEFORE_END} AND NEW.recording IS NULL",
            MUST_HAVE,
        ),
        ("recording", "recording_stays", "UPDATE", CHANGES, STAYS),
    ):
        yield f"""
            CREATE FUNCTION orstt_{name}() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
                RAISE integrity_constraint_violation USING MESSAGE = '{message}';
            END $$
        """
        yield f"""
            CREATE TRIGGER {name} BEFORE {events} ON {table}
            FOR EACH ROW WHEN ({broken}) EXECUTE FUNCTION orstt_{name}()
        """


async def forwards() -> MigrationManager:
    """Return what Piccolo runs."""
    return migration(ID, DESCRIPTION, sqlite_statements(), postgres_statements())
