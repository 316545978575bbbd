"""Promises of jobs when the unforeseen happens to the process that works on them."""

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import aclosing
from pathlib import Path
from typing import Any

import msgspec
import pytest
from counting import Counting, count_of, write_count

from orstt_core.db.jobs import JobStore
from orstt_core.errors import DatabaseUnavailable, EngineFailed
from orstt_core.factory import STTFactory
from orstt_core.jobs import runner
from orstt_core.local import LocalBackend
from orstt_core.settings import Settings
from orstt_core.types import Accepted, Done, Job, JobQuery, ModelDraft, NewSegment, TranscribeRequest

SECONDS = 4


@pytest.fixture
def settings(tmp_path: Path) -> Settings:
    return Settings(data_dir=tmp_path / "data", job_lease=1.0)


@pytest.fixture
async def backend(settings: Settings, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[LocalBackend]:
    monkeypatch.setitem(STTFactory._registered, "counting", Counting)
    monkeypatch.setattr(runner, "BEAT_SECONDS", 0.1)
    async with LocalBackend(settings) as backend:
        await backend.create_model(ModelDraft(name="counting", model_type="counting", model=str(tmp_path)))
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


def once(monkeypatch: pytest.MonkeyPatch, method: str, mishap: Exception, *, afterwards: bool) -> None:
    """Let a method of the store raise the first time, either without having done anything or after it was done."""
    real: Callable[..., Awaitable[Any]] = getattr(JobStore, method)
    calls = []

    async def mishandled(self: JobStore, *args: Any, **options: Any) -> Any:
        result = await real(self, *args, **options) if calls or afterwards else None
        # An empty queue is no occasion.
        if not calls and (not afterwards or result is not None):
            calls.append(method)
            raise mishap
        return result

    monkeypatch.setattr(JobStore, method, mishandled)


@pytest.mark.parametrize("method", ["take", "record", "finish", "renew"])
@pytest.mark.parametrize("mishap", [RuntimeError("can't start new thread"), DatabaseUnavailable("It was lost.")])
@pytest.mark.parametrize("afterwards", [False, True], ids=["not done", "answer lost"])
async def test_a_failure_in_the_middle_leaves_no_job_behind(
    backend: LocalBackend,
    recording: TranscribeRequest,
    monkeypatch: pytest.MonkeyPatch,
    method: str,
    mishap: Exception,
    *,
    afterwards: bool,
) -> None:
    once(monkeypatch, method, mishap, afterwards=afterwards)
    for _ in range(2):
        done = await ended(backend, await backend.submit_job(recording))
        assert (done.state, done.text) == ("done", count_of(SECONDS))


async def test_what_can_never_be_written_is_given_up_and_the_rest_goes_on(
    backend: LocalBackend, recording: TranscribeRequest, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr("orstt_core.jobs.running.FIRST_PAUSE", 0.01)
    real, bad = JobStore.finish, await backend.submit_job(msgspec.structs.replace(recording, filename="bad"))

    async def finish(self: JobStore, claim: Any, transcript: Any) -> bool:
        if claim.job == bad.id and claim.attempt == 1:
            raise ValueError("it cannot be encoded")
        return await real(self, claim, transcript)

    monkeypatch.setattr(JobStore, "finish", finish)
    assert (await ended(backend, await backend.submit_job(recording))).state == "done"
    assert (await ended(backend, bad)).state == "done"


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
    async with asyncio.timeout(10):
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
