"""What may stand in the form beside a recording; the same for a job and for a transcription."""

from __future__ import annotations

from pathlib import Path

import httpx2
import pytest
from scripted import ScriptedBackend

from orstt_api.forms import FIELDS
from orstt_api.openapi import TranscriptionForm
from orstt_core.types import SampleFormat, TranscribeOptions, to_json

PATHS = ["/api/jobs", "/api/v1/transcriptions"]
CLIP = {"audio": ("clip.wav", b"sound")}


@pytest.mark.parametrize("path", PATHS)
async def test_options_arrive_as_they_were_given(http: httpx2.AsyncClient, backend: ScriptedBackend, path: str) -> None:
    options = TranscribeOptions(language="de", word_timestamps=True, temperature=(0.0, 0.5), initial_prompt="Möhre\n")
    form = {"options": to_json(options).decode(), "model": "small"}
    await http.post(path, data=form, files=CLIP)
    assert (backend.requests[0].options, backend.requests[0].model) == (options, "small")


@pytest.mark.parametrize("path", PATHS)
async def test_options_may_be_fields_of_their_own(
    http: httpx2.AsyncClient, backend: ScriptedBackend, path: str
) -> None:
    form = {
        "language": "de",
        "task": "translate",
        "word_timestamps": "true",
        "initial_prompt": "Möhre",
        "hotwords": "Rübe Kohl",
        "vad_filter": "false",
        "beam_size": "1",
        "temperature": "0, 0.5",
        "prefer": "best",
        "deadline": "60",
        "max_error": "7.5",
    }
    await http.post(path, data=form, files=CLIP)
    assert backend.requests[0].options == TranscribeOptions(
        language="de",
        task="translate",
        word_timestamps=True,
        initial_prompt="Möhre",
        hotwords="Rübe Kohl",
        vad_filter=False,
        beam_size=1,
        temperature=(0.0, 0.5),
        prefer="best",
        deadline=60.0,
        max_error=7.5,
    )


async def test_a_field_of_its_own_goes_before_the_same_in_options(
    http: httpx2.AsyncClient, backend: ScriptedBackend
) -> None:
    form = {"options": '{"language": "en", "beam_size": 2}', "language": "de"}
    await http.post(PATHS[0], data=form, files=CLIP)
    assert backend.requests[0].options == TranscribeOptions(language="de", beam_size=2)


async def test_a_blank_field_counts_as_not_given(http: httpx2.AsyncClient, backend: ScriptedBackend) -> None:
    assert (await http.post(PATHS[0], data=dict.fromkeys(FIELDS, ""), files=CLIP)).status_code == 202
    [request] = backend.requests
    assert (request.options, request.model, request.sample_format) == (TranscribeOptions(), None, None)


@pytest.mark.parametrize(("form", "model"), [({"model": "7"}, "7"), ({"model_id": "7"}, 7), ({"model": ""}, None)])
async def test_a_model_is_named_or_given_by_its_id(
    http: httpx2.AsyncClient, backend: ScriptedBackend, form: dict[str, str], model: int | str | None
) -> None:
    for path in PATHS:
        await http.post(path, data=form, files=CLIP)
    assert [request.model for request in backend.requests] == [model, model]


async def test_how_long_things_are_kept_can_be_said(http: httpx2.AsyncClient, backend: ScriptedBackend) -> None:
    for keep_alive in ("-1", "0", "12.5"):
        await http.post(PATHS[0], data={"keep_audio": "true", "keep_alive": keep_alive}, files=CLIP)
    await http.post(PATHS[0], files=CLIP)
    kept = [(request.keep_audio, request.keep_alive) for request in backend.requests]
    assert kept == [(True, -1.0), (True, 0.0), (True, 12.5), (False, None)]


async def test_bare_samples_are_described_by_fields_and_stay_a_file(
    http: httpx2.AsyncClient, backend: ScriptedBackend
) -> None:
    form = {"rate": "48000", "channels": "2", "sample_type": "float32"}
    await http.post(PATHS[0], data=form, files={"audio": b"\0" * 64})
    await http.post(PATHS[0], data={"rate": "8000"}, files={"audio": b"\1" * 64})
    first, second = backend.requests
    assert isinstance(first.audio, Path)
    assert first.audio.read_bytes() == b"\0" * 64
    assert first.sample_format == SampleFormat(rate=48000, channels=2, sample_type="float32")
    assert second.sample_format == SampleFormat(rate=8000)


async def test_a_recording_without_a_header_is_described_by_fields_or_by_its_media_type(
    http: httpx2.AsyncClient, backend: ScriptedBackend
) -> None:
    plain = {"audio": ("call", b"\0" * 64)}
    typed = {"audio": ("call", b"\0" * 64, "audio/L16;rate=16000;channels=2")}
    await http.post(PATHS[0], data={"encoding": "mulaw"}, files=plain)
    await http.post(PATHS[1], data={"encoding": "s16le", "rate": "8000"}, files=typed)
    await http.post(PATHS[0], files=typed)
    await http.post("/v1/audio/transcriptions", files={"file": ("call", b"\0" * 64, "audio/basic;rate=8000")})
    form = {"encoding": "PCMA", "channel_count": "2"}
    await http.post("/v1/audio/transcriptions", data=form, files={"file": plain["audio"]})
    await http.post(PATHS[0], files={"audio": ("a.wav", b"RIFF", "audio/wav")})
    assert [request.sample_format for request in backend.requests] == [
        SampleFormat(rate=8000, sample_type="mulaw"),
        SampleFormat(rate=8000),
        SampleFormat(rate=16000, channels=2, sample_type="l16"),
        SampleFormat(rate=8000, sample_type="mulaw"),
        SampleFormat(rate=8000, channels=2, sample_type="alaw"),
        None,
    ]


