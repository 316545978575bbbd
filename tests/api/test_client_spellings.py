"""What clients write in several ways is understood in each, and what cannot be read is named."""

from __future__ import annotations

import httpx2
import msgspec
import pytest
from scripted import ScriptedBackend, speech
from serving import http_client, served

from orstt_api.app import create_app
from orstt_core.errors import SettingsError
from orstt_core.settings import Settings
from orstt_core.types import BackendInfo, TranscribeOptions

PATH = "/v1/audio/transcriptions"
FILE = ("file", ("clip.wav", b"sound", "audio/wav"))


async def post(http: httpx2.AsyncClient, *fields: tuple[str, str]) -> httpx2.Response:
    return await http.post(PATH, files=[FILE, *((name, (None, text)) for name, text in fields)])


async def test_a_list_may_be_repeated_fields_json_or_between_commas(
    http: httpx2.AsyncClient, backend: ScriptedBackend
) -> None:
    for fields in (
        [("keywords[]", "Ringer"), ("keywords[]", "Metformin")],
        [("keywords", "Ringer"), ("keywords", "Metformin")],
        [("keywords", '["Ringer", "Metformin"]')],
        [("keywords[]", "Ringer, Metformin")],
        [("keywords[0]", "Ringer"), ("keywords[1]", "Metformin")],
    ):
        assert (await post(http, *fields, ("languages", '["de","fr"]'), ("include", "logprobs"))).status_code == 200
        assert backend.requests[-1].options == TranscribeOptions(
            hotwords="Ringer Metformin", languages=("de", "fr"), logprobs=True
        )
    for text in ('["word", "segment"]', "word,segment"):
        fields = [("timestamp_granularities", text), ("response_format", "verbose_json")]
        assert (await post(http, *fields)).status_code == 200
        assert backend.requests[-1].options.word_timestamps
    for form in ({"languages[0]": "de", "languages[1]": "fr"}, {"languages": '["de", "fr"]'}):
        assert (await http.post("/api/v1/transcriptions", files={"audio": FILE[1]}, data=form)).status_code == 200
        assert backend.requests[-1].options.languages == ("de", "fr")
    for text in ("[1, 2]", "[", "[" * 20_000, '[["a"]]'):
        refused = await post(http, ("languages", text))
        assert (refused.status_code, refused.json()["error"]["param"]) == (400, "languages")
    assert (await post(http, ("keywords", "[inaudible]"))).status_code == 200
    assert backend.requests[-1].options.hotwords == "[inaudible]"


async def test_a_field_that_a_client_does_not_set_may_come_as_null(
    http: httpx2.AsyncClient, backend: ScriptedBackend
) -> None:
    names = ("language", "temperature", "timestamp_granularities[]", "include", "chunking_strategy", "response_format")
    for text in ("null", "undefined", "None"):
        assert (await post(http, *((name, text) for name in (*names, "stream", "track")))).status_code == 200
        form = {"audio": ("clip.wav", b"sound")}
        fields = dict.fromkeys(("beam_size", "temperature", "languages", "keep_alive", "channels", "model_id"), text)
        assert (await http.post("/api/v1/transcriptions", files=form, data=fields)).status_code == 200
        assert [request.options for request in backend.requests[-2:]] == [TranscribeOptions()] * 2


async def test_segments_may_be_asked_for_with_every_format_words_only_where_they_are(
    http: httpx2.AsyncClient,
) -> None:
    for name in ("json", "text", "srt", "vtt", "tsv", "verbose_json"):
        fields = [("response_format", name), ("timestamp_granularities[]", "segment")]
        assert (await post(http, *fields)).status_code == 200
    refused = await post(http, ("timestamp_granularities[]", "word"), ("timestamp_granularities[]", "segment"))
    assert (refused.status_code, refused.json()["error"]["param"]) == (400, "timestamp_granularities")


