"""Promises of jobs: one that was accepted is finished, failed with its reason or still there, and ends exactly once."""

import asyncio
import time
from collections.abc import AsyncIterator
from contextlib import aclosing
from pathlib import Path

import msgspec
import pytest
from counting import Counting, CountingWithoutTimes, count_of, write_count
from counting_backend import asked, counting_backend, done_by_a_second_engine, ended
from databases import SLOW_ON_POSTGRES
from pace import QUICK
from serving import eventually
from stored_jobs import next_job, queue_in

from orstt_core.engines import registry
from orstt_core.errors import (
    Busy,
    EngineDied,
    EngineFailed,
    InvalidRequest,
    JobCancelled,
    ModelNotUsable,
)
from orstt_core.jobs.worker_id import is_dead
from orstt_core.local import LocalBackend
from orstt_core.settings import Settings
from orstt_core.types import (
    Accepted,
    Done,
    JobQuery,
    ModelDraft,
    NewSegment,
    TranscribeEvent,
    TranscribeOptions,
    TranscribeRequest,
)

pytestmark = pytest.mark.asyncio(loop_scope="module")
SECONDS = 8


@pytest.fixture(scope="module")
def shared_settings(settings_on_both: Settings) -> Settings:
    return settings_on_both


@pytest.fixture
def recording(tmp_path: Path) -> TranscribeRequest:
    return TranscribeRequest(audio=write_count(tmp_path / "count.wav", SECONDS))


async def until_segments(events: AsyncIterator[TranscribeEvent], count: int) -> None:
    heard = 0
    async for event in events:
        heard += isinstance(event, NewSegment)
        if heard == count:
            return


async def test_a_submitted_job_is_done_and_can_be_looked_at_and_followed_afterwards(
    backend: LocalBackend, recording: TranscribeRequest
) -> None:
    job = await backend.submit_job(recording)
    assert (job.state, job.filename, job.model) == ("queued", "count.wav", "counting")
    done = await ended(backend, job)
    assert done.result
    assert (done.state, done.text, done.position, done.duration) == ("done", count_of(SECONDS), 8.0, 8.0)
    assert [segment.end for segment in done.segments] == [float(second + 1) for second in range(SECONDS)]
    told = [event async for event in backend.follow_job(job.id[:8])]
    assert isinstance(told[0], Accepted)
    assert told[-1] == Done(transcript=done.result)
    assert sum(isinstance(event, NewSegment) for event in told) == SECONDS


async def test_a_transcription_that_is_waited_for_is_a_job(backend: LocalBackend, recording: TranscribeRequest) -> None:
    events = [event async for event in backend.transcribe(recording)]
    assert isinstance(events[0], Accepted)
    assert isinstance(events[-1], Done)
    job = await backend.job(events[0].job)
    assert job.result == events[-1].transcript


async def test_cancelling_takes_effect_at_once_and_the_next_job_is_done(
    backend: LocalBackend, recording: TranscribeRequest, behaviour: Path
) -> None:
    (behaviour / "hang-at").write_text("3")
    job = await backend.submit_job(recording)
    async with aclosing(backend.follow_job(job.id)) as events:
        await until_segments(events, 2)
    began = time.perf_counter()
    cancelled = await backend.cancel_job(job.id)
    assert time.perf_counter() - began < 20
    assert cancelled.state == "cancelled"
    assert cancelled.text == "1 2"
    with pytest.raises(JobCancelled):
        [event async for event in backend.follow_job(job.id)]
    (behaviour / "hang-at").unlink()
    assert (await ended(backend, await backend.submit_job(recording))).text == count_of(SECONDS)


async def test_giving_up_waiting_cancels(backend: LocalBackend, recording: TranscribeRequest, behaviour: Path) -> None:
    (behaviour / "hang-at").write_text("3")
    async with aclosing(backend.transcribe(recording)) as events:
        accepted = await anext(events)
        assert isinstance(accepted, Accepted)
        await until_segments(events, 2)
    assert (await backend.job(accepted.job)).state == "cancelled"
    assert [model.using for model in await backend.loaded_models()] in ([], [0])


