"""Who may use the server: keys, and on loopback without one, no web page from elsewhere."""

from __future__ import annotations

import logging
from collections.abc import AsyncIterator
from functools import reduce

import httpx2
import msgspec
import pytest
from scripted import ScriptedBackend
from serving import described_app, http_client, served

from orstt_api.addresses import check_bind
from orstt_core.caller import current_actor
from orstt_core.errors import Forbidden, SettingsError
from orstt_core.settings import Settings
from orstt_core.types import Accepted, Problem, TranscribeEvent

KEY = "s3cret-ключ"
OPEN = ["/health", "/health/live", "/health/ready"]


@pytest.fixture
async def locked(backend: ScriptedBackend) -> AsyncIterator[httpx2.AsyncClient]:
    """A client, without the key, of a server that asks for one."""
    async with served(backend, api_key=KEY) as address, http_client(address) as http:
        yield http


def routes() -> list[tuple[str, str]]:
    """Every method and path that there is, with names in place of parameters."""
    values = {"{ref:str}": "base", "{path:str}": "x", "{name:str}": "base", "{file_path:path}": "x.js"}
    return sorted(
        (method, reduce(lambda path, name: path.replace(name, values[name]), values, route.path))
        for route in described_app().routes
        for method in (getattr(route, "methods", None) or {"GET"})
    )


def bearer(key: str) -> list[tuple[bytes, bytes]]:
    return [(b"Authorization", f"Bearer {key}".strip().encode())]


def test_the_sweep_covers_every_kind_of_route() -> None:
    paths = {path for _, path in routes()}
    assert {"/", *OPEN, "/schema", "/schema/assets/x.js", "/api/get_stt_models", "/api/v1/models/base"} <= paths
    assert {"/api/jobs", "/api/jobs/base/events", "/api/v1/models/base/load", "/api/v1/audit"} <= paths
    assert len(routes()) > 50


async def test_no_route_but_health_answers_without_the_right_key(locked: httpx2.AsyncClient) -> None:
    extra = [("GET", "/nothing"), ("GET", "/api/v1/nothing"), ("PUT", "/api/get_stt_models"), ("GET", "//health")]
    for method, path in [*routes(), *extra]:
        if path in OPEN:
            continue
        answer = await locked.request(method, path, headers=bearer("wrong"))
        assert answer.status_code == 401, (method, path)
        assert answer.headers["www-authenticate"] == "Bearer"
        if method == "HEAD":
            continue
        if path.startswith("/v1"):
            assert answer.json()["error"]["code"] == "unauthorized"
        elif path.startswith(("/api/v1", "/api/jobs")):
            assert msgspec.json.decode(answer.content, type=Problem).type == "orstt:unauthorized"
        else:
            assert answer.json()["code"] == "unauthorized"
    for headers in (None, *map(bearer, ("", KEY[:-1], KEY + "x", "Basic"))):
        assert (await locked.get("/api/v1/info", headers=headers)).status_code == 401, headers


async def test_every_route_answers_with_the_key(locked: httpx2.AsyncClient) -> None:
    for method, path in routes():
        if path in ("/api/v1/events", "/api/v1/measurements"):
            continue  # it would not end
        answer = await locked.request(method, path, headers=bearer(KEY))
        assert answer.status_code not in (401, 403, 500), (method, path)


async def test_health_is_open_to_a_load_balancer(locked: httpx2.AsyncClient) -> None:
    for path in OPEN:
        for ask in (locked.get, locked.head):
            for slash in ("", "/"):
                assert (await ask(path + slash, headers={"Host": "stt.example.org"})).status_code == 200