async def test_a_language_that_is_to_be_detected_has_many_names(
    http: httpx2.AsyncClient, backend: ScriptedBackend
) -> None:
    for text in ("", "auto", "Detect", "und", "null", " none ", "mul", "Auto-Detect", "unknown"):
        for path, field in ((PATH, "file"), ("/api/v1/transcriptions", "audio"), ("/api/transcribe_only", "audio")):
            form = {field: ("clip.wav", b"sound")}
            assert (await http.post(path, data={"language": text}, files=form)).is_success, (path, text)
            assert backend.requests[-1].options.language is None
    assert (await post(http, ("language", "auto"), ("languages", "auto,de,fr"))).status_code == 200
    assert backend.requests[-1].options.languages == ("de", "fr")


async def test_an_answer_without_speech_has_every_field_that_others_have(
    http: httpx2.AsyncClient, backend: ScriptedBackend
) -> None:
    backend.script = [*speech()]
    asked = [("response_format", "verbose_json"), ("timestamp_granularities", "word,segment")]
    answer = (await post(http, *asked)).json()
    assert (answer["text"], answer["words"], answer["segments"]) == ("", [], [])


async def test_the_last_event_of_a_stream_says_what_was_used(http: httpx2.AsyncClient) -> None:
    answer = await post(http, ("stream", "true"))
    assert '"usage":{"type":"duration","seconds":4}' in answer.text.splitlines()[-2]


async def test_a_model_called_like_its_repository_is_found_whether_its_slash_is_encoded_or_not(
    http: httpx2.AsyncClient, backend: ScriptedBackend, monkeypatch: pytest.MonkeyPatch
) -> None:
    info = await backend.info()

    async def with_alias() -> BackendInfo:
        return msgspec.structs.replace(info, aliases={"Systran/faster-whisper-base": "base"})

    monkeypatch.setattr(backend, "info", with_alias)
    for spelt in ("Systran/faster-whisper-base", "Systran%2Ffaster-whisper-base", "base"):
        assert (await http.get(f"/v1/models/{spelt}")).status_code == 200
    assert (await http.get("/v1/models/Systran/other")).status_code == 404


async def test_what_is_nested_too_deeply_is_refused_and_no_fault_of_the_server(http: httpx2.AsyncClient) -> None:
    deep = "[" * 100_000
    headers = {"content-type": "application/json"}
    for path in ("/api/v1/models", "/api/v1/models/validate", "/api/set_stt_model"):
        assert (await http.post(path, content=deep, headers=headers)).status_code == 400, path
    form = {"audio": ("clip.wav", b"sound")}
    refused = await http.post("/api/v1/transcriptions", data={"options": "[" * 60_000}, files=form)
    assert (refused.status_code, refused.json()["field"]) == (400, "options")


async def test_a_connection_says_how_long_it_may_be_idle(http: httpx2.AsyncClient) -> None:
    assert (await http.get("/health")).headers["keep-alive"] == "timeout=75"


@pytest.mark.parametrize("origin", ["https://Dash.example/", "HTTPS://dash.example", "https://dash.example:443"])
async def test_an_origin_may_be_set_as_people_write_it(backend: ScriptedBackend, origin: str) -> None:
    async with served(backend, cors_origins=[origin]) as address, http_client(address) as http:
        answer = await http.get("/api/get_stt_models", headers={"Origin": "https://dash.example"})
    assert answer.headers["access-control-allow-origin"] == "https://dash.example"


@pytest.mark.parametrize(
    "origin",
    [
        "dash.example",
        "https://dash.example/page",
        "https://",
        "https://u@dash.example",
        "http://exa mple",
        "http://münchen.de",
        "https://dash.example:99999",
        "https://dash.example:0",
    ],
)
def test_an_origin_that_could_never_match_is_refused_at_the_start(backend: ScriptedBackend, origin: str) -> None:
    with pytest.raises(SettingsError, match="no web origin"):
        create_app(backend, Settings(cors_origins=[origin]))
