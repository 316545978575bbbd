"""What each key may do: every route is swept, and one that nobody thought of needs the largest scope."""

from __future__ import annotations

from collections.abc import AsyncIterator
from typing import Any

import httpx2
import pytest
from litestar import Litestar
from litestar.routes import HTTPRoute
from scripted import ScriptedBackend
from scripted_keys import CREATED
from serving import described_app, http_client, served

from orstt_api.app import create_app
from orstt_api.rate_limits import RateLimiter
from orstt_api.scopes import OPEN, scope_of
from orstt_core.errors import RateLimited
from orstt_core.settings import Settings
from orstt_core.types import SCOPES, ApiKey, KeyDraft, Scope, covers

ENDLESS = {"/api/v1/events", "/api/v1/measurements"}
EXPECTED = {
    OPEN: {"/health", "/health/live", "/health/ready"},
    "transcribe": {
        "/",
        "/schema",
        "/schema/{path:str}",
        "/schema/oauth2-redirect.html",
        "/schema/openapi.json",
        "/schema/swagger",
        "/schema/assets/{file_path:path}",
        "/api/get_stt_models",
        "/api/get_stt_types",
        "/api/transcribe_only",
        "/api/jobs",
        "/api/jobs/compare",
        "/api/jobs/{ref:str}",
        "/api/jobs/{ref:str}/audio",
        "/api/jobs/{ref:str}/peaks",
        "/api/jobs/{ref:str}/cancel",
        "/api/jobs/{ref:str}/events",
        "/api/jobs/{ref:str}/retry",
        "/api/jobs/{ref:str}/transcript",
        "/api/jobs/{ref:str}/transcript/file",
        "/api/jobs/{ref:str}/transcript/history",
        "/api/jobs/{ref:str}/transcript/redo",
        "/api/jobs/{ref:str}/transcript/undo",
        "/api/v1/engines",
        "/api/v1/events",
        "/api/v1/info",
        "GET /api/v1/models",
        "GET /api/v1/models/{ref:str}",
        "GET /api/v1/vocabularies",
        "/api/v1/experiments/{experiment:str}/pair",
        "/api/v1/experiments/{experiment:str}/judgements",
        "GET /api/v1/vocabularies/{name:str}",
        "/api/v1/ps",
        "/api/v1/transcriptions",
        "/api/v1/weights",
        "/v1/audio/transcriptions",
        "/v1/audio/translations",
        "/v1/models",
        "/v1/models/{name:str}",
        "/asr",
        "/detect-language",
    },
    "manage": {
        "/api/set_stt_model",
        "/api/create_stt_model",
        "/api/validate_stt_model",
        "/api/delete_stt_model",
        "/api/v1/benchmarks",
        "/api/v1/experiments",
        "/api/v1/experiments/{experiment:str}",
        "/api/v1/experiments/{experiment:str}/pause",
        "/api/v1/experiments/{experiment:str}/resume",
        "/api/v1/experiments/{experiment:str}/stop",
        "/api/v1/experiments/{experiment:str}/promote",
        "/api/v1/benchmarks/{benchmark:str}",
        "/api/v1/benchmarks/{benchmark:str}/results",
        "/api/v1/benchmarks/{benchmark:str}/jobs",
        "/api/v1/benchmarks/{benchmark:str}/report",
        "/api/v1/doctor",
        "/api/v1/measurements",
        "/api/v1/models",
        "/api/v1/models/validate",
        "/api/v1/models/{ref:str}",
        "/api/v1/models/{ref:str}/activate",
        "/api/v1/models/{ref:str}/load",
        "/api/v1/models/{ref:str}/tune",
        "/api/v1/models/{ref:str}/tune/undo",
        "/api/v1/models/{ref:str}/unload",
        "/api/v1/pull",
        "/api/v1/settings",
        "/api/v1/stats",
        "/api/v1/models/{ref:str}/export",
        "/api/v1/weights/import",
        "/api/v1/weights/prune",
        "/api/v1/weights/verify",
        "/api/v1/vocabularies",
        "/api/v1/vocabularies/{name:str}",
        "/metrics",
    },
    "admin": {"/api/jobs/purge", "/api/v1/audit", "/api/v1/keys", "/api/v1/keys/{ref:str}/revoke"},
}
"""Which scope a route needs, by its path, or by method and path where they differ."""


def routes(app: Litestar) -> list[tuple[str, str, str]]:
    """Every method and path, with the scope that it needs."""
    return sorted(
        (method, route.path_format.replace("//", "/"), scope_of(handler))
        for route in app.routes
        if isinstance(route, HTTPRoute)
        for handler in route.route_handlers
        for method in handler.http_methods
        if method != "OPTIONS"
    )


def expected_scope(method: str, path: str) -> str:
    for name in (f"{method} {path}", path):
        for scope, paths in EXPECTED.items():
            if name in {one.replace(":str}", "}").replace(":path}", "}") for one in paths}:
                return scope
    return "nobody decided"


def test_every_route_needs_the_scope_that_was_decided_for_it() -> None:
    assert [
        (method, path, scope)
        for method, path, scope in routes(described_app())
        if scope != expected_scope(method, path)
    ] == []


def test_a_larger_scope_may_do_what_a_smaller_one_may() -> None:
    assert [[covers(mine, needed) for needed in SCOPES] for mine in SCOPES] == [
        [True, False, False],
        [True, True, False],
        [True, True, True],
    ]


@pytest.fixture
async def keyed(backend: ScriptedBackend) -> AsyncIterator[str]:
    """The address of a server on loopback for which keys of each scope were created."""
    for scope in SCOPES:
        await backend.create_key(KeyDraft(name=scope, scope=scope))
    async with served(backend, max_upload_mb=1) as address:
        yield address