async def test_what_is_asked_counts_as_asked_by_whoever_asks(backend: ScriptedBackend) -> None:
    askers: list[str] = []

    async def noting(request: object) -> AsyncIterator[TranscribeEvent]:
        askers.append(current_actor())
        yield Accepted(model="base")

    backend.transcribe = noting  # type: ignore[assignment]  # to see who asks
    for key in ("", KEY):
        async with served(backend, api_key=key) as address, http_client(address) as http:
            headers = bearer(KEY)
            for path in ("/api/v1/transcriptions", "/api/transcribe_only"):
                await http.post(path, files={"audio": b"x"}, headers=headers)
    assert askers == ["127.0.0.1", "127.0.0.1", "key", "key"]
    assert current_actor().startswith("user ")


async def test_the_scheme_may_be_written_in_any_case(locked: httpx2.AsyncClient) -> None:
    headers = [(b"Authorization", b"bearer  " + KEY.encode())]
    assert (await locked.get("/api/v1/info", headers=headers)).status_code == 200


async def test_a_wrong_key_is_told_from_a_missing_one(locked: httpx2.AsyncClient) -> None:
    missing = (await locked.get("/api/v1/info")).json()
    wrong = (await locked.get("/api/v1/info", headers=bearer("nope"))).json()
    assert missing["detail"] != wrong["detail"]
    assert "ORSTT_API_KEY" in missing["hint"]


async def test_the_key_is_in_no_answer_and_no_log(locked: httpx2.AsyncClient, caplog: pytest.LogCaptureFixture) -> None:
    with caplog.at_level(logging.DEBUG, logger="orstt_api"), caplog.at_level(logging.DEBUG, logger="uvicorn"):
        answers = [await locked.get(path, headers=bearer(key)) for path in ("/schema", "/nope") for key in (KEY, "no")]
    assert not any(KEY in answer.text for answer in answers)
    assert KEY not in caplog.text


async def test_with_a_key_the_server_may_have_any_name(locked: httpx2.AsyncClient) -> None:
    headers = [*bearer(KEY), (b"Host", b"stt.example.org"), (b"Origin", b"https://elsewhere.example")]
    assert (await locked.get("/api/v1/info", headers=headers)).status_code == 200


FOREIGN_HOSTS = [
    "evil.example",
    "evil.example:8000",
    "localhost.evil.example",
    "127.0.0.1.evil.example",
    "10.0.0.7",
    "",
]


async def refused_everywhere(http: httpx2.AsyncClient, headers: dict[str, str]) -> None:
    """Every route but health answers such a request with 403."""
    for method, path in routes():
        if path not in OPEN:
            answer = await http.request(method, path, headers=headers)
            assert answer.status_code == 403, (method, path)


async def test_a_name_of_another_machine_is_refused_on_every_route(http: httpx2.AsyncClient) -> None:
    await refused_everywhere(http, {"Host": FOREIGN_HOSTS[0]})
    for host in FOREIGN_HOSTS:
        assert (await http.get("/api/v1/info", headers={"Host": host})).status_code == 403, host


async def test_without_a_key_nothing_that_came_through_a_proxy_is_answered(http: httpx2.AsyncClient) -> None:
    await refused_everywhere(http, {"Host": "localhost", "X-Forwarded-For": "203.0.113.9"})
    for header in ("Forwarded", "X-Real-IP", "X-Forwarded-Host", "Via"):
        answer = await http.get("/api/v1/info", headers={"Host": "localhost", header: "203.0.113.9"})
        assert answer.status_code == 403, header


async def test_any_name_of_this_machine_is_welcome(http: httpx2.AsyncClient) -> None:
    for host in ("localhost", "LOCALHOST:8000", "127.0.0.1", "127.1.2.3:80", "[::1]:8000"):
        assert (await http.get("/api/v1/info", headers={"Host": host})).status_code == 200, host


async def test_a_web_page_from_elsewhere_is_refused_on_every_route(http: httpx2.AsyncClient) -> None:
    await refused_everywhere(http, {"Origin": "https://evil.example"})
    for origin in (
        "https://evil.example", "http://localhost:3000", "null", "http://127.0.0.1", "file://", "http://[",
    ):  # fmt: skip
        answer = await http.post("/api/set_stt_model", json={"model_id": 1}, headers={"Origin": origin})
        assert answer.status_code == 403, origin
        assert origin in answer.json()["error"]
        assert "ORSTT_CORS_ORIGINS" in answer.json()["error"]


