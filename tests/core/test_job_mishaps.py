"""Promises of jobs when the unforeseen happens to the process that works on them."""

import asyncio
import errno
import sqlite3
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import aclosing, asynccontextmanager
from pathlib import Path
from typing import Any

import msgspec
import pytest
from counting import Counting, count_of, write_count
from pace import QUICK
from piccolo.engine.sqlite import SQLiteTransaction
from serving import eventually
from stored_jobs import next_job, queue_in
from troublesome import Roomy

from orstt_core.db.database import Database
from orstt_core.db.job_attempts import JobAttempts
from orstt_core.db.job_queue import DatabaseQueue
from orstt_core.db.job_submissions import JobSubmissions
from orstt_core.db.jobs import JobStore
from orstt_core.db.recordings import RecordingIndex
from orstt_core.engines import registry
from orstt_core.errors import Busy, DatabaseUnavailable, EngineFailed, StorageFull
from orstt_core.jobs.pace import Pace
from orstt_core.jobs.retry_policy import RetryPolicy
from orstt_core.local import LocalBackend
from orstt_core.recordings.files import new_file
from orstt_core.settings import Settings
from orstt_core.types import Accepted, Done, Job, JobQuery, ModelDraft, NewSegment, TranscribeRequest

SECONDS = 4


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(data_dir=tmp_path / "data", job_lease=1.0)


