"""How jobs end, begin again and go, and what becomes of their recordings; and who did it, in the audit table."""

import asyncio
from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest
from postgres import raw_sql
from stored_jobs import (
    BASE,
    a_new_job,
    a_persons_own_file,
    a_transcript,
    added,
    an_upload,
    claimed,
    nothing_for,
    open_store,
    queue_in,
    segments,
)

from orstt_core.db.audit import AuditLog
from orstt_core.db.job_records import QueueLimit
from orstt_core.db.jobs import JobStore
from orstt_core.db.recordings import RecordingIndex, RecordingSource
from orstt_core.errors import AudioUnreadable, Busy, JobEnded, JobNotEnded, JobNotFound, RecordingGone
from orstt_core.types import Peaks, problem

UNREADABLE = problem(AudioUnreadable("It is not a recording."))
LONG_AGO = datetime.now(UTC) - timedelta(days=1)
SOON = datetime.now(UTC) + timedelta(days=1)


async def failed(store: JobStore, **changes: Any) -> str:
    name = await added(store, **changes)
    assert await store.attempts.fail((await claimed(store)).claim, UNREADABLE)
    return name


async def done(store: JobStore, **changes: Any) -> str:
    name = await added(store, **changes)
    assert await store.attempts.finish((await claimed(store)).claim, a_transcript("yes"))
    return name


async def let_go(store: JobStore) -> list[RecordingSource]:
    """Let go of what jobs need no more, and return what nobody needs."""
    await store.retention.release_recordings()
    return await RecordingIndex(store.database).remove_unused()


async def test_a_queued_job_is_cancelled_at_once(store: JobStore) -> None:
    name = await added(store)
    job = await store.submissions.request_cancel(name[:6])
    assert (job.id, job.state) == (name, "cancelled")
    assert await nothing_for(store, "one")
    assert await store.submissions.request_cancel(name) == job


async def test_a_running_jobs_worker_is_told_to_cancel_it(store: JobStore) -> None:
    name = await added(store)
    claim = (await claimed(store, "one")).claim
    assert (await store.submissions.request_cancel(name)).state == "running"
    assert (await queue_in(store).heartbeat("one")).cancel == {name}
    assert await store.attempts.cancelled(claim)
    assert (await store.reads.get(name)).state == "cancelled"
    assert (await queue_in(store).heartbeat("one")).held == {}


async def test_an_ended_job_cannot_be_cancelled(store: JobStore) -> None:
    for name, state in ((await done(store), "done"), (await failed(store), "failed")):
        with pytest.raises(JobEnded, match=f"{name} is {state} already"):
            await store.submissions.request_cancel(name)


async def test_a_cancel_that_races_the_end_leaves_one_end(database_url: str) -> None:
    async def cancel(store: JobStore, name: str) -> str:
        try:
            return (await store.submissions.request_cancel(name)).state
        except JobEnded:
            return "too late"

    async with open_store(database_url) as one, open_store(database_url) as other:
        for _ in range(10):
            name = await added(one)
            claim = (await claimed(one)).claim
            _, finished, was_cancelled = await asyncio.gather(
                cancel(other, name), one.attempts.finish(claim, a_transcript("yes")), other.attempts.cancelled(claim)
            )
            assert finished != was_cancelled
            job = await one.reads.get(name)
            assert job.state == ("done" if finished else "cancelled")
            assert (job.result is not None) == finished


async def test_a_failed_job_can_be_begun_anew_with_another_model(store: JobStore) -> None:
    name = await added(store, model_ref="base", waited=True, recording=a_persons_own_file())
    for _ in range(2):
        claim = (await claimed(store, "dies", lease=0)).claim
        claim = (await claimed(store, "one")).claim
        await store.attempts.record(claim, segments("a"), first=0, position=2.0, duration=9.0)
        await store.attempts.fail(claim, UNREADABLE)
        small = msgspec.structs.replace(BASE, name="small", model="small")
        job = await store.submissions.retry(name, model=small)
        assert (job.id, job.state, job.model, job.error, job.segments) == (name, "queued", "small", None, [])
        assert (job.position, job.duration, job.text, job.started_at, job.finished_at) == (0.0, None, "", None, None)
    task = await claimed(store)
    assert (task.claim.attempt, task.model, task.segments, task.waited) == (5, small, [], False)
    assert (await store.reads.since(name, 0)).restarts == 2


async def test_a_job_is_not_begun_anew_past_the_limit_of_the_queue(store: JobStore) -> None:
    name = await added(store)
    await store.submissions.request_cancel(name)
    await added(store)
    with pytest.raises(Busy):
        await store.submissions.retry(name, model=BASE, limit=QueueLimit(1))
    assert (await store.reads.get(name)).state == "cancelled"
    assert (await store.submissions.retry(name, model=BASE, limit=QueueLimit(2))).state == "queued"


async def test_a_retried_cancelled_job_goes_on_and_is_not_cancelled_again(store: JobStore) -> None:
    name = await added(store)
    claim = (await claimed(store)).claim
    for model, kept in ((BASE, segments("a")), (msgspec.structs.replace(BASE, model="small"), [])):
        await store.attempts.record(claim, segments("a"), first=0, position=2.0, duration=9.0)
        await store.submissions.request_cancel(name)
        await store.attempts.cancelled(claim)
        await store.submissions.retry(name, model=model)
        task = await claimed(store, "one")
        assert (task.claim.job, task.segments) == (name, kept), "another model begins anew"
        claim = task.claim
    assert (await queue_in(store).heartbeat("one")).cancel == frozenset()


async def test_only_a_failed_or_cancelled_job_is_begun_anew(store: JobStore) -> None:
    finished = await done(store)
    running = await added(store)
    await claimed(store)
    for name, state in ((finished, "done"), (running, "running"), (await added(store), "queued")):
        with pytest.raises(JobNotEnded, match=f"{name} is {state}"):
            await store.submissions.retry(name, model=BASE)


