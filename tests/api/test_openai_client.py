"""The `openai` package against a server: every field honoured or refused, every format, every kind of error."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from typing import TYPE_CHECKING, Any

import httpx2
import msgspec
import pytest
from api.openai_clients import CLIP, async_client, client_error, sync_client
from scripted import ScriptedBackend, speech, whisper
from serving import eventually

from orstt_core.errors import (
    AudioUnreadable,
    Busy,
    InvalidRequest,
    ModelNotFound,
    OptionUnsupported,
    OrsttError,
)
from orstt_core.types import BackendInfo, Done, EngineList, NewSegment, Segment, TokenLogprob, TranscribeOptions

if TYPE_CHECKING:
    import openai

PATH = "/v1/audio/transcriptions"
pytestmark = pytest.mark.filterwarnings("ignore:deprecated:DeprecationWarning")
"""The client warns of translations, which OpenAI means to end; those who use them should still be able to."""


@pytest.fixture
async def client(address: str) -> AsyncIterator[openai.AsyncOpenAI]:
    async with async_client(address) as client:
        yield client


async def test_plain_json_is_the_default(client: openai.AsyncOpenAI, backend: ScriptedBackend) -> None:
    done = await client.audio.transcriptions.create(file=CLIP, model="whisper-1")
    assert done.text == "Hello there. General remarks."
    assert done.usage is not None
    assert done.usage.to_dict() == {"type": "duration", "seconds": 4}
    [request] = backend.requests
    assert (request.model, request.filename) == ("whisper-1", "clip.wav")
    assert request.options == TranscribeOptions()


FIELDS: dict[str, tuple[dict[str, Any], TranscribeOptions]] = {
    "language": ({"language": "de"}, TranscribeOptions(language="de")),
    "languages": ({"languages": ["de", "fr"]}, TranscribeOptions(languages=("de", "fr"))),
    "prompt": ({"prompt": "Metformin"}, TranscribeOptions(initial_prompt="Metformin")),
    "keywords": ({"keywords": ["Metformin", "Ringer"]}, TranscribeOptions(hotwords="Metformin Ringer")),
    "temperature": ({"temperature": 0.4}, TranscribeOptions(temperature=(0.4,))),
    "temperature 0": ({"temperature": 0}, TranscribeOptions()),
    "words": (
        {"timestamp_granularities": ["word", "segment"], "response_format": "verbose_json"},
        TranscribeOptions(word_timestamps=True),
    ),
    "logprobs": ({"include": ["logprobs"]}, TranscribeOptions(logprobs=True)),
    "chunking auto": ({"chunking_strategy": "auto"}, TranscribeOptions()),
    "chunking of one's own": (
        {
            "chunking_strategy": {
                "type": "server_vad",
                "threshold": 0.3,
                "prefix_padding_ms": 100,
                "silence_duration_ms": 700,
            }
        },
        TranscribeOptions(vad_threshold=0.3, vad_padding_ms=100, vad_silence_ms=700),
    ),
    "wishes of auto": (
        {"extra_body": {"prefer": "fastest", "deadline": 60, "max_error": 7.5}},
        TranscribeOptions(prefer="fastest", deadline=60.0, max_error=7.5),
    ),
}


@pytest.mark.parametrize("field", FIELDS)
async def test_a_field_of_the_client_reaches_the_engine(
    client: openai.AsyncOpenAI, backend: ScriptedBackend, field: str
) -> None:
    given, options = FIELDS[field]
    await client.audio.transcriptions.create(file=CLIP, model="base", **given)
    assert backend.requests[0].options == options


async def test_a_translation_is_the_task_translate(client: openai.AsyncOpenAI, backend: ScriptedBackend) -> None:
    done = await client.audio.translations.create(file=CLIP, model="whisper-1", prompt="Names", temperature=0.2)
    assert done.text == "Hello there. General remarks."
    assert backend.requests[0].options == TranscribeOptions(
        task="translate", initial_prompt="Names", temperature=(0.2,)
    )


FORMATS = {
    "text": "Hello there. General remarks.\n",
    "srt": "1\n00:00:00,000 --> 00:00:02,000\nHello there.\n\n2\n00:00:02,000 --> 00:00:04,000\nGeneral remarks.\n",
    "vtt": "WEBVTT\n\n00:00:00.000 --> 00:00:02.000\nHello there.\n\n00:00:02.000 --> 00:00:04.000\nGeneral remarks.\n",
    "tsv": "start\tend\ttext\n0\t2000\tHello there.\n2000\t4000\tGeneral remarks.\n",
}


@pytest.mark.parametrize("name", FORMATS)
async def test_a_text_format_comes_as_it_would_stand_in_a_file(client: openai.AsyncOpenAI, name: Any) -> None:
    assert await client.audio.transcriptions.create(file=CLIP, model="base", response_format=name) == FORMATS[name]


async def test_verbose_json_has_the_clients_own_shape(client: openai.AsyncOpenAI) -> None:
    done = await client.audio.transcriptions.create(file=CLIP, model="base", response_format="verbose_json")
    assert (done.text, done.language, done.duration) == ("Hello there. General remarks.", "english", 4.0)
    assert done.segments is not None
    assert [(part.id, part.start, part.end, part.text.strip()) for part in done.segments] == [
        (0, 0.0, 2.0, "Hello there."),
        (1, 2.0, 4.0, "General remarks."),
    ]


async def test_only_the_timestamps_asked_for_are_in_it(client: openai.AsyncOpenAI) -> None:
    done = await client.audio.transcriptions.create(
        file=CLIP, model="base", response_format="verbose_json", timestamp_granularities=["word"]
    )
    assert done.segments is None


def _with_logprobs(backend: ScriptedBackend) -> TokenLogprob:
    token = TokenLogprob(token=" Hi", logprob=-0.25, bytes=[32, 72, 105])
    [accepted, started, heard, *rest] = speech("Hi")
    assert isinstance(heard, NewSegment)
    segment = msgspec.structs.replace(heard.segment, logprobs=[token])
    done = rest[-1]
    assert isinstance(done, Done)
    transcript = msgspec.structs.replace(done.transcript, segments=[segment])
    backend.script = [
        accepted,
        started,
        msgspec.structs.replace(heard, segment=segment),
        msgspec.structs.replace(done, transcript=transcript),
    ]
    return token


async def test_logprobs_are_the_tokens_probabilities(client: openai.AsyncOpenAI, backend: ScriptedBackend) -> None:
    token = _with_logprobs(backend)
    done = await client.audio.transcriptions.create(file=CLIP, model="base", include=["logprobs"])
    assert done.logprobs is not None
    assert [found.to_dict() for found in done.logprobs] == [msgspec.to_builtins(token)]


async def test_logprobs_come_with_the_deltas_too(client: openai.AsyncOpenAI, backend: ScriptedBackend) -> None:
    token = _with_logprobs(backend)
    stream = await client.audio.transcriptions.create(file=CLIP, model="base", include=["logprobs"], stream=True)
    told = [event.to_dict().get("logprobs") async for event in stream if event.type != "transcript.text.segment"]
    assert told == [[msgspec.to_builtins(token)]] * 2


def _call(backend: ScriptedBackend, *channels: int | None) -> None:
    [accepted, started, *_, done] = speech("Hi", "You")
    segments = [
        Segment(id=number, start=float(number), end=number + 1.0, text=f" {number}", channel=channel)
        for number, channel in enumerate(channels)
    ]
    assert isinstance(done, Done)
    transcript = msgspec.structs.replace(done.transcript, segments=segments)
    found = [NewSegment(segment=segment) for segment in segments]
    backend.script = [accepted, started, *found, msgspec.structs.replace(done, transcript=transcript)]


SEPARATE: dict[str, Any] = {"response_format": "diarized_json", "extra_body": {"channels": "separate"}}


async def test_diarized_json_names_a_speaker_a_channel(client: openai.AsyncOpenAI, backend: ScriptedBackend) -> None:
    _call(backend, 1, 2, 28)
    done = await client.audio.transcriptions.create(file=CLIP, model="base", **SEPARATE)
    assert type(done).__name__ == "TranscriptionDiarized"
    assert (done.duration, done.task) == (4.0, "transcribe")
    assert done.segments[0].to_dict() == {
        "type": "transcript.text.segment",
        "id": "seg_0",
        "start": 0.0,
        "end": 1.0,
        "text": "0",
        "speaker": "A",
    }
    assert [part.speaker for part in done.segments] == ["A", "B", "AB"]
    assert backend.requests[0].options == TranscribeOptions(channels="separate")


async def test_the_stream_names_the_speakers_too(client: openai.AsyncOpenAI, backend: ScriptedBackend) -> None:
    _call(backend, 1, 2)
    stream = await client.audio.transcriptions.create(file=CLIP, model="base", stream=True, **SEPARATE)
    assert [event.speaker async for event in stream if event.type == "transcript.text.segment"] == ["A", "B"]


async def test_speakers_of_one_sound_are_not_made_up(client: openai.AsyncOpenAI, backend: ScriptedBackend) -> None:
    _call(backend, None, None)
    with pytest.raises(client_error("BadRequestError"), match="cannot be told apart") as refused:
        await client.audio.transcriptions.create(file=CLIP, model="base", **SEPARATE)
    assert refused.value.param == "response_format"
    with pytest.raises(client_error("APIError"), match="cannot be told apart"):
        _ = [
            event
            async for event in await client.audio.transcriptions.create(
                file=CLIP, model="base", stream=True, **SEPARATE
            )
        ]


REFUSED: dict[str, tuple[dict[str, Any], str]] = {
    "speakers": ({"known_speaker_names": ["Ann"]}, "known_speaker_names"),
    "samples of speakers": ({"known_speaker_references": ["data:,"]}, "known_speaker_references"),
    "speakers in the answer": ({"response_format": "diarized_json"}, "response_format"),
    "an unknown format": ({"response_format": "docx"}, "response_format"),
    "subtitles as a stream": ({"response_format": "srt", "stream": True}, "response_format"),
    "words in plain json": ({"timestamp_granularities": ["word"]}, "timestamp_granularities"),
    "an unknown granularity": (
        {"timestamp_granularities": ["letter"], "response_format": "verbose_json"},
        "timestamp_granularities",
    ),
    "logprobs in a text": ({"include": ["logprobs"], "response_format": "text"}, "include"),
    "something unknown to include": ({"include": ["speakers"]}, "include"),
    "too hot": ({"temperature": 1.5}, "temperature"),
    "an unknown strategy": ({"chunking_strategy": {"type": "semantic_vad"}}, "chunking_strategy"),
    "an unknown setting of it": ({"chunking_strategy": {"type": "server_vad", "eagerness": 1}}, "chunking_strategy"),
    "a language that is none of those possible": ({"language": "de", "languages": ["fr"]}, "languages"),
    "an unknown language among those possible": ({"languages": ["xq"]}, "languages"),
    "too many words to expect": ({"keywords": ["word"] * 300}, "keywords"),
    "a field that nobody knows": ({"extra_body": {"diarize": "true"}}, "diarize"),
}


@pytest.mark.parametrize("case", REFUSED)
async def test_what_cannot_be_honoured_is_refused_by_name(
    client: openai.AsyncOpenAI, backend: ScriptedBackend, case: str
) -> None:
    given, field = REFUSED[case]
    with pytest.raises(client_error("BadRequestError")) as refused:
        await client.audio.transcriptions.create(file=CLIP, model="base", **given)
    assert refused.value.param is not None
    assert refused.value.param.partition("[")[0] == field
    assert refused.value.type == "invalid_request_error"
    assert backend.requests == []


async def test_a_translation_takes_none_of_the_others_fields(client: openai.AsyncOpenAI) -> None:
    with pytest.raises(client_error("BadRequestError")) as refused:
        await client.audio.translations.create(file=CLIP, model="base", extra_body={"language": "de"})
    assert refused.value.param == "language"


@pytest.mark.parametrize("field", ["language", "temperature", "chunking_strategy", "chunking_strategy[type]"])
async def test_a_field_that_is_given_twice_is_refused_by_name(http: httpx2.AsyncClient, field: str) -> None:
    answer = await http.post(PATH, files=[("file", CLIP), (field, (None, "1")), (field, (None, "0"))])
    assert answer.status_code == 400
    assert answer.json()["error"]["param"] in {field, "chunking_strategy"}
    assert "given twice" in answer.json()["error"]["message"]


async def test_a_form_without_a_recording_is_refused_by_name(http: httpx2.AsyncClient) -> None:
    answer = await http.post(PATH, files={"model": (None, "base")})
    assert (answer.status_code, answer.json()["error"]["param"]) == (400, "file")


@pytest.mark.parametrize(
    ("raised", "error", "status", "param"),
    [
        (ModelNotFound("No model is called 'x'."), "NotFoundError", 404, "model"),
        (AudioUnreadable("This is no recording.", field="audio"), "BadRequestError", 400, "file"),
        (OptionUnsupported("No prompts here.", field="initial_prompt"), "BadRequestError", 400, "prompt"),
        (Busy("Full.", retry_after=7), "InternalServerError", 503, None),
    ],
)
async def test_an_error_is_the_clients_own(
    client: openai.AsyncOpenAI,
    backend: ScriptedBackend,
    raised: OrsttError,
    error: str,
    status: int,
    param: str | None,
) -> None:
    backend.script = [raised]
    with pytest.raises(client_error(error)) as failed:
        await client.audio.transcriptions.create(file=CLIP, model="x")
    assert (failed.value.status_code, failed.value.param, failed.value.code) == (status, param, raised.code)
    assert raised.message in failed.value.message


async def test_a_message_names_things_as_they_are_called_there(
    http: httpx2.AsyncClient, backend: ScriptedBackend
) -> None:
    said = {
        ModelNotFound("No model is called 'x'.", hint="See `orstt models list`."): "GET /v1/models lists them.",
        OptionUnsupported("Toy cannot do initial prompt.", field="initial_prompt"): "Toy cannot do prompt.",
        InvalidRequest("Too many hotwords.", field="hotwords"): "Too many keywords.",
        InvalidRequest("vad_threshold means nothing without vad_filter."): "without chunking_strategy.",
    }
    for raised, words in said.items():
        backend.script = [raised]
        answer = await http.post(PATH, files={"file": ("a.wav", b"RIFF")}, data={"model": "x"})
        message = answer.json()["error"]["message"]
        assert words in message
        assert "orstt" not in message


async def test_a_busy_server_is_asked_again_when_it_said(address: str, backend: ScriptedBackend) -> None:
    backend.script = [Busy("Full.", retry_after=1)]
    async with async_client(address) as once:
        asking = asyncio.create_task(
            once.with_options(max_retries=2).audio.transcriptions.create(file=CLIP, model="base")
        )
        await eventually(lambda: backend.requests)
        backend.script = [*speech("At last.")]
        assert (await asking).text == "At last."


async def test_the_synchronous_client_works_as_well(address: str) -> None:
    def ask() -> tuple[str, str, list[str]]:
        with sync_client(address) as client:
            text = client.audio.transcriptions.create(file=CLIP, model="base").text
            english = client.audio.translations.create(file=CLIP, model="base").text
            with client.audio.transcriptions.create(file=CLIP, model="base", stream=True) as stream:
                return text, english, [event.type for event in stream]

    text, english, events = await asyncio.to_thread(ask)
    assert text == english == "Hello there. General remarks."
    assert events == ["transcript.text.delta", "transcript.text.segment"] * 2 + ["transcript.text.done"]


async def test_models_are_listed_under_every_name_they_have(
    client: openai.AsyncOpenAI, backend: ScriptedBackend, monkeypatch: pytest.MonkeyPatch
) -> None:
    async def info() -> BackendInfo:
        return BackendInfo(
            location="local", version="1", database="sqlite", active_model="base", aliases={"whisper-1": "base"}
        )

    monkeypatch.setattr(backend, "info", info)
    backend.engine_list = EngineList(engines=[whisper(languages={"": ["de", "en"]})])
    listed = [model async for model in client.models.list()]
    assert [model.id for model in listed] == ["tiny", "base", "small", "medium", "large", "auto", "whisper-1"]
    assert {(model.object, model.owned_by) for model in listed} == {("model", "orstt")}
    assert {tuple(dict(model)["languages"]) for model in listed if model.id != "auto"} == {("de", "en")}
    assert (await client.models.retrieve("whisper-1")).created == (await client.models.retrieve("base")).created


async def test_a_model_that_is_not_there_is_404(client: openai.AsyncOpenAI) -> None:
    with pytest.raises(client_error("NotFoundError")) as missing:
        await client.models.retrieve("gpt-4o-transcribe")
    assert (missing.value.param, missing.value.code) == ("model", "model_not_found")