async def test_channels_are_a_count_of_bare_samples_and_an_option(
    http: httpx2.AsyncClient, backend: ScriptedBackend
) -> None:
    await http.post(PATHS[0], data={"channels": "separate", "track": "2"}, files=CLIP)
    await http.post(PATHS[1], data={"channels": "separate", "channel_count": "2", "rate": "8000"}, files=CLIP)
    await http.post(
        "/v1/audio/transcriptions", data={"channels": "separate", "track": "3"}, files={"file": CLIP["audio"]}
    )
    await http.post("/v1/audio/transcriptions", data={"tracks": "all"}, files={"file": CLIP["audio"]})
    assert [(request.options, request.sample_format) for request in backend.requests] == [
        (TranscribeOptions(channels="separate", track=2), None),
        (TranscribeOptions(channels="separate"), SampleFormat(rate=8000, channels=2)),
        (TranscribeOptions(channels="separate", track=3), None),
        (TranscribeOptions(tracks="all"), None),
    ]


MISFITS: list[tuple[dict[str, str], str]] = [
    ({"options": "{no"}, "options"),
    ({"options": "[]"}, "options"),
    ({"options": '{"beam_size": 0}'}, "beam_size"),
    ({"options": '{"task": "sing"}'}, "task"),
    ({"options": '{"langauge": "de"}'}, "langauge"),
    ({"beam_size": "21"}, "beam_size"),
    ({"task": "sing"}, "task"),
    ({"word_timestamps": "perhaps"}, "word_timestamps"),
    ({"temperature": "0,hot"}, "temperature"),
    ({"temperature": "2"}, "temperature"),
    ({"rate": "fast"}, "rate"),
    ({"rate": "9" * 40}, "rate"),
    ({"channels": "2"}, "rate"),
    ({"channels": "both"}, "channels"),
    ({"track": "0"}, "track"),
    ({"tracks": "all", "track": "2"}, "tracks"),
    ({"encoding": "mp3"}, "encoding"),
    ({"encoding": "s16le"}, "rate"),
    ({"rate": "16000", "sample_type": "int7"}, "sample_type"),
    ({"model_id": "base"}, "model_id"),
    ({"model_id": "9" * 40}, "model_id"),
    ({"keep_alive": "-2"}, "keep_alive"),
    ({"keep_alive": "inf"}, "keep_alive"),
    ({"keep_alive": "nan"}, "keep_alive"),
    ({"keep_audio": "yes"}, "keep_audio"),
    ({"idempotency_key": "k" * 201}, "idempotency_key"),
    ({"langauge": "de"}, "langauge"),
    ({"Model": "base"}, "Model"),
    ({"": "x"}, ""),
]


@pytest.mark.parametrize("path", PATHS)
async def test_a_field_that_does_not_fit_or_is_unknown_is_refused_by_name(
    http: httpx2.AsyncClient, backend: ScriptedBackend, uploads: Path, path: str
) -> None:
    for form, field in MISFITS:
        answer = await http.post(path, data=form, files=CLIP)
        assert (answer.status_code, answer.json()["type"]) == (400, "orstt:invalid_request"), form
        assert answer.json().get("field", "") == field, form
        assert field in answer.json()["detail"]
    assert backend.requests == []
    assert list(uploads.iterdir()) == []


async def test_an_unknown_field_is_refused_before_the_recording_is_sent(
    http: httpx2.AsyncClient, uploads: Path
) -> None:
    files = {"sound": ("clip.wav", b"x" * 500_000), **CLIP}
    answer = await http.post(PATHS[0], files=files)
    assert (answer.status_code, answer.json()["field"]) == (400, "sound")
    assert "audio" in answer.json()["hint"]
    assert list(uploads.iterdir()) == []


async def test_the_dashboard_may_send_what_it_likes(http: httpx2.AsyncClient, backend: ScriptedBackend) -> None:
    form = {"language": "de", "session": "7", "beam_size": "99", "keep_alive": "x", "options": "{no"}
    answer = await http.post("/api/transcribe_only", data=form, files={**CLIP, "thumbnail": b"\0" * 300_000})
    assert answer.status_code == 200
    assert backend.requests[0].options == TranscribeOptions(language="de")


def test_the_manual_names_every_field() -> None:
    page = (Path(__file__).parents[2] / "docs" / "api.md").read_text()
    section = page.partition("### The form")[2].partition("## ")[0]
    assert {name for name in FIELDS if f"`{name}`" not in section} == set()


def test_the_document_describes_just_the_fields_that_are_taken() -> None:
    content = TranscriptionForm().request_body.content["multipart/form-data"]
    assert content.schema.properties.keys() == {*FIELDS, "audio"}
