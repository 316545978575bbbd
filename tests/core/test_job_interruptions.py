"""Promises of jobs when their work is cut short: cancelled, asleep, or the program stops."""

import asyncio
from pathlib import Path
from typing import Any

import msgspec
import pytest
from counting import count_of
from counting_backend import SECONDS, counting_backend, ended, last_event
from serving import eventually
from stored_jobs import next_job, queue_in

from orstt_core.db.database import Database
from orstt_core.db.job_queue import DatabaseQueue
from orstt_core.db.jobs import JobStore
from orstt_core.errors import DatabaseUnavailable, EngineFailed
from orstt_core.local import LocalBackend
from orstt_core.runtime.engine_process import EngineProcess
from orstt_core.settings import Settings
from orstt_core.types import Done, JobQuery, TranscribeRequest

pytestmark = pytest.mark.asyncio(loop_scope="module")


async def test_a_cancelled_engine_that_stops_by_itself_keeps_its_model(
    backend: LocalBackend, recording: TranscribeRequest, behaviour: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(EngineProcess, "_note_overdue", lambda *_: None)  # a busy machine may take longer
    (behaviour / "pause").write_text("0.5")
    job = await backend.submit_job(recording)
    async with asyncio.timeout(20):
        while not (await backend.job(job.id)).segments:
            await asyncio.sleep(0.02)
    [before] = await backend.loaded_models()
    assert (await backend.cancel_job(job.id)).state == "cancelled"
    async with asyncio.timeout(20):
        while (after := (await backend.loaded_models())[0]).state != "idle":  # its work ends by itself
            await asyncio.sleep(0.02)
    assert after.pid == before.pid


@pytest.mark.slow
async def test_a_process_that_slept_past_its_lease_and_takes_its_job_again_ends_the_old_work_first(
    backend: LocalBackend,
    shared_settings: Settings,
    recording: TranscribeRequest,
    behaviour: Path,
    monkeypatch: pytest.MonkeyPatch,
    caplog: pytest.LogCaptureFixture,
) -> None:
    (behaviour / "hang-at").write_text("1")
    job = await backend.submit_job(recording)
    async with asyncio.timeout(20):
        while (await backend.job(job.id)).state != "running":
            await asyncio.sleep(0.02)
    real = DatabaseQueue.heartbeat

    async def asleep(*_: object, **__: object) -> Any:
        raise DatabaseUnavailable("It sleeps.")

    monkeypatch.setattr(DatabaseQueue, "heartbeat", asleep)
    async with Database(shared_settings.database) as database:
        store = JobStore(database, retry_minutes=15)
        async with asyncio.timeout(20):
            task = None
            while task is None:
                async with database.transaction():  # or the backend itself could have it again first
                    task = await next_job(queue_in(store), "other")
                await asyncio.sleep(0.05)
        (behaviour / "hang-at").unlink()  # not before: an engine that had not come to it would not hang
        await queue_in(store).release(task.claim)
    done = await ended(backend, job)
    monkeypatch.setattr(DatabaseQueue, "heartbeat", real)
    assert (done.state, done.text, done.attempt) == ("done", count_of(SECONDS), 3)
    await eventually(lambda: not backend._jobs._worker._executions)
    assert not [record for record in caplog.records if record.levelname == "ERROR"]


async def test_when_the_program_stops_those_who_wait_hear_it_and_a_job_with_a_key_is_handed_back(
    recording: TranscribeRequest, tmp_path: Path
) -> None:
    settings = Settings(data_dir=tmp_path / "data")
    behaviour = tmp_path / "behaviour"
    behaviour.mkdir()
    (behaviour / "hang-at").write_text("1")
    keyed = msgspec.structs.replace(recording, idempotency_key="visit")
    async with counting_backend(settings, behaviour) as backend, asyncio.timeout(20):
        handed_back = asyncio.create_task(last_event(backend, keyed))
        while (await backend.readiness()).running < 1:
            await asyncio.sleep(0.02)
        waiting = [asyncio.create_task(last_event(backend, recording)) for _ in range(3)]
        while (await backend.readiness()).running < 2:
            await asyncio.sleep(0.02)
        await backend._jobs.close()
        answers = await asyncio.gather(*waiting, handed_back, return_exceptions=True)
        assert all(isinstance(answer, EngineFailed) or "cancelled" in str(answer) for answer in answers[:3])
        states = [job.state for job in (await backend.jobs(JobQuery())).jobs]
        assert sorted(states) == ["cancelled", "cancelled", "cancelled", "queued"]
    (behaviour / "hang-at").unlink()
    async with LocalBackend(settings) as another:
        again = await last_event(another, keyed)
    assert isinstance(again, Done)
    assert again.transcript.text == count_of(SECONDS)
