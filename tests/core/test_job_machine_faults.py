"""Promises of jobs when the machine has no room on its disk, or for another process."""

import asyncio
import errno
from pathlib import Path
from typing import Any

import msgspec
import pytest
from counting import count_of
from counting_backend import SECONDS, counting_backend, ended, last_event, put_off
from pace import QUICK

from orstt_core.budget import Account
from orstt_core.errors import Busy, StorageFull
from orstt_core.jobs.retry_policy import RetryPolicy
from orstt_core.local import LocalBackend
from orstt_core.recordings.files import new_file
from orstt_core.settings import Settings
from orstt_core.types import Done, TranscribeRequest

pytestmark = pytest.mark.asyncio(loop_scope="module")


async def test_a_full_disk_is_told_to_whoever_waits_and_other_jobs_wait_until_there_is_room(
    backend: LocalBackend, recording: TranscribeRequest, monkeypatch: pytest.MonkeyPatch
) -> None:
    tries = []

    def full(folder: Path, prefix: str, suffix: str = "") -> Any:
        tries.append(prefix)
        if len(tries) < 5:
            raise StorageFull("There is no room on the disk for the recording.")
        return new_file(folder, prefix, suffix)

    monkeypatch.setattr("orstt_core.runtime.decoder.new_file", full)
    with pytest.raises(StorageFull):
        await last_event(backend, recording)
    job = await backend.submit_job(recording)
    assert "no room on the disk" in (await put_off(backend, job)).put_off
    done = await ended(backend, job)
    assert (done.state, done.text, done.put_off, len(tries)) == ("done", count_of(SECONDS), "", 5)


async def test_a_disk_that_stays_full_fails_the_job_in_the_end(
    recording: TranscribeRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> Any:
        raise StorageFull("There is no room on the disk for the recording.")

    pace = msgspec.structs.replace(QUICK, retry=RetryPolicy(storage_full=0.01, tries=3))
    async with counting_backend(Settings(data_dir=tmp_path / "data"), tmp_path, pace=pace) as backend:
        monkeypatch.setattr("orstt_core.runtime.decoder.new_file", full)
        failed = await ended(backend, await backend.submit_job(recording))
        assert (failed.state, failed.attempt, failed.put_off) == ("failed", 3, "")
        assert failed.error is not None
        assert isinstance(failed.error.error, StorageFull)
        await backend.retry_job(failed.id)
        again = await ended(backend, failed)
        assert (again.state, again.attempt) == ("failed", 6)


async def test_a_full_disk_is_no_readiness(backend: LocalBackend, monkeypatch: pytest.MonkeyPatch) -> None:
    assert (await backend.readiness()).ready
    monkeypatch.setattr("orstt_core.recordings.folder.LEAST_ROOM", 1 << 62)
    readiness = await backend.readiness()
    assert (readiness.ready, readiness.disk_full) == (False, True)
    assert "disk" in readiness.reason


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


async def test_whoever_waits_is_told_that_the_sound_of_others_takes_the_room_and_jobs_are_put_off(
    backend: LocalBackend, recording: TranscribeRequest, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Account, "take", lambda *_: False)
    with pytest.raises(Busy, match="sound of recordings"):
        await last_event(backend, recording)
    waiting = await put_off(backend, await backend.submit_job(recording))
    assert "4096 MiB" in waiting.put_off


async def test_a_program_that_works_for_itself_only_takes_its_job_again_once_there_is_room(
    recording: TranscribeRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    tries = []

    def full(folder: Path, prefix: str, suffix: str = "") -> Any:
        tries.append(prefix)
        if len(tries) == 1:
            raise StorageFull("There is no room.")
        return new_file(folder, prefix, suffix)

    monkeypatch.setattr("orstt_core.runtime.decoder.new_file", full)
    keyed = msgspec.structs.replace(recording, idempotency_key="a key")
    settings = Settings(data_dir=tmp_path / "data")
    async with counting_backend(settings, tmp_path, drain=False) as backend, asyncio.timeout(20):
        done = await last_event(backend, keyed)
    assert isinstance(done, Done)
    assert done.transcript.text == count_of(SECONDS)
