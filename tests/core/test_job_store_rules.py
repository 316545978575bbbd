"""What the database itself refuses about jobs and the audit table, attacked by SQL past the program."""

import sqlite3
from contextlib import suppress

import asyncpg
import pytest
from postgres import raw_sql
from stored_jobs import a_transcript, added, an_upload, claimed, open_store, segments

from orstt_core.db.audit import AuditLog
from orstt_core.db.jobs import JobStore

REFUSED = (sqlite3.IntegrityError, asyncpg.IntegrityConstraintViolationError)

ON_DONE = [
    "UPDATE transcription_job SET result = 'x'",
    "UPDATE transcription_job SET result = NULL",
    "UPDATE transcription_job SET text = ''",
    "UPDATE transcription_job SET state = 'queued', result = NULL, finished_at = NULL",
    "UPDATE transcription_job SET state = 'failed', result = NULL, error = 'x'",
    "UPDATE transcription_job SET attempt = attempt - 1",
]
ON_RUNNING = [
    "UPDATE transcription_job SET worker = 'thief'",
    "UPDATE transcription_job SET worker = ''",
    "UPDATE transcription_job SET lease_until = NULL",
    "UPDATE transcription_job SET state = 'lost'",
    "UPDATE transcription_job SET state = 'done'",
    "UPDATE transcription_job SET state = 'failed', error = 'x'",
    "UPDATE transcription_job SET state = 'done', finished_at = CURRENT_TIMESTAMP",
]
ON_QUEUED = [
    "UPDATE transcription_job SET state = 'done', result = 'x', finished_at = CURRENT_TIMESTAMP",
    "UPDATE transcription_job SET state = 'running', worker = 'thief', lease_until = CURRENT_TIMESTAMP",
    "UPDATE transcription_job SET error = 'x'",
    "UPDATE transcription_job SET finished_at = CURRENT_TIMESTAMP",
]
ON_CANCELLED = [
    "UPDATE transcription_job SET state = 'done', result = 'x'",
    "UPDATE transcription_job SET state = 'failed', error = 'x'",
    "UPDATE transcription_job SET state = 'running', worker = 'thief', lease_until = CURRENT_TIMESTAMP, attempt = 9",
]
ON_RECORDINGS = [
    "UPDATE transcription_job SET recording = NULL",
    "UPDATE transcription_job SET recording = 'another'",
    "UPDATE recording SET location = 'elsewhere'",
    "UPDATE recording SET id = 'another'",
    "UPDATE recording SET owned = FALSE",
    "UPDATE recording SET uses = -1",
    "DELETE FROM recording",
]
ADD_REVISION = [
    """INSERT INTO transcript_revision (job, version, at, actor, kind, changes)
        SELECT number, 1, created_at, 'user alice', 'edit', '[]' FROM transcription_job""",
    "INSERT INTO corrected_transcript SELECT number, 1, 'mended', '[]' FROM transcription_job",
]
ON_REVISIONS = [
    *ADD_REVISION,
    "UPDATE transcript_revision SET actor = 'user nobody'",
    "UPDATE transcript_revision SET changes = '[1]'",
    "UPDATE corrected_transcript SET text = 'x'",
    "UPDATE corrected_transcript SET version = 0",
]
ON_AUDIT = [
    "UPDATE audit_entry SET actor = 'user nobody'",
    "UPDATE audit_entry SET at = CURRENT_TIMESTAMP WHERE id = 1",
    "DELETE FROM audit_entry",
    "DELETE FROM audit_entry WHERE id = 1",
]
ON_AUDIT_OF_SQLITE = [
    "UPDATE OR REPLACE audit_entry SET id = 2 WHERE id = 1",
    "REPLACE INTO audit_entry (id, at, actor, action, subject) VALUES (1, 'x', 'x', 'x', 'x')",
    "INSERT INTO audit_entry VALUES (1, 'x', 'x', 'x', 'x', '') ON CONFLICT (id) DO UPDATE SET actor = 'x'",
]


async def refuses(url: str, attacks: list[str]) -> None:
    job = "SELECT state, worker, attempt, text, result, error FROM transcription_job"
    before = await raw_sql(url, job)
    assert len(before) == 1
    for attack in attacks:
        with pytest.raises(REFUSED):
            print(attack, await raw_sql(url, attack))
        assert await raw_sql(url, job) == before, attack


