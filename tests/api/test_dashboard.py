"""The ancestor's dashboard finds its endpoints as they were."""

from __future__ import annotations

from pathlib import Path

import httpx2
import pytest
from scripted import ScriptedBackend, speech
from serving import http_client, served

from orstt_core.errors import AudioUnreadable, LanguageUnknown, ModelNotUsable
from orstt_core.types import Accepted, Validation

MODEL_KEYS = {
    "id", "name", "model_type", "model", "device", "compute_type", "is_active", "is_default", "description",
    "created_at", "updated_at",
}  # fmt: skip


@pytest.mark.parametrize("slash", ["", "/"])
async def test_each_endpoint_answers_with_and_without_the_slash(http: httpx2.AsyncClient, slash: str) -> None:
    listed = await http.get(f"/api/get_stt_models{slash}")
    types = await http.get(f"/api/get_stt_types{slash}")
    created = await http.post(f"/api/create_stt_model{slash}", json={"name": "mine"})
    number = created.json()["model"]["id"]
    posted = [
        await http.post(f"/api/{name}{slash}", json=body)
        for name, body in {
            "validate_stt_model": {"model_name": "base"},
            "delete_stt_model": {"model_id": number},
            "set_stt_model": {"model_id": 1},
        }.items()
    ]
    heard = await http.post(f"/api/transcribe_only{slash}", files={"audio": b"sound"})
    assert {answer.status_code for answer in (listed, types, created, *posted, heard)} == {200}


async def test_the_list_names_every_model_and_the_current_one(http: httpx2.AsyncClient) -> None:
    answer = (await http.get("/api/get_stt_models/")).json()
    assert answer.keys() == {"models", "current_model", "current_model_id"}
    assert [model["name"] for model in answer["models"]] == ["tiny", "base", "small", "medium", "large"]
    assert all(model.keys() == MODEL_KEYS for model in answer["models"])
    assert (answer["current_model"], answer["current_model_id"]) == ("base", 2)


async def test_activating_names_the_new_current_model(http: httpx2.AsyncClient, backend: ScriptedBackend) -> None:
    answer = (await http.post("/api/set_stt_model/", json={"model_id": 3})).json()
    assert answer.keys() == {"status", "current_model"}
    assert answer["current_model"] == "small"
    assert [row.name for row in backend.rows.values() if row.is_active] == ["small"]


async def test_creating_takes_the_documented_body(http: httpx2.AsyncClient, backend: ScriptedBackend) -> None:
    body = {
        "name": "mine",
        "model_type": "whisper",
        "device": "cuda",
        "compute_type": "float16",
        "description": "on the big machine",
    }
    answer = (await http.post("/api/create_stt_model/", json=body)).json()
    assert answer.keys() == {"status", "model", "warnings"}
    assert answer["model"] | body == answer["model"]
    assert (answer["model"]["is_active"], answer["model"]["is_default"]) == (False, False)
    assert answer["model"]["model"] == "mine"
    assert backend.rows[answer["model"]["id"]].description == "on the big machine"


async def test_creating_may_name_other_weights_than_the_name(http: httpx2.AsyncClient) -> None:
    answer = await http.post("/api/create_stt_model/", json={"name": "mine", "model": "base"})
    assert answer.json()["model"]["model"] == "base"


async def test_validating_answers_these_four(http: httpx2.AsyncClient, backend: ScriptedBackend) -> None:
    backend.validation = Validation(valid=True, available=False, message="Not here.", warnings=["Large."])
    body = {"model_type": "whisper", "model_name": "large", "device": "cpu", "compute_type": "int8"}
    answer = (await http.post("/api/validate_stt_model/", json=body)).json()
    assert answer == {"valid": True, "available": False, "message": "Not here.", "warnings": ["Large."]}


async def test_the_types_come_with_the_default(http: httpx2.AsyncClient) -> None:
    answer = (await http.get("/api/get_stt_types/")).json()
    assert answer == {"types": ["whisper", "faster-whisper"], "default_type": "whisper"}


async def test_deleting_says_so(http: httpx2.AsyncClient, backend: ScriptedBackend) -> None:
    answer = await http.post("/api/delete_stt_model/", json={"model_id": 5})
    assert answer.json() == {"status": "Model deleted successfully"}
    assert 5 not in backend.rows


async def test_transcribing_answers_text_and_model(http: httpx2.AsyncClient, backend: ScriptedBackend) -> None:
    answer = await http.post("/api/transcribe_only/", files={"audio": ("clip.wav", b"sound")})
    assert answer.json() == {
        "transcript": "Hello there. General remarks.",
        "model_info": {"name": "base", "type": "whisper", "device": "cpu"},
        "status": "success",
    }
    [request] = backend.requests
    assert (request.model, request.options.language, request.filename) == (None, None, "clip.wav")


