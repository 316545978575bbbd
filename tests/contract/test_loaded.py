"""What every Backend promises about loaded models, the audit table and readiness, on every database."""

# ruff: noqa: F811 - pytest hands fixtures over by the names of arguments

from __future__ import annotations

import asyncio
from contextlib import aclosing
from datetime import UTC, datetime
from pathlib import Path

import pytest
import pytest_asyncio
from counted_ends import (  # noqa: F401 - fixtures among them
    SECONDS,
    _behaviour,
    asking,
    behaviour,
    ended,
    ends,
    held,
    recording,
)
from ends import Ends

from orstt_core.backend import Backend
from orstt_core.errors import (
    ModelInUse,
    ModelNotFound,
    WeightsError,
)
from orstt_core.types import (
    LoadedChanged,
    TranscribeRequest,
)

pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest_asyncio.fixture(loop_scope="module", autouse=True)
async def _nothing_loaded(backend: Backend) -> None:
    for model in await backend.loaded_models():
        await backend.unload_model(model.names[0])


async def test_a_model_is_loaded_once_listed_and_unloaded(ends: Ends, behaviour: Path) -> None:
    first, second = await asyncio.gather(ends.backend.load_model("counting"), ends.backend.load_model("counting", -1))
    assert first.pid == second.pid > 0
    (loaded,) = await ends.backend.loaded_models()
    assert (loaded.names, loaded.model_type, loaded.model) == (["counting"], "counting", str(behaviour))
    assert (loaded.state, loaded.using) == ("idle", 0)
    assert loaded.memory > 10_000_000
    assert loaded.loaded_at
    assert loaded.loaded_at <= datetime.now(UTC)
    assert (await ends.backend.unload_model("counting")).pid == loaded.pid
    assert await ends.backend.loaded_models() == []
    for ref in ("counting", "nope", "", 999):
        with pytest.raises(ModelNotFound):
            await ends.backend.unload_model(ref)


async def test_how_long_a_model_stays_can_be_said(backend: Backend, recording: TranscribeRequest) -> None:
    assert (await backend.load_model("counting")).expires_at
    assert (await backend.load_model("counting", -1)).expires_at is None
    await ended(backend, await backend.submit_job(asking(recording, keep_alive=0)))
    async with asyncio.timeout(20):
        while await backend.loaded_models():
            await asyncio.sleep(0.05)


async def test_a_model_at_work_is_not_unloaded(backend: Backend, recording: TranscribeRequest, behaviour: Path) -> None:
    job = await held(backend, recording, behaviour)
    (loaded,) = await backend.loaded_models()
    assert (loaded.state, loaded.using) == ("busy", 1)
    with pytest.raises(ModelInUse):
        await backend.unload_model("counting")
    await backend.cancel_job(job.id)


async def test_a_model_that_cannot_be_loaded_says_why(backend: Backend) -> None:
    with pytest.raises(WeightsError, match="large"):
        await backend.load_model("large")
    with pytest.raises(ModelNotFound):
        await backend.load_model("nope")
    assert await backend.loaded_models() == []


async def test_what_is_loaded_is_told_to_whoever_follows(ends: Ends) -> None:
    async def listen() -> None:
        async with aclosing(ends.other.events()) as events:
            async for event in events:
                if isinstance(event, LoadedChanged):
                    return

    async with asyncio.timeout(30):
        listening = asyncio.create_task(listen())
        while not listening.done():
            await ends.backend.load_model("counting")
            await ends.backend.unload_model("counting")
            await asyncio.sleep(0.05)
        await listening


async def test_who_did_what_can_be_read_newest_first(ends: Ends, recording: TranscribeRequest) -> None:
    job = await ended(ends.backend, await ends.backend.submit_job(recording))
    await ends.backend.delete_job(job.id)
    entries = await ends.other.audit()
    assert [entry.id for entry in entries] == sorted((entry.id for entry in entries), reverse=True)
    told = [(entry.action, entry.subject) for entry in entries]
    assert told[0] == ("job.deleted", job.id)
    assert ("job.submitted", job.id) in told
    assert ("model.created", "counting") in told
    who = {entry.actor for entry in entries if entry.action != "model.created"}
    local = (await ends.backend.info()).location == "local"
    assert len(who) == 1
    assert who.pop().startswith("user " if local else "key")
    assert await ends.other.audit(limit=1) == entries[:1]
    assert "visit" not in str(entries)


async def test_an_idle_backend_is_ready(backend: Backend) -> None:
    readiness = await backend.readiness()
    assert (readiness.ready, readiness.reason, readiness.queued, readiness.running) == (True, "", 0, 0)
