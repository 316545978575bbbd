"""Promises of jobs when the database fails, or is looked at by others."""

import asyncio
import sqlite3
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import Any

import msgspec
import pytest
from counting import count_of, write_count
from counting_backend import SECONDS, counting_backend, ended, last_event
from piccolo.engine.sqlite import SQLiteTransaction
from serving import eventually

from orstt_core.db.job_attempts import JobAttempts
from orstt_core.db.job_queue import DatabaseQueue
from orstt_core.db.job_submissions import JobSubmissions
from orstt_core.db.recordings import RecordingIndex
from orstt_core.errors import DatabaseUnavailable
from orstt_core.local import LocalBackend
from orstt_core.settings import Settings
from orstt_core.types import Done, JobQuery, TranscribeRequest

pytestmark = pytest.mark.asyncio(loop_scope="module")


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


@pytest.mark.parametrize(
    "method", ["claim", "finish", *(pytest.param(name, marks=pytest.mark.slow) for name in ("record", "heartbeat"))]
)
async def test_a_failure_in_the_middle_leaves_no_job_behind(
    backend: LocalBackend, recording: TranscribeRequest, behaviour: Path, monkeypatch: pytest.MonkeyPatch, method: str
) -> None:
    (behaviour / "pause").write_text("0.04")  # so that there is something to record, and time for a heartbeat
    for mishap in (RuntimeError("can't start new thread"), DatabaseUnavailable("It was lost.")):
        for afterwards in (False, True):
            with monkeypatch.context() as broken:
                happened = once(broken, method, mishap, afterwards=afterwards)
                async with asyncio.timeout(60):
                    while not happened:
                        done = await ended(backend, await backend.submit_job(recording))
                        assert (done.state, done.text) == ("done", count_of(SECONDS)), (mishap, afterwards)


async def test_a_program_that_works_for_itself_only_takes_its_job_again_though_the_answer_was_lost(
    recording: TranscribeRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    once(monkeypatch, "claim", DatabaseUnavailable("It was lost."), afterwards=True)
    settings = Settings(data_dir=tmp_path / "data", job_lease=1.0)
    async with counting_backend(settings, tmp_path, drain=False) as backend, asyncio.timeout(20):
        assert isinstance(await last_event(backend, recording), Done)


async def test_what_can_never_be_written_fails_with_that_reason_and_the_rest_goes_on(
    backend: LocalBackend, recording: TranscribeRequest, monkeypatch: pytest.MonkeyPatch
) -> None:
    real, bad = JobAttempts.finish, await backend.submit_job(msgspec.structs.replace(recording, filename="bad"))

    async def finish(self: JobAttempts, claim: Any, *found: Any) -> bool:
        if claim.job == bad.id:
            raise ValueError("it cannot be encoded")
        return await real(self, claim, *found)

    monkeypatch.setattr(JobAttempts, "finish", finish)
    assert (await ended(backend, await backend.submit_job(recording))).state == "done"
    failed = await ended(backend, bad)
    assert (failed.state, failed.attempt) == ("failed", 1)
    assert failed.error is not None
    assert "cannot be stored" in failed.error.detail


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
    backend: LocalBackend, shared_settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    storing = asyncio.Event()

    async def add(*_: object, **__: object) -> Any:
        storing.set()
        await asyncio.sleep(60)

    monkeypatch.setattr(JobSubmissions, "add", add)
    upload = TranscribeRequest(audio=write_count(tmp_path / "upload.wav", SECONDS), disposable=True)
    submitting = asyncio.create_task(backend.submit_job(upload))
    await storing.wait()
    assert list(shared_settings.spool.iterdir())
    submitting.cancel()
    await asyncio.wait({submitting})
    await eventually(lambda: not list(shared_settings.spool.iterdir()))


async def test_a_stored_job_is_answered_for_though_the_database_is_lost_right_after(
    backend: LocalBackend, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def names(*_: object) -> bool:
        raise DatabaseUnavailable("It was lost.")

    monkeypatch.setattr(RecordingIndex, "names", names)
    upload = TranscribeRequest(audio=write_count(tmp_path / "upload.wav", SECONDS), disposable=True)
    assert (await ended(backend, await backend.submit_job(upload))).text == count_of(SECONDS)


async def test_whoever_gives_up_right_after_its_job_was_stored_leaves_it_to_nobody(
    backend: LocalBackend, behaviour: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    stored, real = asyncio.Event(), RecordingIndex.names

    async def names(self: RecordingIndex, location: str) -> bool:
        if not stored.is_set():
            stored.set()
            await asyncio.Event().wait()
        return await real(self, location)

    monkeypatch.setattr(RecordingIndex, "names", names)
    (behaviour / "hang-at").write_text("1")
    upload = TranscribeRequest(audio=write_count(tmp_path / "upload.wav", SECONDS), disposable=True)
    waiting = asyncio.create_task(anext(backend.transcribe(upload)))
    await stored.wait()
    waiting.cancel()
    await asyncio.wait({waiting})
    [job] = (await backend.jobs(JobQuery())).jobs
    assert (await ended(backend, job)).state == "cancelled"


async def test_a_program_that_ends_leaves_no_job_to_others_that_only_it_waited_for(
    recording: TranscribeRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    real: Callable[[SQLiteTransaction], Awaitable[None]] = SQLiteTransaction.commit

    async def commit(self: SQLiteTransaction) -> None:
        await real(self)
        raise DatabaseUnavailable("The connection was lost.")

    settings = Settings(data_dir=tmp_path / "data")
    async with counting_backend(settings, tmp_path, drain=False) as backend:
        with monkeypatch.context() as broken:
            broken.setattr(SQLiteTransaction, "commit", commit)
            with pytest.raises(DatabaseUnavailable):
                await last_event(backend, recording)
    async with LocalBackend(settings, drain=False) as other:
        [job] = (await other.jobs(JobQuery())).jobs
        assert job.state == "cancelled"


async def test_questions_are_answered_while_somebody_else_reads_the_database_file(
    backend: LocalBackend, shared_settings: Settings, recording: TranscribeRequest
) -> None:
    done = await ended(backend, await backend.submit_job(recording))
    reader = sqlite3.connect(shared_settings.data_dir / "orstt.sqlite")
    reader.execute("BEGIN")
    reader.execute("SELECT count(*) FROM transcription_job").fetchall()
    async with asyncio.timeout(20):
        await backend.delete_job(done.id)
        assert (await backend.readiness()).ready
    reader.close()


async def test_a_purged_text_is_in_none_of_the_databases_files(
    backend: LocalBackend, shared_settings: Settings, recording: TranscribeRequest
) -> None:
    done = await ended(backend, await backend.submit_job(msgspec.structs.replace(recording, filename="secret visit")))
    files = [shared_settings.data_dir / f"orstt.sqlite{ending}" for ending in ("", "-wal")]
    assert any(b"secret visit" in file.read_bytes() for file in files)
    assert done.text
    await backend.purge_jobs()
    assert not any(b"secret visit" in file.read_bytes() for file in files if file.exists())