def bearer(name: str) -> dict[str, str]:
    return {"Authorization": f"Bearer secret of {name}"}


@pytest.mark.parametrize("scope", SCOPES)
async def test_every_route_is_closed_to_smaller_keys_and_open_to_others(keyed: str, scope: Scope) -> None:
    async with http_client(keyed) as http:
        for method, path, needed in routes(described_app()):
            if path in ENDLESS and (needed == OPEN or covers(scope, needed)):  # type: ignore[arg-type]  # no OPEN
                continue
            filled = path.replace("{ref}", "base").replace("{name}", "base").replace("{path}", "x")
            answer = await http.request(method, filled.replace("{file_path}", "x.js"), headers=bearer(scope))
            allowed = needed == OPEN or covers(scope, needed)  # type: ignore[arg-type]  # no OPEN
            assert (answer.status_code != 403) == allowed, (method, path, answer.text)
            assert answer.status_code != 401, (method, path)
            if not allowed and method != "HEAD":
                assert needed in answer.text


async def test_once_there_is_a_key_every_route_asks_for_one_also_on_loopback(keyed: str) -> None:
    async with http_client(keyed) as http:
        for method, path, needed in routes(described_app()):
            answer = await http.request(method, path.replace("{", "").replace("}", ""))
            assert (answer.status_code == 401) == (needed != OPEN), (method, path)


async def test_a_revoked_key_opens_nothing(keyed: str, backend: ScriptedBackend) -> None:
    await backend.revoke_key("admin")
    async with http_client(keyed) as http:
        assert (await http.get("/api/v1/info", headers=bearer("admin"))).status_code == 401


@pytest.mark.parametrize("secret", ["", "secret of transcribe"])
async def test_a_socket_is_asked_for_the_same_key(backend: ScriptedBackend, secret: str) -> None:
    await backend.create_key(KeyDraft(name="transcribe"))
    app = create_app(backend, Settings(), owns_backend=False)
    sent: list[dict[str, Any]] = []

    async def receive() -> dict[str, Any]:
        return {"type": "websocket.connect"}

    async def send(message: dict[str, Any]) -> None:
        sent.append(message)

    headers = [(b"host", b"localhost"), (b"authorization", f"Bearer {secret}".encode())]
    scope = {
        "type": "websocket", "path": "/v1/realtime", "raw_path": b"/v1/realtime", "headers": headers,
        "query_string": b"", "client": ("127.0.0.1", 1), "subprotocols": [], "root_path": "", "state": {},
    }  # fmt: skip
    await app(scope, receive, send)  # type: ignore[arg-type]  # as a server calls it
    assert sent[0]["type"] == "websocket.close"
    assert (sent[0]["code"] == 4401) == (not secret)


async def test_a_key_in_the_address_is_none(keyed: str) -> None:
    async with http_client(keyed) as http:
        answer = await http.get("/api/v1/info", params={"key": "secret of admin", "api_key": "secret of admin"})
        assert answer.status_code == 401


async def test_any_key_will_do_where_none_is_needed(http: httpx2.AsyncClient) -> None:
    assert (await http.get("/v1/models", headers={"Authorization": "Bearer unused"})).status_code == 200


async def test_every_answer_forbids_what_browsers_must_not_do(http: httpx2.AsyncClient) -> None:
    for path in ("/health", "/api/v1/info", "/v1/models", "/nothing", "/api/jobs/nothing"):
        headers = (await http.get(path)).headers
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["x-frame-options"] == "DENY"
        assert headers["referrer-policy"] == "no-referrer"
        assert headers["content-security-policy"].startswith("default-src 'none'")
        assert (headers.get("cache-control") == "no-store") == path.startswith(("/api/", "/v1/"))
    policy = (await http.get("/schema")).headers["content-security-policy"]
    assert "default-src 'self'" in policy
    assert "http" not in policy


def a_key(**limits: Any) -> ApiKey:
    return ApiKey(id="1", name="n", scope="transcribe", created_at=CREATED, created_by="a", **limits)


def test_a_key_may_send_so_many_requests_a_minute(monkeypatch: pytest.MonkeyPatch) -> None:
    now = 100.0
    monkeypatch.setattr("orstt_api.rate_limits.time.monotonic", lambda: now)
    limits, key = RateLimiter(), a_key(requests_per_minute=2)
    for _ in range(2):
        with limits.request(key):
            pass
    with pytest.raises(RateLimited) as caught, limits.request(key):
        pass
    assert caught.value.retry_after == 30
    now += 30
    with limits.request(key):
        pass
    with pytest.raises(RateLimited), limits.request(key):
        pass


def test_a_key_may_have_so_many_requests_under_way() -> None:
    limits, key = RateLimiter(), a_key(concurrent_requests=1)
    with limits.request(key):
        with pytest.raises(RateLimited), limits.request(key):
            pass
        with limits.request(a_key()):  # without limits
            pass
    with limits.request(key):
        pass


async def test_too_many_requests_are_answered_with_429_and_when_to_come_back(backend: ScriptedBackend) -> None:
    await backend.create_key(KeyDraft(name="slow", requests_per_minute=1))
    async with served(backend) as address, http_client(address) as http:
        assert (await http.get("/api/v1/info", headers=bearer("slow"))).status_code == 200
        answer = await http.get("/api/v1/info", headers=bearer("slow"))
        assert (answer.status_code, answer.json()["type"]) == (429, "orstt:rate_limited")
        assert 0 < int(answer.headers["retry-after"]) <= 60
        assert (await http.get("/health/live", headers=bearer("slow"))).status_code == 200