async def test_an_upload_is_kept_for_a_retry_for_a_while(database_url: str) -> None:
    async with open_store(database_url, retry_minutes=15) as store:
        job = await store.reads.get(await failed(store))
        assert job.retry_until is not None
        assert job.finished_at is not None
        assert job.retry_until - job.finished_at == timedelta(minutes=15)
        assert await let_go(store) == []
        assert (await store.reads.get(job.id)).recording
    async with open_store(database_url, retry_minutes=0) as store:
        upload = an_upload()
        name = await failed(store, recording=upload)
        job = await store.reads.get(name)
        assert (job.retry_until, job.recording) == (None, "")  # also before it is removed
        assert await let_go(store) == [upload]
        with pytest.raises(RecordingGone, match=r"was removed.*retry_minutes"):
            await store.submissions.retry(name, model=BASE)


async def test_an_upload_that_is_needed_no_more_goes_at_once(store: JobStore) -> None:
    over = [await done(store), await failed(store, waited=True), await added(store, waited=True)]
    await store.submissions.request_cancel(over[2])
    assert len(await let_go(store)) == 3
    assert await let_go(store) == []
    for name in over[1:]:
        with pytest.raises(RecordingGone):
            await store.submissions.retry(name, model=BASE)


@pytest.mark.parametrize("recording", [a_persons_own_file(), an_upload()], ids=["own file", "kept"])
async def test_a_persons_own_file_and_a_kept_upload_stay(store: JobStore, recording: RecordingSource) -> None:
    changes = {"recording": recording, "keep_recording": recording.owned}
    names = [await done(store, **changes), await failed(store, **changes, waited=True)]
    assert await let_go(store) == []
    for job in [await store.reads.get(name) for name in names]:
        assert (job.retry_until, job.recording) == (None, recording.id)
    assert (await store.submissions.retry(names[1], model=BASE)).state == "queued"


async def test_an_ended_job_can_be_removed_and_nothing_of_it_stays(store: JobStore) -> None:
    upload = an_upload()
    name = await added(store, recording=upload, keep_recording=True)
    claim = (await claimed(store)).claim
    with pytest.raises(JobNotEnded, match=f"orstt jobs cancel {name}"):
        await store.retention.delete(name)
    await store.attempts.record(claim, segments("a"), first=0, position=2.0)
    await store.attempts.fail(claim, UNREADABLE)
    before = await store.reads.get(name)
    assert await store.retention.delete(name[:5]) == before
    assert await let_go(store) == [upload]
    with pytest.raises(JobNotFound):
        await store.reads.get(name)
    url = store.database._url
    for table in ("transcription_job", "transcription_segment", "recording"):
        assert await raw_sql(url, f"SELECT count(*) FROM {table}") == [(0,)]


async def test_a_purge_removes_what_ended_by_then_and_nothing_else(store: JobStore) -> None:
    uploads = [an_upload(), an_upload()]
    old = [await done(store, recording=uploads[0]), await failed(store, recording=uploads[1])]
    running = await added(store)
    await claimed(store)
    queued = await added(store)
    assert await store.retention.purge(LONG_AGO) == 0
    assert await store.retention.purge(SOON) == 2
    gone = await let_go(store)
    assert {source.id for source in gone} == {upload.id for upload in uploads}
    for name in old:
        with pytest.raises(JobNotFound):
            await store.reads.get(name)
    assert [(await store.reads.get(name)).state for name in (running, queued)] == ["running", "queued"]


async def test_what_was_purged_is_overwritten_in_the_file_of_sqlite(tmp_path: Path) -> None:
    path = tmp_path / "orstt.sqlite"
    async with open_store(f"sqlite:///{path}") as store:
        await added(store)
        claim = (await claimed(store)).claim
        await store.attempts.record(claim, segments("SEGMENT SECRET"), first=0, position=2.0)
        await store.attempts.record_peaks(claim, Peaks(peaks=list(b"PEAKS SECRET")))
        await store.attempts.finish(claim, a_transcript("RESULT SECRET"))
    assert b"RESULT SECRET" in path.read_bytes()
    async with open_store(f"sqlite:///{path}") as store:
        await store.retention.purge(SOON)
    assert b"SECRET" not in path.read_bytes()


async def test_the_audit_table_tells_who_did_what_newest_first(database_url: str) -> None:
    async with open_store(database_url) as store:
        log = AuditLog(store.database)
        async with store.database.transaction():
            name = await added(store)
            await log.add("user alice", "job.submitted", name)
        await log.add("key lab", "model.activated", "base", "was \0 tiny")
        with suppress(ZeroDivisionError):
            async with store.database.transaction():
                await log.add("user mallory", "job.deleted", name)
                raise ZeroDivisionError
        entries = await log.list()
        assert [(entry.actor, entry.action, entry.subject, entry.detail) for entry in entries] == [
            ("key lab", "model.activated", "base", "was \N{REPLACEMENT CHARACTER} tiny"),
            ("user alice", "job.submitted", name, ""),
        ]
        assert entries[0].at >= entries[1].at
        assert await log.list(limit=1) == entries[:1]


async def test_a_job_that_is_not_stored_leaves_no_entry_behind(store: JobStore) -> None:
    log = AuditLog(store.database)
    before = await log.list()
    with suppress(JobEnded):
        async with store.database.transaction():
            name = await done(store)
            await log.add("user alice", "job.submitted", name)
            await store.submissions.request_cancel(name)
    assert await log.list() == before
    assert await store.reads.counts() == (0, 0)
    await store.submissions.add(a_new_job(), limit=None)
