"""Events are handed over as they come; a server whose queue is full is waited for, with the place shown."""

from __future__ import annotations

import asyncio
import contextlib
from collections.abc import AsyncGenerator
from pathlib import Path

import pytest
from scripted import ScriptedBackend, speech

from orstt_core.errors import Busy, EngineFailed, ModelSuspended, OrsttError
from orstt_core.types import Accepted, Job, NewSegment, Readiness, TranscribeEvent, TranscribeRequest
from orstt_tui.event_stream import submit_when_admitted, transcribe_when_admitted

REQUEST = TranscribeRequest(audio=Path("visit.wav"), model="base")


class Crowded(ScriptedBackend):
    """Refuses so many requests before it takes one."""

    def __init__(self, refusals: int, error: type[OrsttError] = Busy) -> None:
        super().__init__()
        self.ready = Readiness(ready=False, reason="The queue is full.", queued=7)
        self.refusals = refusals
        self.error = error
        self.tries = 0

    def refuse(self) -> None:
        self.tries += 1
        if self.tries <= self.refusals:
            raise self.error("The queue is full.")

    async def transcribe(self, request: TranscribeRequest) -> AsyncGenerator[TranscribeEvent]:
        self.refuse()
        async with contextlib.aclosing(super().transcribe(request)) as events:
            async for event in events:
                yield event

    async def submit_job(self, request: TranscribeRequest) -> Job:
        self.refuse()
        return await super().submit_job(request)


@pytest.fixture(autouse=True)
def soon(monkeypatch: pytest.MonkeyPatch) -> None:
    """Let a busy server be asked again after a moment instead of seconds."""
    monkeypatch.setattr(Busy, "retry_after", 0.01)


async def test_a_full_queue_is_waited_for_with_the_place_shown() -> None:
    backend = Crowded(refusals=3)
    events: list[TranscribeEvent] = []
    await transcribe_when_admitted(backend, REQUEST, events.append)
    assert events[:3] == [Accepted(model="base", ahead=7)] * 3
    assert events[3:] == speech("Hello there.", "General remarks.")
    assert backend.tries == 4


async def test_a_job_is_submitted_once_the_queue_has_room() -> None:
    backend = Crowded(refusals=2)
    waits: list[TranscribeEvent] = []
    job = await submit_when_admitted(backend, REQUEST, waits.append)
    assert waits == [Accepted(model="base", ahead=7)] * 2
    assert [job] == list(backend.job_rows.values())


async def test_a_suspended_model_is_not_waited_for() -> None:
    with pytest.raises(ModelSuspended):
        await transcribe_when_admitted(Crowded(1, ModelSuspended), REQUEST, lambda _: None)
    with pytest.raises(ModelSuspended):
        await submit_when_admitted(Crowded(1, ModelSuspended), REQUEST, lambda _: None)


async def test_what_fails_once_it_has_begun_is_not_tried_again() -> None:
    backend = Crowded(0)
    for error in (EngineFailed("It died."), Busy("Full.")):
        backend.script = [*speech("One.")[:-1], error]
        backend.tries = 0
        with pytest.raises(type(error)):
            await transcribe_when_admitted(backend, REQUEST, lambda _: None)
        assert backend.tries == 1


async def test_a_cancelled_transcription_ends_behind_it_too() -> None:
    backend, heard = Crowded(0), asyncio.Event()
    backend.script = [*speech("One.")[:-1], 600.0]
    handle = lambda event: heard.set() if isinstance(event, NewSegment) else None  # noqa: E731 - one line of three
    task = asyncio.create_task(transcribe_when_admitted(backend, REQUEST, handle))
    await heard.wait()
    task.cancel()
    await asyncio.wait({task})
    assert task.cancelled()
    assert backend.cancelled == 1


async def test_whoever_cannot_show_an_event_ends_the_transcription() -> None:
    def broken(event: TranscribeEvent) -> None:
        raise ZeroDivisionError

    backend = Crowded(0)
    with pytest.raises(ZeroDivisionError):
        await transcribe_when_admitted(backend, REQUEST, broken)
    assert backend.cancelled == 1


async def test_waiting_ends_when_it_is_cancelled() -> None:
    backend, refused = Crowded(refusals=1_000_000), asyncio.Event()
    task = asyncio.create_task(transcribe_when_admitted(backend, REQUEST, lambda _: refused.set()))
    await refused.wait()
    task.cancel()
    await asyncio.wait({task})
    assert task.cancelled()
