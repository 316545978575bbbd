"""A backend whose model counts, and what tests of its jobs wait for."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from counting import Counting
from pace import QUICK

from orstt_core.engines import registry
from orstt_core.jobs.pace import Pace
from orstt_core.local import LocalBackend
from orstt_core.settings import Settings
from orstt_core.types import Accepted, Job, ModelDraft, TranscribeRequest

SECONDS = 4


@asynccontextmanager
async def counting_backend(
    settings: Settings, behaviour: Path, *, drain: bool = True, pace: Pace = QUICK
) -> AsyncIterator[LocalBackend]:
    """A backend whose active model is the counting engine with this folder."""
    with pytest.MonkeyPatch.context() as patched:
        patched.setitem(registry._registered, "counting", Counting)
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


async def last_event(backend: LocalBackend, request: TranscribeRequest) -> object:
    """Wait for a transcription and return what it ended with."""
    events = [event async for event in backend.transcribe(request)]
    assert isinstance(events[0], Accepted)
    return events[-1]