@pytest.fixture
async def backend(settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[LocalBackend]:
    async with opened(settings, tmp_path, monkeypatch) as backend:
        yield backend


@asynccontextmanager
async def opened(
    settings: Settings, folder: Path, monkeypatch: pytest.MonkeyPatch, *, drain: bool = True, pace: Pace = QUICK
) -> AsyncIterator[LocalBackend]:
    """A backend whose active model is the counting engine with this folder."""
    monkeypatch.setitem(registry._registered, "counting", Counting)
    async with LocalBackend(settings, drain=drain, pace=pace) as backend:
        await backend.create_model(ModelDraft(name="counting", model_type="counting", model=str(folder)))
        await backend.activate_model("counting")
        yield backend


@pytest.fixture
def recording(tmp_path: Path) -> TranscribeRequest:
    return TranscribeRequest(audio=write_count(tmp_path / "count.wav", SECONDS))


async def ended(backend: LocalBackend, job: Job) -> Job:
    async with asyncio.timeout(20):
        while (found := await backend.job(job.id)).finished_at is None:
            await asyncio.sleep(0.02)
    return found


def once(monkeypatch: pytest.MonkeyPatch, method: str, mishap: Exception, *, afterwards: bool) -> list[str]:
    """Let a method of the store raise the first time, having done nothing or all; the list tells that it did."""
    part = JobAttempts if hasattr(JobAttempts, method) else DatabaseQueue
    real: Callable[..., Awaitable[Any]] = getattr(part, method)
    calls: list[str] = []

    async def mishandled(self: object, *args: Any, **options: Any) -> Any:
        result = await real(self, *args, **options) if calls or afterwards else None
        # An empty queue is no occasion.
        if not calls and (method != "claim" or not afterwards or result is not None):
            calls.append(method)
            raise mishap
        return result

    monkeypatch.setattr(part, method, mishandled)
    return calls


@pytest.mark.parametrize("method", ["claim", "record", "finish", "heartbeat"])
async def test_a_failure_in_the_middle_leaves_no_job_behind(
    backend: LocalBackend, recording: TranscribeRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, method: str
) -> None:
    (tmp_path / "pause").write_text("0.1")  # so that there is something to record, and time for a heartbeat
    for mishap in (RuntimeError("can't start new thread"), DatabaseUnavailable("It was lost.")):
        for afterwards in (False, True):
            with monkeypatch.context() as broken:
                happened = once(broken, method, mishap, afterwards=afterwards)
                for _ in range(2):
                    done = await ended(backend, await backend.submit_job(recording))
                    assert (done.state, done.text) == ("done", count_of(SECONDS)), (mishap, afterwards)
                await eventually(lambda happened=happened: happened)  # type: ignore[misc]  # each loop's own


async def test_what_can_never_be_written_fails_with_that_reason_and_the_rest_goes_on(
    backend: LocalBackend, recording: TranscribeRequest, monkeypatch: pytest.MonkeyPatch
) -> None:
    real, bad = JobAttempts.finish, await backend.submit_job(msgspec.structs.replace(recording, filename="bad"))

    async def finish(self: JobAttempts, claim: Any, transcript: Any) -> bool:
        if claim.job == bad.id:
            raise ValueError("it cannot be encoded")
        return await real(self, claim, transcript)

    monkeypatch.setattr(JobAttempts, "finish", finish)
    assert (await ended(backend, await backend.submit_job(recording))).state == "done"
    failed = await ended(backend, bad)
    assert (failed.state, failed.attempt) == ("failed", 1)
    assert failed.error is not None
    assert "cannot be stored" in failed.error.detail


async def test_a_cancelled_engine_that_stops_by_itself_keeps_its_model(
    backend: LocalBackend, recording: TranscribeRequest, tmp_path: Path
) -> None:
    (tmp_path / "pause").write_text("0.5")
    job = await backend.submit_job(recording)
    async with asyncio.timeout(20):
        while not (await backend.job(job.id)).segments:
            await asyncio.sleep(0.02)
    [before] = await backend.loaded_models()
    assert (await backend.cancel_job(job.id)).state == "cancelled"
    [after] = await backend.loaded_models()
    assert (after.pid, after.state) == (before.pid, "idle")


async def test_jobs_wait_while_the_disk_is_full(
    backend: LocalBackend, recording: TranscribeRequest, monkeypatch: pytest.MonkeyPatch
) -> None:
    tries = []

    def full(folder: Path, prefix: str, suffix: str = "") -> Any:
        tries.append(prefix)
        if len(tries) < 4:
            raise StorageFull("There is no room on the disk for the recording.")
        return new_file(folder, prefix, suffix)

    monkeypatch.setattr("orstt_core.runtime.decoder.new_file", full)
    job = await backend.submit_job(recording)
    async with asyncio.timeout(20):
        while not (waiting := await backend.job(job.id)).put_off:
            await asyncio.sleep(0.01)
    assert (waiting.state, waiting.error) == ("queued", None)
    assert "no room on the disk" in waiting.put_off
    done = await ended(backend, job)
    assert (done.state, done.text, done.put_off, len(tries)) == ("done", count_of(SECONDS), "", 4)


async def test_a_disk_that_stays_full_fails_the_job_in_the_end(
    settings: Settings, recording: TranscribeRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> Any:
        raise StorageFull("There is no room on the disk for the recording.")

    pace = msgspec.structs.replace(QUICK, retry=RetryPolicy(storage_full=0.01, tries=3))
    async with opened(settings, tmp_path, monkeypatch, pace=pace) as backend:
        monkeypatch.setattr("orstt_core.runtime.decoder.new_file", full)
        failed = await ended(backend, await backend.submit_job(recording))
        assert (failed.state, failed.attempt, failed.put_off) == ("failed", 3, "")
        assert failed.error is not None
        assert isinstance(failed.error.error, StorageFull)
        await backend.retry_job(failed.id)
        again = await ended(backend, failed)
        assert (again.state, again.attempt) == ("failed", 6)


async def test_a_backlog_of_one_model_does_not_keep_another_one_waiting(
    settings: Settings, recording: TranscribeRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "hang-at").write_text("1")
    quick = tmp_path / "quick"
    quick.mkdir()
    async with opened(msgspec.structs.replace(settings, max_loaded=2), tmp_path, monkeypatch) as backend:
        await backend.create_model(ModelDraft(name="quick", model_type="counting", model=str(quick)))
        backlog = [await backend.submit_job(recording) for _ in range(4)]
        done = await ended(backend, await backend.submit_job(msgspec.structs.replace(recording, model="quick")))
        assert (done.state, done.text) == ("done", count_of(SECONDS))
        states = [(await backend.job(job.id)).state for job in backlog]
        assert sorted(states) == ["queued", "queued", "running", "running"]


async def test_whoever_waits_is_answered_while_long_recordings_have_the_only_engine(
    backend: LocalBackend, recording: TranscribeRequest, tmp_path: Path
) -> None:
    (tmp_path / "pause").write_text("0.1")
    long = msgspec.structs.replace(recording, audio=write_count(tmp_path / "long.wav", 400))
    backlog = [await backend.submit_job(long) for _ in range(4)]
    async with asyncio.timeout(30):
        while not (await backend.job(backlog[0].id)).segments:
            await asyncio.sleep(0.02)
    done = await _last(backend, recording)
    assert isinstance(done, Done)
    assert done.transcript.text == count_of(SECONDS)
    jobs = [await backend.job(job.id) for job in backlog]
    assert [job.state for job in jobs] == ["running", "running", "queued", "queued"]
    assert jobs[0].segments, "what the first had found is kept"
    for job in reversed(jobs):
        await backend.cancel_job(job.id)


async def test_a_backlog_uses_all_that_an_engine_serves_at_once(
    backend: LocalBackend, recording: TranscribeRequest, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(registry._registered, "roomy", Roomy)
    await backend.create_model(ModelDraft(name="roomy", model_type="roomy", model="any"))
    request = msgspec.structs.replace(recording, model="roomy")
    jobs = [await backend.submit_job(request) for _ in range(Roomy.capacity)]
    assert {(await ended(backend, job)).text for job in jobs} == {"together"}  # none is, before all have begun


async def test_a_job_whose_storing_was_answered_by_nobody_keeps_its_recording(
    backend: LocalBackend, recording: TranscribeRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    sound = write_count(tmp_path / "sound.wav", SECONDS).read_bytes()
    real: Callable[[SQLiteTransaction], Awaitable[None]] = SQLiteTransaction.commit
    lost: list[SQLiteTransaction] = []

    async def commit(self: SQLiteTransaction) -> None:
        await real(self)
        if not lost:
            lost.append(self)
            raise DatabaseUnavailable("The connection was lost.")

    def upload() -> TranscribeRequest:
        path = tmp_path / "upload.wav"
        path.write_bytes(sound)
        return msgspec.structs.replace(recording, audio=path, disposable=True, idempotency_key="visit")

    monkeypatch.setattr(SQLiteTransaction, "commit", commit)
    with pytest.raises(DatabaseUnavailable):
        await backend.submit_job(upload())
    await asyncio.sleep(0.2)
    done = await ended(backend, await backend.submit_job(upload()))
    assert (done.state, done.text, done.attempt) == ("done", count_of(SECONDS), 1)


async def test_a_job_that_was_given_up_while_it_was_stored_leaves_no_recording(
    backend: LocalBackend, settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    storing = asyncio.Event()

    async def add(*_: object, **__: object) -> Any:
        storing.set()
        await asyncio.sleep(60)

    monkeypatch.setattr(JobSubmissions, "add", add)
    upload = TranscribeRequest(audio=write_count(tmp_path / "upload.wav", SECONDS), disposable=True)
    submitting = asyncio.create_task(backend.submit_job(upload))
    await storing.wait()
    assert list(settings.spool.iterdir())
    submitting.cancel()
    await asyncio.wait({submitting})
    await eventually(lambda: not list(settings.spool.iterdir()))


async def test_a_stored_job_is_answered_for_though_the_database_is_lost_right_after(
    backend: LocalBackend, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def names(*_: object) -> bool:
        raise DatabaseUnavailable("It was lost.")

    monkeypatch.setattr(RecordingIndex, "names", names)
    upload = TranscribeRequest(audio=write_count(tmp_path / "upload.wav", SECONDS), disposable=True)
    assert (await ended(backend, await backend.submit_job(upload))).text == count_of(SECONDS)


async def test_whoever_gives_up_right_after_its_job_was_stored_leaves_it_to_nobody(
    backend: LocalBackend, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    stored, real = asyncio.Event(), RecordingIndex.names

    async def names(self: RecordingIndex, location: str) -> bool:
        if not stored.is_set():
            stored.set()
            await asyncio.Event().wait()
        return await real(self, location)

    monkeypatch.setattr(RecordingIndex, "names", names)
    (tmp_path / "hang-at").write_text("1")
    upload = TranscribeRequest(audio=write_count(tmp_path / "upload.wav", SECONDS), disposable=True)
    waiting = asyncio.create_task(anext(backend.transcribe(upload)))
    await stored.wait()
    waiting.cancel()
    await asyncio.wait({waiting})
    [job] = (await backend.jobs(JobQuery())).jobs
    assert (await ended(backend, job)).state == "cancelled"


async def test_jobs_wait_while_the_machine_starts_no_process(
    backend: LocalBackend, recording: TranscribeRequest, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Busy, "retry_after", 0.05)
    real, tries = asyncio.create_subprocess_exec, []

    async def exhausted(*command: Any, **options: Any) -> Any:
        tries.append(command)
        if len(tries) < 4:
            raise BlockingIOError(errno.EAGAIN, "Resource temporarily unavailable")
        return await real(*command, **options)

    await backend.unload_model("counting")
    monkeypatch.setattr(asyncio, "create_subprocess_exec", exhausted)
    done = await ended(backend, await backend.submit_job(recording))
    assert (done.state, done.text) == ("done", count_of(SECONDS))
    assert len(tries) == 4
    assert done.attempt > 1


@pytest.mark.parametrize("lost", [False, True], ids=["disk full", "answer lost"])
async def test_a_program_that_works_for_itself_only_takes_its_job_again(
    settings: Settings,
    recording: TranscribeRequest,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    *,
    lost: bool,
) -> None:
    tries = []

    def full(folder: Path, prefix: str, suffix: str = "") -> Any:
        tries.append(prefix)
        if len(tries) == 1:
            raise StorageFull("There is no room.")
        return new_file(folder, prefix, suffix)

    if lost:
        once(monkeypatch, "claim", DatabaseUnavailable("It was lost."), afterwards=True)
    else:
        monkeypatch.setattr("orstt_core.runtime.decoder.new_file", full)
        recording = msgspec.structs.replace(recording, idempotency_key="a key")
    async with opened(settings, tmp_path, monkeypatch, drain=False) as backend, asyncio.timeout(20):
        done = await _last(backend, recording)
    assert isinstance(done, Done)
    assert done.transcript.text == count_of(SECONDS)


async def test_a_full_disk_is_no_readiness(backend: LocalBackend, monkeypatch: pytest.MonkeyPatch) -> None:
    assert (await backend.readiness()).ready
    monkeypatch.setattr("orstt_core.recordings.folder.LEAST_ROOM", 1 << 62)
    readiness = await backend.readiness()
    assert (readiness.ready, readiness.disk_full) == (False, True)
    assert "disk" in readiness.reason


async def test_whoever_waits_hears_at_once_that_the_disk_is_full(
    backend: LocalBackend, recording: TranscribeRequest, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> Any:
        raise StorageFull("There is no room on the disk for the recording.")

    monkeypatch.setattr("orstt_core.runtime.decoder.new_file", full)
    with pytest.raises(StorageFull):
        await _last(backend, recording)


async def test_a_process_that_slept_past_its_lease_and_takes_its_job_again_ends_the_old_work_first(
    backend: LocalBackend,
    settings: Settings,
    recording: TranscribeRequest,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    (tmp_path / "hang-at").write_text("1")
    job = await backend.submit_job(recording)
    async with asyncio.timeout(20):
        while (await backend.job(job.id)).state != "running":
            await asyncio.sleep(0.02)
    real = DatabaseQueue.heartbeat

    async def asleep(*_: object, **__: object) -> Any:
        raise DatabaseUnavailable("It sleeps.")

    monkeypatch.setattr(DatabaseQueue, "heartbeat", asleep)
    async with Database(settings.database) as database:
        store = JobStore(database, retry_minutes=15)
        async with asyncio.timeout(20):
            task = None
            while task is None:
                async with database.transaction():  # or the backend itself could have it again first
                    task = await next_job(queue_in(store), "other")
                await asyncio.sleep(0.05)
        (tmp_path / "hang-at").unlink()  # not before: an engine that had not come to it would not hang
        await queue_in(store).release(task.claim)
    done = await ended(backend, job)
    monkeypatch.setattr(DatabaseQueue, "heartbeat", real)
    assert (done.state, done.text, done.attempt) == ("done", count_of(SECONDS), 3)
    await eventually(lambda: not backend._jobs._worker._executions)
    assert not [record for record in caplog.records if record.levelname == "ERROR"]


async def test_questions_are_answered_while_somebody_else_reads_the_database_file(
    backend: LocalBackend, settings: Settings, recording: TranscribeRequest
) -> None:
    done = await ended(backend, await backend.submit_job(recording))
    reader = sqlite3.connect(settings.data_dir / "orstt.sqlite")
    reader.execute("BEGIN")
    reader.execute("SELECT count(*) FROM transcription_job").fetchall()
    async with asyncio.timeout(20):
        await backend.delete_job(done.id)
        assert (await backend.readiness()).ready
    reader.close()


async def test_a_waited_job_with_a_key_is_handed_back_when_the_program_stops(
    backend: LocalBackend, settings: Settings, recording: TranscribeRequest, tmp_path: Path
) -> None:
    (tmp_path / "hang-at").write_text("1")
    request = msgspec.structs.replace(recording, idempotency_key="visit")
    waiting = asyncio.create_task(_last(backend, request))
    async with asyncio.timeout(20):
        while (await backend.readiness()).running < 1:
            await asyncio.sleep(0.02)
    await backend.__aexit__(None, None, None)
    await asyncio.gather(waiting, return_exceptions=True)
    (tmp_path / "hang-at").unlink()
    async with LocalBackend(settings) as another:
        again = await _last(another, request)
    assert isinstance(again, Done)
    assert again.transcript.text == count_of(SECONDS)


async def test_a_purged_text_is_in_none_of_the_databases_files(
    backend: LocalBackend, settings: Settings, recording: TranscribeRequest
) -> None:
    done = await ended(backend, await backend.submit_job(msgspec.structs.replace(recording, filename="secret visit")))
    files = [settings.data_dir / f"orstt.sqlite{ending}" for ending in ("", "-wal")]
    assert any(b"secret visit" in file.read_bytes() for file in files)
    assert done.text
    await backend.purge_jobs()
    assert not any(b"secret visit" in file.read_bytes() for file in files if file.exists())


async def test_whoever_asks_again_with_the_same_key_gets_what_the_first_did_not_wait_for(
    backend: LocalBackend, recording: TranscribeRequest, tmp_path: Path
) -> None:
    (tmp_path / "pause").write_text("0.1")
    request = msgspec.structs.replace(recording, idempotency_key="visit")
    async with aclosing(backend.transcribe(request)) as events:
        async for event in events:
            if isinstance(event, NewSegment):
                break
    again = [event async for event in backend.transcribe(request)]
    assert isinstance(again[-1], Done)
    assert again[-1].transcript.text == count_of(SECONDS)
    assert len((await backend.jobs(JobQuery())).jobs) == 1


async def test_those_who_wait_hear_at_once_that_the_program_stops(
    backend: LocalBackend, settings: Settings, recording: TranscribeRequest, tmp_path: Path
) -> None:
    (tmp_path / "hang-at").write_text("1")
    waiting = [asyncio.create_task(_last(backend, recording)) for _ in range(4)]
    async with asyncio.timeout(20):
        while (await backend.readiness()).running < 2:
            await asyncio.sleep(0.02)
        await backend._jobs.close()
        answers = await asyncio.gather(*waiting, return_exceptions=True)
    assert all(isinstance(answer, EngineFailed) or "cancelled" in str(answer) for answer in answers)
    jobs = (await backend.jobs(JobQuery())).jobs
    assert {job.state for job in jobs} == {"cancelled"}


async def _last(backend: LocalBackend, request: TranscribeRequest) -> object:
    events = [event async for event in backend.transcribe(request)]
    assert isinstance(events[0], Accepted)
    return events[-1]