async def test_the_servers_own_pages_may_use_it(http: httpx2.AsyncClient, address: str) -> None:
    answer = await http.get("/api/v1/info", headers={"Origin": address})
    assert answer.status_code == 200
    assert "access-control-allow-origin" not in answer.headers


DASHBOARD = "http://localhost:3000"


@pytest.mark.parametrize("key", ["", KEY])
async def test_a_configured_origin_is_welcome(backend: ScriptedBackend, key: str) -> None:
    async with served(backend, api_key=key, cors_origins=[DASHBOARD]) as address, http_client(address) as http:
        asked = await http.options(
            "/api/set_stt_model",
            headers={
                "Origin": DASHBOARD,
                "Access-Control-Request-Method": "POST",
                "Access-Control-Request-Headers": "authorization,content-type",
            },
        )
        assert asked.status_code == 204
        assert asked.headers["access-control-allow-origin"] == DASHBOARD
        assert "authorization" in asked.headers["access-control-allow-headers"].lower()
        headers = [*bearer(key or "unused"), (b"Origin", DASHBOARD.encode())]
        answer = await http.post("/api/set_stt_model", json={"model_id": 1}, headers=headers)
        assert answer.status_code == 200
        assert answer.headers["access-control-allow-origin"] == DASHBOARD
        missing = await http.get("/api/get_stt_models/7", headers=headers)
        assert missing.status_code == 404
        assert missing.headers["access-control-allow-origin"] == DASHBOARD


async def test_a_page_can_read_that_it_lacks_the_key(backend: ScriptedBackend) -> None:
    async with served(backend, api_key=KEY, cors_origins=[DASHBOARD]) as address, http_client(address) as http:
        answer = await http.get("/api/get_stt_models", headers={"Origin": DASHBOARD})
    assert answer.status_code == 401
    assert answer.headers["access-control-allow-origin"] == DASHBOARD


@pytest.mark.parametrize("key", ["", KEY])
async def test_another_origin_than_the_configured_one_is_not(backend: ScriptedBackend, key: str) -> None:
    async with served(backend, api_key=key, cors_origins=[DASHBOARD]) as address, http_client(address) as http:
        for origin in ("http://localhost:30001", "http://localhost:3000.evil.example", "https://localhost:3000"):
            asked = await http.options(
                "/api/set_stt_model", headers={"Origin": origin, "Access-Control-Request-Method": "POST"}
            )
            assert asked.status_code in (401, 403)
            assert "access-control-allow-origin" not in asked.headers


@pytest.mark.parametrize("host", ["127.0.0.1", "127.8.9.10", "::1", "[::1]", "localhost", "Localhost"])
def test_loopback_needs_no_key(host: str) -> None:
    check_bind(Settings(host=host).host, Settings())


@pytest.mark.parametrize(
    "host",
    ["0.0.0.0", "::", "", "192.168.1.5", "example.org", "localhost.example.org", "127.0.0.1.nip.io", "1.127.0.0"],
)
def test_any_other_address_needs_one(host: str) -> None:
    with pytest.raises(Forbidden, match="anyone") as refusal:
        check_bind(host, Settings())
    assert "orstt keys create" in refusal.value.hint
    check_bind(host, Settings(api_key="key"))
    check_bind(host, Settings(), keyed=True)


@pytest.mark.parametrize("host", ["http://127.0.0.1", "[::1]:8799", "[::1", "127.1", "8000", "*", "localhost:80"])
def test_what_is_no_address_is_said_to_be_none(host: str) -> None:
    with pytest.raises(SettingsError, match="is no address to listen on"):
        check_bind(Settings(host=host).host, Settings(), keyed=True)