@pytest.mark.parametrize(("engine", "asked_for", "kept"), [(Counting, [1, 6], 5), (CountingWithoutTimes, [1, 1], 0)])
async def test_an_engine_that_dies_is_replaced_once_and_nothing_is_lost_or_doubled(
    backend: LocalBackend,
    recording: TranscribeRequest,
    tmp_path: Path,
    engine: type[Counting],
    asked_for: list[int],
    kept: int,
) -> None:
    done, gone_on_from = await done_by_a_second_engine(backend, recording, engine, tmp_path, dies_at=6)
    assert (done.text, done.attempt, gone_on_from) == (count_of(SECONDS), 1, kept)
    assert [segment.id for segment in done.segments] == list(range(SECONDS))
    assert asked(tmp_path) == asked_for


@pytest.mark.slow
async def test_an_engine_that_keeps_dying_costs_its_job_is_kept_out_for_a_while_and_is_not_switched_to(
    backend: LocalBackend, recording: TranscribeRequest, tmp_path: Path
) -> None:
    (tmp_path / "always-die").touch()
    await backend.create_model(ModelDraft(name="broken", model_type="counting", model=str(tmp_path)))
    with pytest.raises(ModelNotUsable, match=r"broken cannot be activated: .*SIGABRT.*counting stays active"):
        await backend.activate_model("broken")
    assert (await backend.info()).active_model == "counting"
    failed = await ended(backend, await backend.submit_job(msgspec.structs.replace(recording, model="broken")))
    assert failed.state == "failed"
    assert failed.error
    assert isinstance(failed.error.error, EngineDied)
    assert "SIGABRT" in failed.error.detail
    (suspended,) = [model for model in await backend.loaded_models() if model.state == "suspended"]
    assert suspended.names == ["broken"]
    assert "SIGABRT" in suspended.reason
    diagnosis = await backend.diagnose()
    assert any("SIGABRT" in finding.detail for finding in diagnosis.findings)
    assert (await ended(backend, await backend.submit_job(recording))).text == count_of(SECONDS)


@pytest.mark.parametrize("database_url", SLOW_ON_POSTGRES, indirect=True)
async def test_what_runs_when_a_backend_closes_is_gone_on_with_by_the_next_one(
    database_url: str, recording: TranscribeRequest, tmp_path: Path
) -> None:
    settings = Settings(database_url=database_url, data_dir=tmp_path / "data")
    behaviour = tmp_path / "behaviour"
    behaviour.mkdir()
    async with counting_backend(settings, behaviour) as backend:
        (behaviour / "asked").unlink()
        (behaviour / "pause").write_text("0.15")
        job = await backend.submit_job(recording)
        async with aclosing(backend.follow_job(job.id)) as events:
            await until_segments(events, 4)
        await backend._jobs.close()
        left = await backend.job(job.id)
        assert (left.state, left.error) == ("queued", None)
        assert 3 <= len(left.segments) < SECONDS
        (behaviour / "pause").unlink()
        async with LocalBackend(settings) as next_one:
            done = await ended(next_one, job)
    assert (done.text, done.attempt) == (count_of(SECONDS), 2)
    assert asked(behaviour) == [1, len(left.segments) + 1]


async def test_a_job_is_followed_and_cancelled_from_another_process_too(
    backend: LocalBackend, shared_settings: Settings, recording: TranscribeRequest, behaviour: Path
) -> None:
    (behaviour / "pause").write_text("0.05")
    async with LocalBackend(shared_settings, drain=False, pace=QUICK) as other:
        first = await other.submit_job(recording)
        events = [event async for event in other.follow_job(first.id)]
        assert sum(isinstance(event, NewSegment) for event in events) == SECONDS
        assert isinstance(events[-1], Done)
        (behaviour / "hang-at").write_text("2")  # or it could end before it is cancelled
        second = await other.submit_job(recording)
        async with aclosing(other.follow_job(second.id)) as following:
            await until_segments(following, 1)
        await other.cancel_job(second.id)
        began = time.perf_counter()
        assert (await ended(other, second)).state == "cancelled"
        assert time.perf_counter() - began < 20