async def test_transcribing_may_name_language_and_model(http: httpx2.AsyncClient, backend: ScriptedBackend) -> None:
    backend.script = [*speech("Guten Tag.", model="small")]
    form = {"language": "de", "model": "small"}
    answer = await http.post("/api/transcribe_only/", data=form, files={"audio": b"sound"})
    assert answer.json()["model_info"]["name"] == "small"
    assert (backend.requests[0].model, backend.requests[0].options.language) == ("small", "de")


MISTAKES = [
    ("POST", "create_stt_model", b"{not json", 400, "invalid_request", "JSON is malformed"),
    ("POST", "create_stt_model", b'{"name": ', 400, "invalid_request", "JSON ends too early"),
    ("POST", "create_stt_model", b"[1, 2]", 400, "invalid_request", "must be an object"),
    ("POST", "create_stt_model", b"", 400, "invalid_request", "no body"),
    ("POST", "create_stt_model", b"null", 400, "invalid_request", "must be an object"),
    ("POST", "create_stt_model", b"\xff\xfe", 400, "invalid_request", "cannot be read"),
    ("POST", "create_stt_model", b'{"model_type": "whisper"}', 400, "invalid_request", "`name`"),
    ("POST", "create_stt_model", b'{"name": 7}', 400, "invalid_request", "name does not fit"),
    ("POST", "create_stt_model", b'{"name": "base"}', 409, "model_exists", "configured already"),
    ("POST", "set_stt_model", b"{}", 400, "invalid_request", "`model_id`"),
    ("POST", "set_stt_model", b'{"model_id": "base; drop table"}', 400, "invalid_request", "model_id"),
    ("POST", "set_stt_model", b'{"model_id": true}', 400, "invalid_request", "model_id"),
    ("POST", "set_stt_model", b'{"model_id": 99999999999999999999}', 400, "invalid_request", "model_id"),
    ("POST", "set_stt_model", b'{"model_id": 999999}', 404, "model_not_found", "999999"),
    ("POST", "delete_stt_model", b'{"model_id": 2}', 409, "model_in_use", "active model"),
    ("POST", "validate_stt_model", b"{}", 400, "invalid_request", "`model_name`"),
    ("GET", "set_stt_model", b"", 405, "invalid_request", "does not take GET"),
    ("DELETE", "get_stt_models", b"", 405, "invalid_request", "does not take DELETE"),
    ("GET", "get_stt_modells", b"", 404, "not_found", "nothing at /api/get_stt_modells"),
    ("POST", "transcribe_only", b"{}", 415, "media_type_unsupported", "multipart/form-data"),
]


async def test_what_is_wrong_is_told_in_a_sentence(http: httpx2.AsyncClient) -> None:
    for method, path, body, status, code, says in MISTAKES:
        headers = {"Content-Type": "application/json"} if body else {}
        answer = await http.request(method, f"/api/{path}/", content=body, headers=headers)
        assert (answer.status_code, answer.json()["code"]) == (status, code), (path, body)
        assert answer.json().keys() == {"error", "code"}
        assert says in answer.json()["error"]
        assert "Traceback" not in answer.text


@pytest.mark.parametrize(
    ("failure", "status"),
    [(AudioUnreadable("It is not audio."), 422), (LanguageUnknown("There is no language xx."), 400)],
)
@pytest.mark.parametrize("when", ["at once", "after it was accepted"])
async def test_a_failed_transcription_keeps_its_status(
    http: httpx2.AsyncClient, backend: ScriptedBackend, failure: AudioUnreadable, status: int, when: str
) -> None:
    backend.script = [failure] if when == "at once" else [Accepted(model="base"), failure]
    answer = await http.post("/api/transcribe_only/", files={"audio": b"noise"})
    assert answer.status_code == status
    assert answer.json() == {"error": failure.message, "code": failure.code}


async def test_a_failure_says_what_to_do_next(http: httpx2.AsyncClient, backend: ScriptedBackend) -> None:
    backend.failure = ModelNotUsable("small has no weights here.", hint="Get them with `orstt weights`.")
    answer = await http.post("/api/set_stt_model/", json={"model_id": 3})
    assert answer.json()["error"] == "small has no weights here. Get them with `orstt weights`."


@pytest.mark.parametrize("field", ["other", "Audio"])
async def test_a_form_without_the_recording_is_refused(http: httpx2.AsyncClient, field: str) -> None:
    answer = await http.post("/api/transcribe_only/", files={field: ("clip.wav", b"x")})
    assert answer.status_code == 400
    assert "no recording" in answer.json()["error"]


async def test_a_transcription_can_be_cut_short_by_nothing_but_its_client(
    backend: ScriptedBackend, austen: Path
) -> None:
    backend.script = [0.2, *speech("Patience.")]
    async with served(backend) as address, http_client(address) as http:
        with austen.open("rb") as file:
            answer = await http.post("/api/transcribe_only/", files={"audio": file})
    assert answer.json()["transcript"] == "Patience."
    assert backend.cancelled == 0
