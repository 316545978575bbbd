"""Transcription over the wire: events arrive as they happen, and nothing is left behind."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncIterator
from pathlib import Path

import httpx2
import msgspec
import pytest
from scripted import ScriptedBackend, speech
from serving import eventually, http_client, served

from orstt_api import streaming
from orstt_api.server import ApiServer
from orstt_core.errors import AudioUnreadable, ModelNotFound
from orstt_core.settings import Settings
from orstt_core.types import (
    Accepted,
    Done,
    ModelsChanged,
    Problem,
    TranscribeEvent,
    TranscribeRequest,
)

CLIP = {"audio": ("clip.wav", b"sound")}
PATHS = ["/api/v1/transcriptions", "/api/transcribe_only"]


async def test_the_events_are_the_backends_own(http: httpx2.AsyncClient, backend: ScriptedBackend) -> None:
    async with http.sse("/api/v1/transcriptions", method="POST", files=CLIP) as source:
        received = [event async for event in source]
        assert source.response.headers["cache-control"] == "no-store"
    events = [msgspec.json.decode(event.data, type=TranscribeEvent) for event in received]
    assert events == backend.script
    assert [event.event for event in received[:3]] == ["accepted", "started", "segment"]


async def test_an_event_arrives_before_the_next_one_happens(http: httpx2.AsyncClient, backend: ScriptedBackend) -> None:
    backend.script = [*speech("First.", "Never.")[:3], 60.0]
    async with http.sse("/api/v1/transcriptions", method="POST", files=CLIP) as source:
        names = []
        async with asyncio.timeout(20):
            async for event in source:
                names.append(event.event)
                if event.event == "segment":
                    break
    assert names == ["accepted", "started", "segment"]


async def test_an_error_before_the_first_event_is_an_answer_of_its_own(
    http: httpx2.AsyncClient, backend: ScriptedBackend
) -> None:
    backend.script = [ModelNotFound("No model is called 'x'.")]
    answer = await http.post("/api/v1/transcriptions", files=CLIP)
    assert (answer.status_code, answer.json()["type"]) == (404, "orstt:model_not_found")


async def test_an_error_in_the_middle_is_the_last_event(http: httpx2.AsyncClient, backend: ScriptedBackend) -> None:
    backend.script = [Accepted(model="base"), AudioUnreadable("clip.wav is not audio.", hint="Send another.")]
    async with http.sse("/api/v1/transcriptions", method="POST", files=CLIP) as source:
        assert source.response.status_code == 200
        [_, last] = [event async for event in source]
    assert last.event == "error"
    problem = msgspec.json.decode(last.data, type=Problem)
    assert (problem.type, problem.status, problem.hint) == ("orstt:audio_unreadable", 422, "Send another.")


async def test_an_unforeseen_fault_in_the_middle_is_told_in_general_words_and_logged_once(
    http: httpx2.AsyncClient, backend: ScriptedBackend, caplog: pytest.LogCaptureFixture
) -> None:
    async def breaking(_: object) -> AsyncIterator[TranscribeEvent]:
        yield Accepted(model="base")
        raise KeyError("the secret inside")

    backend.transcribe = breaking  # type: ignore[assignment]  # the fault
    with caplog.at_level(logging.DEBUG):
        async with http.sse("/api/v1/transcriptions", method="POST", files=CLIP) as source:
            [_, last] = [event async for event in source]
    assert msgspec.json.decode(last.data, type=Problem).status == 500
    assert "secret" not in last.data
    assert len([record for record in caplog.records if record.exc_info]) == 1


@pytest.mark.parametrize("path", PATHS)
async def test_a_client_that_goes_away_cancels_its_transcription(backend: ScriptedBackend, path: str) -> None:
    backend.script = [Accepted(model="base"), 60.0]
    async with served(backend) as address:
        asking = asyncio.create_task(_post(address, path))
        await eventually(lambda: backend.requests)
        asking.cancel()
        await eventually(lambda: backend.cancelled == 1)


async def test_a_client_that_goes_away_before_the_first_event_cancels_too(backend: ScriptedBackend) -> None:
    backend.script = [60.0, *speech("Never.")]
    async with served(backend) as address:
        asking = asyncio.create_task(_post(address, PATHS[0]))
        await eventually(lambda: backend.requests)
        asking.cancel()
        await eventually(lambda: backend.cancelled == 1)


async def test_a_client_that_goes_away_while_it_sends_leaves_nothing(
    address: str, backend: ScriptedBackend, uploads: Path, caplog: pytest.LogCaptureFixture
) -> None:
    host, port = address.removeprefix("http://").split(":")
    _, writer = await asyncio.open_connection(host, int(port))
    writer.write(
        b"POST /api/transcribe_only HTTP/1.1\r\nHost: localhost\r\nContent-Length: 900000\r\n"
        b"Content-Type: multipart/form-data; boundary=b\r\n\r\n"
        b'--b\r\nContent-Disposition: form-data; name="audio"; filename="a.wav"\r\n\r\n' + b"x" * 100_000
    )
    await writer.drain()
    await eventually(lambda: list(uploads.iterdir()))
    writer.close()
    await writer.wait_closed()
    await eventually(lambda: not list(uploads.iterdir()))
    assert backend.requests == []
    assert not [record for record in caplog.records if record.levelno >= logging.ERROR]


FAILURE = AudioUnreadable("No.")
ENDS: dict[str, list[TranscribeEvent | float | Exception]] = {
    "well": [*speech("Yes.")],
    "failing": [Accepted(model="base"), FAILURE],
    "failing at once": [FAILURE],
}


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("end", ENDS)
async def test_the_recording_is_the_backends_once_it_is_handed_over(
    http: httpx2.AsyncClient, backend: ScriptedBackend, uploads: Path, path: str, end: str
) -> None:
    seen: list[bytes] = []
    transcribe = backend.transcribe

    async def watching(request: TranscribeRequest) -> AsyncIterator[TranscribeEvent]:
        assert isinstance(request.audio, Path)
        assert (request.disposable, request.patient) == (True, False)
        seen.append(request.audio.read_bytes())
        async for event in transcribe(request):
            yield event

    backend.transcribe = watching  # type: ignore[assignment]  # to look at the file
    backend.script = ENDS[end]
    await http.post(path, files={"audio": ("clip.wav", b"sound" * 1000)})
    assert seen == [b"sound" * 1000]
    # This backend removes nothing of a job's, so it was for the server to leave it alone.
    assert len(list(uploads.iterdir())) == 1


async def test_a_stream_with_nothing_to_say_shows_that_it_is_alive(
    backend: ScriptedBackend, http: httpx2.AsyncClient, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(streaming, "KEEP_ALIVE_SECONDS", 0.02)
    backend.script = [Accepted(model="base"), 0.2, *speech("Slow.")]
    async with http.stream("POST", "/api/v1/transcriptions", files=CLIP) as answer:
        text = "".join([text async for text in answer.aiter_text()])
    assert text.count(": keep-alive\n\n") >= 3
    assert text.count("event: done") == 1


async def test_a_server_that_stops_ends_what_takes_too_long_and_says_so(backend: ScriptedBackend) -> None:
    backend.script = [Accepted(model="base"), 60.0]
    server = ApiServer(backend, Settings(port=0, shutdown_seconds=0.1))
    address = await server.start()
    async with http_client(address) as http:
        asking = asyncio.create_task(_post(address, PATHS[1]))
        async with http.sse("/api/v1/transcriptions", method="POST", files=CLIP) as source, asyncio.timeout(20):
            events = aiter(source)
            await anext(events)
            await eventually(lambda: len(backend.requests) == 2)
            stopping = asyncio.create_task(server.stop())
            last = await anext(events)
        assert msgspec.json.decode(last.data, type=Problem).type == "orstt:server_unreachable"
        assert (await asking).status_code == 503
        await stopping
    assert backend.cancelled == 2


async def test_a_server_that_stops_lets_a_short_transcription_finish(backend: ScriptedBackend) -> None:
    backend.script = [Accepted(model="base"), 0.5, *speech("Finished.")]
    server = ApiServer(backend, Settings(port=0))
    asking = asyncio.create_task(_post(await server.start(), PATHS[1]))
    await eventually(lambda: backend.requests)
    await server.stop()
    assert (await asking).json()["transcript"] == "Finished."


async def test_changes_are_told_to_whoever_follows(http: httpx2.AsyncClient, backend: ScriptedBackend) -> None:
    async with http.sse("/api/v1/events") as source, asyncio.timeout(20):
        await http.post("/api/v1/models/3/activate")
        event = await anext(aiter(source))
    assert msgspec.json.decode(event.data, type=ModelsChanged) == ModelsChanged(reason="activated small")
    await eventually(lambda: not backend._followers)


async def test_following_changes_does_not_hold_up_the_end_of_the_server(backend: ScriptedBackend) -> None:
    server = ApiServer(backend, Settings(port=0))
    address = await server.start()
    async with (
        http_client(address) as http,
        http.sse("/api/v1/events") as source,
        asyncio.timeout(20),
    ):
        assert source.response.status_code == 200
        await server.stop()


async def test_a_transcript_of_any_length_arrives_whole(http: httpx2.AsyncClient, backend: ScriptedBackend) -> None:
    backend.script = [*speech(*(f"Sentence {number}, with some words to it. " * 10 for number in range(200)))]
    async with http.sse("/api/v1/transcriptions", method="POST", files=CLIP, max_event_size=None) as source:
        last = [event async for event in source][-1]
    assert msgspec.json.decode(last.data, type=Done) == backend.script[-1]


async def test_neither_sound_nor_text_reaches_the_log(
    http: httpx2.AsyncClient, backend: ScriptedBackend, caplog: pytest.LogCaptureFixture
) -> None:
    backend.script = [*speech("The patient is Jane Roe.")]
    with caplog.at_level(logging.DEBUG, logger="orstt_api"), caplog.at_level(logging.DEBUG, logger="litestar"):
        for path in PATHS:
            await http.post(path, files={"audio": ("jane-roe.wav", b"sound-of-jane")})
    assert "jane" not in caplog.text.lower()


async def _post(address: str, path: str) -> httpx2.Response:
    async with http_client(address) as http:
        return await http.post(path, files=CLIP)
