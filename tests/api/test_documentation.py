"""The API documents itself, also where there is no internet."""

from __future__ import annotations

import re
from functools import cache
from pathlib import Path
from typing import Any

import httpx2
import msgspec
import pytest
from scripted import ScriptedBackend
from serving import described_app, http_client, served

from orstt_core.errors import BY_CODE
from orstt_core.types import BackendInfo

PAGE = (Path(__file__).parents[2] / "docs" / "api.md").read_text()


@cache
def document() -> dict[str, Any]:
    return described_app().openapi_schema.to_schema()


def described_paths() -> dict[str, Any]:
    paths: dict[str, Any] = document()["paths"]
    return paths


@pytest.mark.parametrize("path", ["/schema", "/schema/", "/schema/swagger"])
async def test_the_pages_fetch_nothing_from_elsewhere(http: httpx2.AsyncClient, path: str) -> None:
    page = await http.get(path)
    assert page.headers["content-type"].startswith("text/html")
    fetched = re.findall(r"(?:src|href)\s*=\s*['\"]([^'\"]+)", page.text)
    assert any(address.endswith(".js") for address in fetched)
    for address in fetched:
        assert address.startswith(("/schema/assets/", "data:")), address
        if address.startswith("/"):
            assert (await http.get(address)).status_code == 200
    assert not re.search(r"@import|url\(\s*['\"]?(https?:)?//", page.text)


async def test_the_stylesheet_fetches_nothing_from_elsewhere(http: httpx2.AsyncClient) -> None:
    style = (await http.get("/schema/assets/swagger-ui.css")).text
    assert len(style) > 10_000
    assert not re.search(r"@import|url\(\s*['\"]?(https?:)?//", style)


async def test_the_root_leads_to_the_pages(http: httpx2.AsyncClient) -> None:
    answer = await http.get("/")
    assert (answer.status_code, answer.headers["location"]) == (302, "/schema")


async def test_the_document_lists_what_is_served(http: httpx2.AsyncClient) -> None:
    document = (await http.get("/schema/openapi.json")).json()
    assert document["info"]["title"] == "OR-STT"
    assert {
        "/health",
        "/api/get_stt_models",
        "/api/set_stt_model",
        "/api/create_stt_model",
        "/api/validate_stt_model",
        "/api/get_stt_types",
        "/api/delete_stt_model",
        "/api/transcribe_only",
        "/api/v1/models/{ref}",
        "/api/v1/transcriptions",
        "/api/v1/events",
        "/api/v1/models/{ref}/load",
        "/api/v1/ps",
        "/api/v1/keys",
        "/v1/audio/transcriptions",
        "/v1/audio/translations",
        "/v1/models",
        "/api/v1/audit",
        "/api/jobs",
        "/api/jobs/purge",
        "/api/jobs/{ref}",
        "/api/jobs/{ref}/events",
        "/api/jobs/{ref}/cancel",
        "/api/jobs/{ref}/retry",
        "/health/live",
        "/health/ready",
    } <= document["paths"].keys()
    for path in ("/api/transcribe_only", "/api/v1/transcriptions", "/api/jobs"):
        form = document["paths"][path]["post"]["requestBody"]["content"]["multipart/form-data"]["schema"]
        assert ("audio" in form["required"], "recording" in form["properties"]) == (
            path == "/api/transcribe_only",
            path != "/api/transcribe_only",
        )
    for method, path in (
        ("post", "/api/v1/transcriptions"),
        ("get", "/api/v1/events"),
        ("get", "/api/jobs/{ref}/events"),
    ):
        assert "text/event-stream" in document["paths"][path][method]["responses"]["200"]["content"]


@pytest.mark.parametrize("key", ["", "secret"])
async def test_the_document_says_whether_a_key_is_needed(backend: ScriptedBackend, key: str) -> None:
    async with served(backend, api_key=key) as address, http_client(address) as http:
        headers = {"Authorization": f"Bearer {key}"} if key else {}
        document = (await http.get("/schema/openapi.json", headers=headers)).json()
    assert ({} in document["security"]) == (not key)
    assert document["components"]["securitySchemes"].keys() == {"key"}


def test_every_operation_has_a_name_and_a_sentence() -> None:
    operations = [operation for methods in described_paths().values() for operation in methods.values()]
    names = [operation["operationId"] for operation in operations]
    assert len(set(names)) == len(names) >= 18
    for operation in operations:
        assert operation["description"].endswith("."), operation["operationId"]


