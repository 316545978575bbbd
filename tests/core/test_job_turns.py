"""Promises of jobs about whose turn it is where there is more work than engines."""

import asyncio
from contextlib import aclosing
from pathlib import Path

import msgspec
import pytest
from counting import count_of, write_count
from counting_backend import SECONDS, ended, last_event
from troublesome import Roomy

from orstt_core.engines import registry
from orstt_core.local import LocalBackend
from orstt_core.types import Done, JobQuery, ModelDraft, NewSegment, TranscribeRequest

pytestmark = pytest.mark.asyncio(loop_scope="module")


async def test_a_backlog_of_one_model_does_not_keep_another_one_waiting(
    backend: LocalBackend, recording: TranscribeRequest, behaviour: Path, tmp_path: Path
) -> None:
    (behaviour / "hang-at").write_text("1")
    await backend.create_model(ModelDraft(name="quick", model_type="counting", model=str(tmp_path)))
    backlog = [await backend.submit_job(recording) for _ in range(4)]
    done = await ended(backend, await backend.submit_job(msgspec.structs.replace(recording, model="quick")))
    assert (done.state, done.text) == ("done", count_of(SECONDS))
    states = [(await backend.job(job.id)).state for job in backlog]
    assert sorted(states) == ["queued", "queued", "running", "running"]


async def test_whoever_waits_is_answered_while_long_recordings_have_the_only_engine(
    backend: LocalBackend, recording: TranscribeRequest, behaviour: Path, tmp_path: Path
) -> None:
    (behaviour / "pause").write_text("0.1")
    long = msgspec.structs.replace(recording, audio=write_count(tmp_path / "long.wav", 400))
    backlog = [await backend.submit_job(long) for _ in range(4)]
    async with asyncio.timeout(30):
        while not (begun := [job for job in backlog if (await backend.job(job.id)).segments]):
            await asyncio.sleep(0.02)
    done = await last_event(backend, recording)
    assert isinstance(done, Done)
    assert done.transcript.text == count_of(SECONDS)
    jobs = [await backend.job(job.id) for job in backlog]
    assert [job.state for job in jobs] == ["running", "running", "queued", "queued"]
    assert (await backend.job(begun[0].id)).segments, "what it had found is kept"


async def test_a_backlog_uses_all_that_an_engine_serves_at_once(
    backend: LocalBackend, recording: TranscribeRequest, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(registry._registered, "roomy", Roomy)
    await backend.create_model(ModelDraft(name="roomy", model_type="roomy", model="any"))
    request = msgspec.structs.replace(recording, model="roomy")
    jobs = [await backend.submit_job(request) for _ in range(Roomy.capacity)]
    assert {(await ended(backend, job)).text for job in jobs} == {"together"}  # none is, before all have begun


async def test_whoever_asks_again_with_the_same_key_gets_what_the_first_did_not_wait_for(
    backend: LocalBackend, recording: TranscribeRequest, behaviour: Path
) -> None:
    (behaviour / "pause").write_text("0.1")
    request = msgspec.structs.replace(recording, idempotency_key="visit")
    async with aclosing(backend.transcribe(request)) as events:
        async for event in events:
            if isinstance(event, NewSegment):
                break
    again = [event async for event in backend.transcribe(request)]
    assert isinstance(again[-1], Done)
    assert again[-1].transcript.text == count_of(SECONDS)
    assert len((await backend.jobs(JobQuery())).jobs) == 1
