"""Streams of OpenAI's audio API: each text leaves when it is known, the last holds all, and leaving cancels."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import TYPE_CHECKING, Any

import httpx2
import pytest
from api.openai_clients import CLIP, async_client, client_error
from scripted import ScriptedBackend, speech
from serving import eventually

from orstt_api import streaming
from orstt_core.errors import AudioUnreadable, EngineDied
from orstt_core.types import Restarted

if TYPE_CHECKING:
    import openai

PATH = "/v1/audio/transcriptions"
FORM: dict[str, Any] = {"file": CLIP, "model": (None, "base"), "stream": (None, "true")}


@pytest.fixture
async def client(address: str) -> AsyncIterator[openai.AsyncOpenAI]:
    async with async_client(address) as client:
        yield client


async def test_the_deltas_joined_are_the_text(client: openai.AsyncOpenAI) -> None:
    stream = await client.audio.transcriptions.create(file=CLIP, model="base", stream=True)
    events = [event async for event in stream]
    assert [event.type for event in events] == ["transcript.text.delta", "transcript.text.segment"] * 2 + [
        "transcript.text.done"
    ]
    deltas = "".join(event.delta for event in events if event.type == "transcript.text.delta")
    assert deltas == events[-1].text == "Hello there. General remarks."
    segments = [event for event in events if event.type == "transcript.text.segment"]
    assert [(part.id, part.start, part.end, part.text) for part in segments] == [
        ("seg_0", 0.0, 2.0, "Hello there."),
        ("seg_1", 2.0, 4.0, "General remarks."),
    ]


async def test_the_first_delta_does_not_wait_for_the_second(
    client: openai.AsyncOpenAI, backend: ScriptedBackend
) -> None:
    backend.script = [*speech("First.", "Never.")[:3], 60.0]
    async with asyncio.timeout(20):
        stream = await client.audio.transcriptions.create(file=CLIP, model="base", stream=True)
        first = await anext(aiter(stream))
    assert first.type == "transcript.text.delta"
    assert first.delta == "First."
    await stream.close()


async def test_closing_the_stream_cancels_the_transcription(
    client: openai.AsyncOpenAI, backend: ScriptedBackend
) -> None:
    backend.script = [*speech("First.")[:3], 60.0]
    async with await client.audio.transcriptions.create(file=CLIP, model="base", stream=True) as stream:
        await anext(aiter(stream))
    await eventually(lambda: backend.cancelled == 1)


async def test_leaving_without_a_stream_cancels_as_well(client: openai.AsyncOpenAI, backend: ScriptedBackend) -> None:
    backend.script = [60.0]
    asking = asyncio.create_task(client.audio.transcriptions.create(file=CLIP, model="base"))
    await eventually(lambda: backend.requests)
    asking.cancel()
    await eventually(lambda: backend.cancelled == 1)


async def test_an_error_before_the_first_event_has_a_status(
    client: openai.AsyncOpenAI, backend: ScriptedBackend
) -> None:
    backend.script = [AudioUnreadable("This is no recording.", field="audio")]
    with pytest.raises(client_error("BadRequestError")) as refused:
        await client.audio.transcriptions.create(file=CLIP, model="base", stream=True)
    assert refused.value.param == "file"


async def test_an_error_in_the_middle_is_raised_by_the_client(
    client: openai.AsyncOpenAI, backend: ScriptedBackend
) -> None:
    backend.script = [*speech("First.")[:3], EngineDied("The engine died.")]
    stream = aiter(await client.audio.transcriptions.create(file=CLIP, model="base", stream=True))
    assert [(await anext(stream)).type for _ in range(2)] == ["transcript.text.delta", "transcript.text.segment"]
    with pytest.raises(client_error("APIError"), match="The engine died"):
        await anext(stream)


async def test_a_second_beginning_tells_nothing_twice(client: openai.AsyncOpenAI, backend: ScriptedBackend) -> None:
    whole = speech("One.", "Two.")
    [accepted, started, one, progress, *_] = whole
    backend.script = [accepted, started, one, progress, Restarted(kept=0, reason="The engine died."), *whole[2:]]
    stream = await client.audio.transcriptions.create(file=CLIP, model="base", stream=True)
    deltas = [event.delta async for event in stream if event.type == "transcript.text.delta"]
    assert deltas == ["One.", " Two."]


async def test_a_stream_with_nothing_to_say_shows_that_it_is_alive(
    http: httpx2.AsyncClient, backend: ScriptedBackend, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(streaming, "KEEP_ALIVE_SECONDS", 0.02)
    backend.script = [0.3, *speech("Slow.")]
    async with http.stream("POST", PATH, files=FORM) as answer:
        assert answer.headers["content-type"].startswith("text/event-stream")
        text = "".join([text async for text in answer.aiter_text()])
    assert text.count(": keep-alive\n\n") >= 3
    assert text.count("event: transcript.text.done\n") == 1