def test_every_operation_describes_its_errors() -> None:
    for path, methods in described_paths().items():
        if path.startswith("/health"):
            continue
        for method, operation in methods.items():
            errors = {status: answer for status, answer in operation["responses"].items() if status >= "400"}
            assert {"400", "503"} <= errors.keys(), (method, path)
            if not path.startswith(("/api/v1", "/api/jobs")):
                continue
            assert {"401", "403"} <= errors.keys(), (method, path)
            for status, answer in errors.items():
                assert answer["content"].keys() == {"application/problem+json"}, (method, path, status)
                assert all(BY_CODE[code].status == int(status) for code in answer["description"].split(", "))
            if "{ref}" in path:
                assert "_not_found" in errors["404"]["description"], (method, path)


def test_a_validator_finds_nothing_wrong_with_the_document() -> None:
    from openapi_spec_validator import OpenAPIV31SpecValidator

    faults = [str(fault) for fault in OpenAPIV31SpecValidator(document()).iter_errors()]
    assert faults == []


def test_types_are_described_with_their_limits_and_whether_they_may_hold_more() -> None:
    schemas = document()["components"]["schemas"]
    assert [name for name in schemas if "." in name] == []  # two of one name are told apart by their modules
    options = schemas["TranscribeOptions"]["properties"]
    assert options["languages"] | {"title": "", "description": ""} == {
        "title": "",
        "description": "",
        "type": "array",
        "items": {"type": "string"},
        "maxItems": 20,
        "default": [],
    }
    assert {"type": "integer", "minimum": 0, "maximum": 5000} in options["vad_padding_ms"]["anyOf"]
    assert [schemas[name].get("additionalProperties") for name in ("ModelDraft", "NewModel", "Model")] == [
        False,
        None,
        None,
    ]
    draft = schemas["ModelDraft"]["properties"]
    assert (draft["name"], draft["device"]["enum"]) == (
        {"type": "string", "minLength": 1, "maxLength": 100},
        ["cpu", "cuda"],
    )
    assert {"type": "number"} in schemas["Model"]["properties"]["options"]["additionalProperties"]["anyOf"]
    assert schemas["Done"]["properties"]["event"] == {"const": "done"}
    assert schemas["Job"]["properties"]["created_at"] == {"type": "string", "format": "date-time"}
    assert schemas["Job"]["properties"]["error"]["description"] == "why it failed."


def test_a_transcript_is_described_in_each_of_its_formats() -> None:
    operation = described_paths()["/v1/audio/transcriptions"]["post"]
    content = operation["responses"]["200"]["content"]
    assert content.keys() == {
        "application/json",
        "text/plain",
        "text/vtt",
        "text/tab-separated-values",
        "text/event-stream",
    }
    assert [kind["$ref"].rpartition("/")[2] for kind in content["application/json"]["schema"]["anyOf"]] == [
        "VerboseTranscription",
        "Transcription",
        "DiarizedTranscription",
    ]
    fields = operation["requestBody"]["content"]["multipart/form-data"]["schema"]["properties"]
    assert (fields["temperature"]["maximum"], fields["languages[]"]["maxItems"]) == (1, 20)
    assert fields["timestamp_granularities[]"]["items"]["enum"] == ["segment", "word"]


def test_answers_are_described_with_their_headers() -> None:
    answers = described_paths()["/api/jobs"]["post"]["responses"]
    named = {status: answers[status]["headers"].keys() - {"X-Request-ID"} for status in ("202", "401", "429", "503")}
    assert named == {"202": {"Location"}, "401": {"WWW-Authenticate"}, "429": {"Retry-After"}, "503": {"Retry-After"}}
    assert {"404", "409", "413", "415", "507"} <= answers.keys()


class Untrue(ScriptedBackend):
    """Gives a number for a name, and one more property than is described."""

    async def info(self) -> BackendInfo:
        told: Any = {**msgspec.structs.asdict(await super().info()), "version": 7, "mood": "good"}
        return told  # type: ignore[no-any-return]  # wrong on purpose


async def test_an_answer_that_is_not_as_described_fails_the_test_that_got_it() -> None:
    with pytest.raises(AssertionError, match=r"(?s)GET /api/v1/info: version: 7 is not .*'mood' was"):
        async with served(Untrue()) as address, http_client(address) as http:
            assert (await http.get("/api/v1/info")).status_code == 200


def test_the_manual_names_every_address() -> None:
    missing = [
        f"{method.upper()} {path}"
        for path, methods in described_paths().items()
        for method in methods
        if f"{method.upper()} {path}" not in PAGE
    ]
    assert missing == []
