"""The API of whisper-asr-webservice, as its clients use it."""

from __future__ import annotations

from typing import Any

import httpx2
import pytest
from scripted import ScriptedBackend, speech
from serving import http_client, served

from orstt_core.types import NewSegment, SampleFormat, Segment, TranscribeOptions

PCM = {"audio_file": ("audio_file", b"\0\0" * 1600)}
"""What Bazarr sends: bare samples by the name of the field."""
CLIP = {"audio_file": ("Café 1.wav", b"sound", "audio/wav")}


async def asr(http: httpx2.AsyncClient, files: Any = CLIP, **query: str) -> httpx2.Response:
    return await http.post("/asr", params=query, files=files)


async def test_bazarr_gets_its_subtitles(http: httpx2.AsyncClient, backend: ScriptedBackend) -> None:
    answer = await asr(
        http, PCM, task="translate", language="de", output="srt", encode="false", video_file="/films/x.mkv"
    )
    assert (answer.status_code, answer.headers["content-type"]) == (200, "text/plain; charset=utf-8")
    assert answer.text.startswith("1\n00:00:00,000 --> 00:00:02,000\nHello there.\n")
    [request] = backend.requests
    assert request.options == TranscribeOptions(task="translate", language="de")
    assert request.sample_format == SampleFormat(rate=16_000)


@pytest.mark.parametrize(
    ("output", "text"),
    [
        ("", "Hello there.\nGeneral remarks.\n"),
        ("txt", "Hello there.\nGeneral remarks.\n"),
        ("vtt", "WEBVTT\n\n00:00:00.000 --> 00:00:02.000\nHello there.\n"),
        ("tsv", "start\tend\ttext\n0\t2000\tHello there.\n"),
    ],
)
async def test_every_output_is_a_text_with_a_name(http: httpx2.AsyncClient, output: str, text: str) -> None:
    answer = await asr(http, output=output)
    assert answer.text.startswith(text)
    assert answer.headers["content-type"].startswith("text/plain")
    assert answer.headers["content-disposition"] == f'attachment; filename="Caf%C3%A9%201.wav.{output or "txt"}"'
    assert (answer.headers["asr-engine"], answer.headers["cache-control"]) == ("whisper", "no-store")


async def test_json_has_the_segments(http: httpx2.AsyncClient) -> None:
    answer = (await asr(http, output="json", word_timestamps="true")).json()
    assert (answer["language"], len(answer["segments"])) == ("en", 2)
    assert {"id", "seek", "start", "end", "text", "tokens", "words", "temperature", "avg_logprob"} <= answer[
        "segments"
    ][0].keys()


async def test_every_parameter_is_understood_as_it_is_written(
    http: httpx2.AsyncClient, backend: ScriptedBackend
) -> None:
    await asr(http, language="German", initial_prompt="Dashwood", vad_filter="False", word_timestamps="1", diarize="no")
    [request] = backend.requests
    assert request.options == TranscribeOptions(
        language="German", initial_prompt="Dashwood", vad_filter=False, word_timestamps=True
    )
    assert (request.sample_format, request.filename) == (None, "Café 1.wav")


@pytest.mark.parametrize(
    ("query", "status", "says"),
    [
        ({"task": "shout"}, 400, "task"),
        ({"output": "docx"}, 400, "output"),
        ({"encode": "perhaps"}, 400, "encode"),
        ({"diarize": "true"}, 422, "speakers"),
    ],
)
async def test_what_does_not_fit_is_refused(
    http: httpx2.AsyncClient, backend: ScriptedBackend, query: dict[str, str], status: int, says: str
) -> None:
    answer = await asr(http, **query)
    assert (answer.status_code, says in answer.json()["detail"], backend.requests) == (status, True, [])
    assert answer.json()["error"] == answer.json()["detail"]  # FastAPI's word for it, and ours


async def test_what_is_no_form_or_has_no_recording_is_refused(http: httpx2.AsyncClient) -> None:
    for path in ("/asr", "/asr/", "/detect-language"):
        answer = await http.post(path, content=b"RIFF")
        assert (answer.status_code, answer.json().keys()) == (415, {"detail", "error", "code"})
    answer = await asr(http, {"audio": ("a.wav", b"sound")})
    assert (answer.status_code, "`audio_file`" in answer.json()["error"]) == (400, True)


async def test_the_language_is_told_before_the_rest_is_transcribed(
    http: httpx2.AsyncClient, backend: ScriptedBackend
) -> None:
    first = NewSegment(segment=Segment(id=0, start=0, end=1, text="Hej.", language="sv", language_probability=0.75))
    backend.script = [first, 60.0]
    answer = await http.post("/detect-language", params={"encode": "false", "video_file": "None"}, files=PCM)
    assert answer.json() == {"detected_language": "swedish", "language_code": "sv", "confidence": 0.75}
    assert backend.requests[0].sample_format == SampleFormat(rate=16_000)
    assert backend.cancelled == 1


async def test_the_language_of_silence_is_undetermined(http: httpx2.AsyncClient, backend: ScriptedBackend) -> None:
    backend.script = [*speech()]
    answer = await http.post("/detect-language", files=CLIP)
    assert answer.json() == {"detected_language": "unknown", "language_code": "und", "confidence": 0.0}


@pytest.mark.parametrize(("user", "allowed"), [("bazarr:secret@", True), ("secret@", True), ("", False)])
async def test_the_key_is_taken_as_the_password_of_an_address_there_alone(
    backend: ScriptedBackend, user: str, *, allowed: bool
) -> None:
    async with served(backend, api_key="secret") as address, http_client(address.replace("//", f"//{user}")) as http:
        taken = {
            path: (await http.post(path, files=PCM)).status_code == 200
            for path in ("/asr", "/asr/", "/detect-language", "/api/transcribe_only")
        }
    assert list(taken.values()) == [allowed] * 3 + [False]


async def test_what_is_no_password_is_no_key(backend: ScriptedBackend) -> None:
    async with served(backend, api_key="secret") as address, http_client(address) as http:
        for given in ("Basic nonsense", "Basic", "Basic OnNlY3JldHM=", "Digest secret"):
            assert (await http.post("/asr", files=PCM, headers={"Authorization": given})).status_code == 401, given
