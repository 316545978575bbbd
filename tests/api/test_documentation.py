"""The API documents itself, also where there is no internet."""

from __future__ import annotations

import re
from pathlib import Path

import httpx2
import pytest
from scripted import ScriptedBackend
from serving import http_client, served

from orstt_api.app import create_app
from orstt_core.settings import Settings

PAGE = (Path(__file__).parents[2] / "docs" / "api.md").read_text()
DOCUMENTED = create_app(ScriptedBackend(), Settings()).openapi_schema.to_schema()["paths"]


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
    } <= document["paths"].keys()
    for path in ("/api/transcribe_only", "/api/v1/transcriptions"):
        form = document["paths"][path]["post"]["requestBody"]["content"]["multipart/form-data"]["schema"]
        assert form["required"] == ["audio"]
    events = document["paths"]["/api/v1/transcriptions"]["post"]["responses"]["200"]["content"]
    assert "text/event-stream" in events


@pytest.mark.parametrize("key", ["", "secret"])
async def test_the_document_says_whether_a_key_is_needed(backend: ScriptedBackend, key: str) -> None:
    async with served(backend, api_key=key) as address, http_client(address) as http:
        headers = {"Authorization": f"Bearer {key}"} if key else {}
        document = (await http.get("/schema/openapi.json", headers=headers)).json()
    assert bool(document.get("security")) == bool(key)
    assert bool(document["components"].get("securitySchemes")) == bool(key)


def test_every_operation_has_a_name_and_a_sentence() -> None:
    operations = [operation for methods in DOCUMENTED.values() for operation in methods.values()]
    names = [operation["operationId"] for operation in operations]
    assert len(set(names)) == len(names) >= 18
    for operation in operations:
        assert operation["description"].endswith("."), operation["operationId"]


def test_the_manual_names_every_address() -> None:
    missing = [
        f"{method.upper()} {path}"
        for path, methods in DOCUMENTED.items()
        for method in methods
        if f"{method.upper()} {path}" not in PAGE
    ]
    assert missing == []
