"""Wait for a server whose queue is full, showing how many are before us, instead of failing."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncGenerator

from orstt_core.backend import Backend
from orstt_core.errors import Busy
from orstt_core.types import Accepted, Job, TranscribeEvent, TranscribeRequest


async def transcribe_patiently(backend: Backend, request: TranscribeRequest) -> AsyncGenerator[TranscribeEvent]:
    """Yield what `backend.transcribe` yields; while it is too busy to begin, an `Accepted` before each new try.

    That `Accepted` names no job, for there is none yet. Closing the generator ends the waiting, or cancels the job.

    Raises:
        OrsttError: what `backend.transcribe` raises, but `Busy`.
    """
    while True:
        async with contextlib.aclosing(backend.transcribe(request)) as events:
            try:
                first = await anext(events)
            except Busy as error:
                delay = error.retry_after
            else:
                yield first
                async for event in events:
                    yield event
                return
        yield await _place(backend, request)
        await asyncio.sleep(delay)


async def submit_patiently(backend: Backend, request: TranscribeRequest) -> AsyncGenerator[Accepted | Job]:
    """Yield the job that `backend.submit_job` returns; while it is too busy, an `Accepted` before each new try.

    Raises:
        OrsttError: what `backend.submit_job` raises, but `Busy`.
    """
    while True:
        try:
            yield await backend.submit_job(request)
        except Busy as error:
            delay = error.retry_after
        else:
            return
        yield await _place(backend, request)
        await asyncio.sleep(delay)


async def _place(backend: Backend, request: TranscribeRequest) -> Accepted:
    return Accepted(model=str(request.model or ""), ahead=(await backend.readiness()).queued)
