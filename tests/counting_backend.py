"""A backend whose model counts, and what tests of its jobs wait for."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from counting import Counting
from msgspec.structs import replace
from pace import QUICK

from orstt_core.engines import registry
from orstt_core.jobs.pace import Pace
from orstt_core.local import LocalBackend
from orstt_core.runtime import engine_process
from orstt_core.settings import Settings
from orstt_core.types import Accepted, Job, ModelDraft, Restarted, TranscribeRequest

SECONDS = 4


@asynccontextmanager
async def counting_backend(
    settings: Settings, behaviour: Path, *, drain: bool = True, pace: Pace = QUICK
) -> AsyncIterator[LocalBackend]:
    """A backend whose active model is the counting engine with this folder."""
    with pytest.MonkeyPatch.context() as patched:
        patched.setitem(registry._registered, "counting", Counting)
        # Tests hang many an engine, which is given twice as long each time.
        patched.setattr(engine_process, "LONGEST_GRACE", 1.0)
        async with LocalBackend(settings, drain=drain, pace=pace) as backend:
            await backend.create_model(ModelDraft(name="counting", model_type="counting", model=str(behaviour)))
            await backend.activate_model("counting")
            yield backend


async def ended(backend: LocalBackend, job: Job) -> Job:
    """Wait until a job has ended, as the database says it."""
    async with asyncio.timeout(20):
        while (found := await backend.job(job.id)).finished_at is None:
            await asyncio.sleep(0.02)
    return found


async def put_off(backend: LocalBackend, job: Job) -> Job:
    """Wait until a job was put off: it waits in the queue, says why, and has not failed."""
    async with asyncio.timeout(20):
        while not (found := await backend.job(job.id)).put_off:
            await asyncio.sleep(0.01)
    assert (found.state, found.error) == ("queued", None)
    return found


async def done_by_a_second_engine(
    backend: LocalBackend, request: TranscribeRequest, engine: type[Counting], folder: Path, *, dies_at: int
) -> tuple[Job, int]:
    """Submit a job over which this engine dies once; return it done, and how many segments were kept.

    Args:
        backend: has no model of this engine yet.
        request: for any model.
        engine: what its model is of.
        folder: tells the engine how to behave, and what it was asked.
        dies_at: the number at which it dies.
    """
    (folder / "die-at").write_text(str(dies_at))
    with pytest.MonkeyPatch.context() as patched:
        patched.setitem(registry._registered, "mortal", engine)
        await backend.create_model(ModelDraft(name=engine.__name__, model_type="mortal", model=str(folder)))
        job = await backend.submit_job(replace(request, model=engine.__name__))
        [restarted] = [event async for event in backend.follow_job(job.id) if isinstance(event, Restarted)]
        return await ended(backend, job), restarted.kept


def asked(folder: Path) -> list[int]:
    """The first number of each call of the engine."""
    return [int(line) for line in (folder / "asked").read_text().split()]


async def last_event(backend: LocalBackend, request: TranscribeRequest) -> object:
    """Wait for a transcription and return what it ended with."""
    events = [event async for event in backend.transcribe(request)]
    assert isinstance(events[0], Accepted)
    return events[-1]