async def test_a_queued_job_can_neither_end_well_nor_run_without_being_begun(
    database_url: str, store: JobStore
) -> None:
    await added(store)
    await refuses(database_url, ON_QUEUED)


async def test_a_running_job_has_a_worker_and_a_lease_and_nobody_takes_it_under_the_same_attempt(
    database_url: str, store: JobStore
) -> None:
    await added(store)
    await claimed(store)
    await refuses(database_url, ON_RUNNING)


async def test_a_result_cannot_be_overwritten(database_url: str, store: JobStore) -> None:
    await added(store)
    await store.attempts.finish((await claimed(store)).claim, a_transcript("kept"))
    await refuses(database_url, ON_DONE)


async def test_a_job_that_waits_keeps_its_recording(database_url: str, store: JobStore) -> None:
    await added(store)
    recordings = "SELECT id, location, owned, uses FROM recording"
    before = await raw_sql(database_url, recordings)
    assert [uses for *_, uses in before] == [1]
    await refuses(database_url, ON_RECORDINGS)
    assert await raw_sql(database_url, recordings) == before


async def test_the_jobs_of_a_recording_are_counted_whoever_changes_them(database_url: str, store: JobStore) -> None:
    upload = an_upload()
    for _ in range(3):
        await store.submissions.request_cancel(await added(store, recording=upload))
    uses = "SELECT uses FROM recording"
    assert await raw_sql(database_url, uses) == [(3,)]
    await raw_sql(
        database_url, "DELETE FROM transcription_job WHERE number = (SELECT max(number) FROM transcription_job)"
    )
    assert await raw_sql(database_url, uses) == [(2,)]
    await raw_sql(database_url, "UPDATE transcription_job SET recording = NULL")
    assert await raw_sql(database_url, uses) == [(0,)]
    await raw_sql(database_url, f"UPDATE transcription_job SET recording = '{upload.id}'")
    assert await raw_sql(database_url, uses) == [(2,)]


async def test_a_cancelled_job_does_not_end_again(database_url: str, store: JobStore) -> None:
    await store.submissions.request_cancel(await added(store))
    await refuses(database_url, ON_CANCELLED)


async def test_removing_a_job_by_hand_leaves_no_segment_behind(database_url: str, store: JobStore) -> None:
    await added(store)
    await store.attempts.record((await claimed(store)).claim, segments("a"), first=0, position=2.0)
    assert await raw_sql(database_url, "SELECT count(*) FROM transcription_segment") == [(1,)]
    await raw_sql(database_url, "DELETE FROM transcription_job")
    assert await raw_sql(database_url, "SELECT count(*) FROM transcription_segment") == [(0,)]


async def test_the_audit_table_cannot_be_changed(database_url: str) -> None:
    rows = "SELECT id, at, actor, action, subject, detail FROM audit_entry ORDER BY id"
    async with open_store(database_url) as store:
        for name in ("first", "second"):
            await AuditLog(store.database).add("user alice", "job.deleted", name)
        before = await raw_sql(database_url, rows)
        assert len(before) == 2
        for attack in ON_AUDIT + ["TRUNCATE audit_entry"] * database_url.startswith("postgres"):
            with pytest.raises(REFUSED, match="only ever added"):
                await raw_sql(database_url, attack)
        for attack in ON_AUDIT_OF_SQLITE * database_url.startswith("sqlite"):
            with suppress(*REFUSED):  # OR REPLACE need not raise
                await raw_sql(database_url, attack)
        assert await raw_sql(database_url, rows) == before
        await AuditLog(store.database).add("user alice", "job.deleted", "third")
        assert len(await raw_sql(database_url, rows)) == 3


async def test_a_revision_of_a_transcript_is_never_changed_and_goes_with_its_job(
    database_url: str, store: JobStore
) -> None:
    await added(store)
    await store.attempts.finish((await claimed(store)).claim, a_transcript("kept"))
    for statement in ADD_REVISION:
        await raw_sql(database_url, statement)
    for attack in ON_REVISIONS:
        with pytest.raises(REFUSED):
            print(attack, await raw_sql(database_url, attack))
    await raw_sql(database_url, "DELETE FROM transcription_job")
    for table in ("transcript_revision", "corrected_transcript"):
        assert await raw_sql(database_url, f"SELECT count(*) FROM {table}") == [(0,)]
