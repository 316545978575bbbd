"""Both ends of a database of each kind, with a model that counts; fixtures for the contract of jobs."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import aclosing
from pathlib import Path

import msgspec
import pytest
import pytest_asyncio
from counting import Counting, write_count
from ends import Ends, SharedEnds
from troublesome import Raising

from orstt_core.backend import Backend
from orstt_core.engines import registry
from orstt_core.runtime import engine_process
from orstt_core.types import (
    ENDED,
    Job,
    ModelDraft,
    NewSegment,
    TranscribeRequest,
)

SECONDS = 3


@pytest.fixture(scope="module")
def _behaviour(shared_database_url: str, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One for each database: the models name it, and the engine that has loaded one serves the next test too."""
    return tmp_path_factory.mktemp("behaviour")


@pytest.fixture
def behaviour(_behaviour: Path) -> Iterator[Path]:
    """The folder that tells the engine how to behave."""
    yield _behaviour
    for told in _behaviour.iterdir():
        told.unlink()


@pytest_asyncio.fixture(loop_scope="module")
async def ends(ends: Ends, shared_ends: SharedEnds, behaviour: Path, monkeypatch: pytest.MonkeyPatch) -> Ends:
    """Both ends of a database without jobs, with a model that counts and one that fails."""
    for name, engine in {"counting": Counting, "raising": Raising}.items():
        monkeypatch.setitem(registry._registered, name, engine)
    monkeypatch.setattr(engine_process, "CANCEL_SECONDS", 0.1)
    # Not over the network, where no folder may be named.
    for name, model in {"counting": str(behaviour), "raising": "any"}.items():
        await shared_ends.core.create_model(ModelDraft(name=name, model_type=name, model=model))
    return ends


@pytest.fixture
def recording(tmp_path: Path) -> TranscribeRequest:
    return TranscribeRequest(audio=write_count(tmp_path / "count.wav", SECONDS), model="counting")


def asking(request: TranscribeRequest, **changes: object) -> TranscribeRequest:
    return msgspec.structs.replace(request, **changes)


async def reached(backend: Backend, job: Job, states: frozenset[str]) -> Job:
    async with asyncio.timeout(30):
        while (found := await backend.job(job.id)).state not in states:
            await asyncio.sleep(0.02)
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
