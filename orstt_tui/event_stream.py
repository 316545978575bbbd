"""From the backend's events to whoever shows them: each is handed over, none is yielded a second time.

A server whose queue is full is waited for, with the number of jobs before this one reported meanwhile.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing

from orstt_core.backend import Backend
from orstt_core.errors import Busy
from orstt_core.types import Accepted, Job, TranscribeEvent, TranscribeRequest

Handler = Callable[[TranscribeEvent], None]


async def hand_over(events: AsyncGenerator[TranscribeEvent], handle: Handler) -> None:
    """Hand over every event to the end; whatever happens, the events are closed.

    Raises:
        OrsttError: what the transcription failed with.
    """
    async with aclosing(events):
        async for event in events:
            handle(event)


async def transcribe_when_admitted(backend: Backend, request: TranscribeRequest, handle: Handler) -> None:
    """Hand over what `backend.transcribe` yields; while it is too busy to begin, an `Accepted` before each new try.

    That `Accepted` names no job, for there is none yet. Cancelled, it ends the waiting, or the job.

    Raises:
        OrsttError: what `backend.transcribe` raises, but a `Busy` before the first event.
    """
    while True:
        async with aclosing(backend.transcribe(request)) as events:
            try:
                handle(await anext(events))
            except Busy as error:
                delay = error.retry_after
            else:
                return await hand_over(events, handle)
        await _wait_in_line(backend, request, handle, delay)


async def submit_when_admitted(backend: Backend, request: TranscribeRequest, handle: Callable[[Accepted], None]) -> Job:
    """Return the job that `backend.submit_job` returns; while it is too busy, hand over as above.

    Raises:
        OrsttError: what `backend.submit_job` raises, but `Busy`.
    """
    while True:
        try:
            return await backend.submit_job(request)
        except Busy as error:
            delay = error.retry_after
        await _wait_in_line(backend, request, handle, delay)


async def _wait_in_line(
    backend: Backend, request: TranscribeRequest, handle: Callable[[Accepted], None], delay: float
) -> None:
    handle(Accepted(model=str(request.model or ""), ahead=(await backend.readiness()).queued))
    await asyncio.sleep(delay)
