"""What is loaded, who did what, and whether the server takes more, over HTTP."""

from __future__ import annotations

import httpx2
import msgspec
import pytest
from scripted import WHEN, ScriptedBackend
from serving import http_client, served

from orstt_api.wire import quote_ref
from orstt_core.errors import BY_CODE, Busy, DatabaseUnavailable
from orstt_core.types import AuditEntry, LoadedModel, Readiness


async def test_a_model_is_loaded_listed_and_unloaded(http: httpx2.AsyncClient) -> None:
    loaded = await http.post("/api/v1/models/small/load")
    assert loaded.status_code == 200
    small = msgspec.json.decode(loaded.content, type=LoadedModel)
    assert small.names == ["small"]
    listed = await http.get("/api/v1/ps")
    assert msgspec.json.decode(listed.content, type=list[LoadedModel]) == [small]
    unloaded = await http.post("/api/v1/models/3/unload")
    assert msgspec.json.decode(unloaded.content, type=LoadedModel) == small
    assert (await http.get("/api/v1/ps/")).json() == []
    assert (await http.post("/api/v1/models/small/unload")).status_code == 404


@pytest.mark.parametrize(
    ("body", "kept"),
    [
        (b"", None),
        (b"{}", None),
        (b'{"keep_alive": null}', None),
        (b'{"keep_alive": 0}', 0),
        (b'{"keep_alive": -1}', -1),
    ],
)
async def test_how_long_it_stays_may_be_said(
    http: httpx2.AsyncClient, backend: ScriptedBackend, body: bytes, kept: float | None
) -> None:
    asked: list[float | None] = []
    load = backend.load_model

    async def noting(ref: int | str, keep_alive: float | None = None) -> LoadedModel:
        asked.append(keep_alive)
        return await load(ref)

    backend.load_model = noting  # to see what is asked
    assert (await http.post("/api/v1/models/base/load", content=body)).status_code == 200
    assert asked == [kept]


@pytest.mark.parametrize("body", [b'{"keep_alive": -2}', b'{"keep_alive": "long"}', b'{"keepalive": 3}', b"[]"])
async def test_what_does_not_fit_loads_nothing(http: httpx2.AsyncClient, backend: ScriptedBackend, body: bytes) -> None:
    answer = await http.post("/api/v1/models/base/load", content=body)
    assert (answer.status_code, answer.json()["type"]) == (400, "orstt:invalid_request")
    assert backend.loaded == []


async def test_a_model_of_any_name_is_loaded(http: httpx2.AsyncClient) -> None:
    await http.post("/api/v1/models", json={"name": "owner/größe 7"})
    path = f"/api/v1/models/{quote_ref('owner/größe 7')}"
    assert (await http.post(f"{path}/load")).json()["names"] == ["owner/größe 7"]
    assert (await http.post(f"{path}/unload")).status_code == 200
    assert (await http.post("/api/v1/models/nope/load")).status_code == 404


async def test_the_audit_table_can_be_read(http: httpx2.AsyncClient, backend: ScriptedBackend) -> None:
    backend.entries = [
        AuditEntry(id=number, at=WHEN, actor="key", action="model.activated", subject="base") for number in (3, 2, 1)
    ]
    whole = await http.get("/api/v1/audit")
    assert msgspec.json.decode(whole.content, type=list[AuditEntry]) == backend.entries
    assert [entry["id"] for entry in (await http.get("/api/v1/audit?limit=2")).json()] == [3, 2]
    for limit in ("0", "-1", "x", "10001"):
        answer = await http.get(f"/api/v1/audit?limit={limit}")
        assert (answer.status_code, answer.json()["field"]) == (400, "limit")


async def test_the_audit_table_can_only_be_read(http: httpx2.AsyncClient) -> None:
    for method in ("POST", "PUT", "PATCH", "DELETE"):
        assert (await http.request(method, "/api/v1/audit")).status_code == 405


async def test_readiness_is_told_apart_from_life(http: httpx2.AsyncClient, backend: ScriptedBackend) -> None:
    answer = await http.get("/health/ready")
    assert answer.status_code == 200
    assert msgspec.json.decode(answer.content, type=Readiness) == Readiness(ready=True)
    backend.ready = Readiness(ready=False, reason="As many recordings wait already as may.", queued=100, running=2)
    for slash in ("", "/"):
        answer = await http.get(f"/health/ready{slash}")
        assert (answer.status_code, answer.headers["retry-after"]) == (503, str(Busy.retry_after))
        assert msgspec.json.decode(answer.content, type=Readiness) == backend.ready
    silent = await http.head("/health/ready")
    assert (silent.status_code, silent.headers["retry-after"], silent.content) == (503, str(Busy.retry_after), b"")
    for path in ("/health", "/health/live"):
        assert (await http.get(path)).json() == {"status": "ok"}
        assert (await http.head(path)).status_code == 200


async def test_readiness_tells_strangers_no_path_host_or_driver(backend: ScriptedBackend) -> None:
    private = "/srv/patients/orstt.sqlite on db.ward7.example: sqlite3.OperationalError"

    async def fail() -> Readiness:
        raise DatabaseUnavailable(private)

    async with served(backend, api_key="secret") as address, http_client(address) as http:
        backend.ready = Readiness(ready=False, reason=private, queued=7, running=2)
        full = await http.get("/health/ready")
        backend.ready = Readiness(ready=False, reason=private)
        silent = await http.get("/health/ready")
        backend.readiness = fail  # which a backend should not do
        failing = await http.get("/health/ready")
    assert full.json()["reason"] == "As many recordings wait already as may."
    for answer in (silent, failing):
        assert (answer.status_code, answer.json()["reason"]) == (503, "The database does not answer.")
    assert private not in full.text + silent.text + failing.text


async def test_life_asks_nothing_of_the_backend(http: httpx2.AsyncClient, backend: ScriptedBackend) -> None:
    async def fail() -> Readiness:
        raise DatabaseUnavailable("It does not answer.")

    backend.failure = DatabaseUnavailable("It does not answer.")
    backend.readiness = fail  # which a backend should not do
    assert (await http.get("/health/live")).status_code == 200
    assert (await http.get("/health/ready")).status_code == 503


async def test_whatever_time_may_mend_says_when_to_try_again(backend: ScriptedBackend) -> None:
    async with served(backend, documented=False) as address, http_client(address) as http:
        for kind in BY_CODE.values():
            backend.failure = kind("It went wrong.")
            for path in ("/api/v1/models", "/api/jobs", "/api/get_stt_models"):
                answer = await http.get(path)
                assert answer.headers.get("retry-after", "0") == str(kind.retry_after), (kind, path)


@pytest.mark.parametrize(
    "path", ["/health/ready", "/api/jobs", "/api/jobs/1", "/api/jobs/1/events", "/api/v1/ps", "/api/v1/audit"]
)
async def test_asking_what_an_address_takes_does_nothing(http: httpx2.AsyncClient, path: str) -> None:
    answer = await http.options(path)
    assert (answer.status_code, answer.content) == (204, b"")