async def test_an_old_attempt_cannot_end_a_job_that_another_one_has(
    backend: LocalBackend, shared_settings: Settings, recording: TranscribeRequest, behaviour: Path
) -> None:
    (behaviour / "pause").write_text("0.6")
    job = await backend.submit_job(recording)
    async with aclosing(backend.follow_job(job.id)) as events:
        await until_segments(events, 2)
        async with LocalBackend(shared_settings, drain=False, pace=QUICK) as other:
            store = other._jobs._store
            async with store.database.transaction():  # or the backend itself could have it again first
                task = await next_job(queue_in(store, is_dead=lambda worker: not is_dead(worker)), "thief")
            assert task
            assert (task.claim.job, task.claim.attempt) == (job.id, 2)
            await eventually(lambda: backend._jobs._worker.log_of(job.id) is None)
            assert (await other.job(job.id)).state == "running"
            assert await store.attempts.cancelled(task.claim)
    assert (await backend.job(job.id)).state == "cancelled"


async def test_a_job_finishes_on_the_model_it_began_with(
    backend: LocalBackend, recording: TranscribeRequest, behaviour: Path
) -> None:
    (behaviour / "pause").write_text("0.1")
    job = await backend.submit_job(recording)
    await backend.create_model(ModelDraft(name="other", model_type="counting", model="any"))
    await backend.activate_model("other")
    assert (await backend.info()).active_model == "other"
    done = await ended(backend, job)
    assert done.result
    assert (done.model, done.result.model.name) == ("counting", "counting")
    assert (await ended(backend, await backend.submit_job(recording))).model == "other"


async def test_the_same_key_is_the_same_job(backend: LocalBackend, recording: TranscribeRequest) -> None:
    request = msgspec.structs.replace(recording, idempotency_key="visit 7")
    first, second = await asyncio.gather(backend.submit_job(request), backend.submit_job(request))
    assert first.id == second.id
    await ended(backend, first)
    assert (await backend.submit_job(request)).id == first.id
    assert len((await backend.jobs(JobQuery())).jobs) == 1


@pytest.mark.parametrize("field", ["idempotency_key", "initial_prompt"])
async def test_text_with_half_of_a_character_is_refused(
    backend: LocalBackend, recording: TranscribeRequest, field: str
) -> None:
    broken = {"idempotency_key": "visit 7"} | ({field: "\ud83d"} if field == "idempotency_key" else {})

    async def submit() -> None:
        options = TranscribeOptions(initial_prompt="\ud83d" if field == "initial_prompt" else None)
        await backend.submit_job(msgspec.structs.replace(recording, options=options, **broken))

    with pytest.raises(InvalidRequest) as refusal:
        await submit()
    assert refusal.value.field == field
    assert refusal.value.message.encode()


async def test_a_full_queue_refuses_the_impatient_and_says_when_to_come_again(
    backend: LocalBackend, recording: TranscribeRequest, behaviour: Path, tmp_path: Path
) -> None:
    (behaviour / "pause").write_text("0.1")
    endless = msgspec.structs.replace(recording, audio=write_count(tmp_path / "long.wav", 200))
    hasty = msgspec.structs.replace(endless, patient=False)
    accepted = []
    for running in (1, 2, 2, 2):
        accepted.append(await backend.submit_job(hasty))
        async with asyncio.timeout(20):
            while (await backend.readiness()).running < running:
                await asyncio.sleep(0.01)
    with pytest.raises(Busy) as refusal:
        await backend.submit_job(hasty)
    assert refusal.value.retry_after > 0
    assert (await backend.readiness()).queue_full
    waiting = await backend.submit_job(endless)
    assert waiting.ahead == 2
    for job in [waiting, *reversed(accepted)]:
        await backend.cancel_job(job.id)
    assert not (await backend.readiness()).queue_full


async def test_an_engine_that_cannot_be_found_fails_the_job(
    backend: LocalBackend, recording: TranscribeRequest, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(registry, "_registered", {})
    failed = await ended(backend, await backend.submit_job(recording))
    assert failed.error
    assert not isinstance(failed.error.error, EngineFailed)
    assert "counting" in failed.error.detail
