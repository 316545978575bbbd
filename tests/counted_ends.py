"""Both ends of a new database of each kind, with a model that counts; fixtures for the contract of jobs."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import aclosing
from pathlib import Path

import msgspec
import pytest
from counting import Counting, write_count
from ends import WHERE, Ends, opened
from troublesome import Raising

from orstt_core.backend import Backend
from orstt_core.engines import registry
from orstt_core.local import LocalBackend
from orstt_core.settings import Settings
from orstt_core.types import (
    ENDED,
    Job,
    ModelDraft,
    NewSegment,
    TranscribeRequest,
)

SECONDS = 3


@pytest.fixture
def behaviour(tmp_path: Path) -> Path:
    """The folder that tells the engine how to behave."""
    folder = tmp_path / "behaviour"
    folder.mkdir()
    return folder


@pytest.fixture(params=WHERE)
async def ends(
    request: pytest.FixtureRequest,
    database_url: str,
    tmp_path: Path,
    behaviour: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> AsyncIterator[Ends]:
    """Both ends of a new database of each kind, with a model that counts and one that fails."""
    for name, engine in {"counting": Counting, "raising": Raising}.items():
        monkeypatch.setitem(registry._registered, name, engine)
    settings = Settings(database_url=database_url, data_dir=tmp_path / "data", max_queued=1)
    async with opened(request.param, settings) as ends:
        # Not over the network, where no folder may be named.
        async with LocalBackend(settings, drain=False) as near:
            await near.create_model(ModelDraft(name="counting", model_type="counting", model=str(behaviour)))
            await near.create_model(ModelDraft(name="raising", model_type="raising", model="any"))
        yield ends


@pytest.fixture
def recording(tmp_path: Path) -> TranscribeRequest:
    return TranscribeRequest(audio=write_count(tmp_path / "count.wav", SECONDS), model="counting")


def asking(request: TranscribeRequest, **changes: object) -> TranscribeRequest:
    return msgspec.structs.replace(request, **changes)


async def reached(backend: Backend, job: Job, states: frozenset[str]) -> Job:
    async with asyncio.timeout(30):
        while (found := await backend.job(job.id)).state not in states:
            await asyncio.sleep(0.05)
    return found


async def ended(backend: Backend, job: Job) -> Job:
    return await reached(backend, job, ENDED)


async def held(backend: Backend, request: TranscribeRequest, behaviour: Path) -> Job:
    """A job that runs, and goes on running until it is cancelled."""
    (behaviour / "hang-at").write_text("2")
    job = await backend.submit_job(request)
    async with asyncio.timeout(30), aclosing(backend.follow_job(job.id)) as events:
        async for event in events:
            if isinstance(event, NewSegment):
                break
    return job
