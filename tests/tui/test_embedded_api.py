"""The HTTP API from inside the terminal program: over the same backend, on a real socket."""

from __future__ import annotations

import socket
from collections.abc import Iterator
from typing import Any

import httpx2
import pytest
from scripted import ScriptedBackend
from textual.pilot import Pilot
from tui.conftest import Open
from tui.piloting import line, notices, program, screen_text, until

from orstt_core.errors import Forbidden, InvalidRequest
from orstt_core.settings import Settings
from orstt_core.types import KeyDraft
from orstt_tui.embedded import REMEMBERED, EmbeddedApi, check_listening, listening

FREE = Settings(port=0)


@pytest.fixture
def taken() -> Iterator[int]:
    """A port that another program listens on."""
    with socket.create_server(("127.0.0.1", 0)) as other:
        yield other.getsockname()[1]


async def ask(method: str, url: str, **arguments: Any) -> httpx2.Response:
    """Send one request."""
    async with httpx2.AsyncClient() as client:
        return await client.request(method, url, **arguments)


def address(pilot: Pilot[None]) -> str:
    """Where the API is; empty when it is off."""
    return program(pilot).api.address


async def test_f9_serves_and_its_address_and_requests_show(open_app: Open) -> None:
    async with open_app(size=(140, 40), settings=FREE) as pilot:
        assert "API off" in screen_text(pilot)
        await pilot.press("f9")
        await until(pilot, lambda: address(pilot))
        assert f"API {address(pilot)}" in screen_text(pilot)
        answer = await ask("GET", f"{address(pilot)}/api/get_stt_models/")
        assert answer.json()["current_model"] == "base"
        await until(pilot, lambda: "GET /api/get_stt_models/ 200" in screen_text(pilot))
        await ask("GET", f"{address(pilot)}/[red]nowhere")
        await pilot.press("f8")
        await until(pilot, lambda: "nowhere" in screen_text(pilot))
        assert "404" in screen_text(pilot)
        assert "[red]nowhere" in screen_text(pilot)
        assert "127.0.0.1" in screen_text(pilot)
        await pilot.press("f9")
        await until(pilot, lambda: "The API is off" in screen_text(pilot))


async def test_asked_for_it_serves_from_the_start_to_the_end_and_what_a_client_changes_shows(open_app: Open) -> None:
    async with open_app(settings=FREE, api=True) as pilot:
        await until(pilot, lambda: address(pilot))
        assert any("The API serves on http://127.0.0.1:" in notice for notice in notices(pilot))
        url = address(pilot)
        answer = await ask("POST", f"{url}/api/set_stt_model/", json={"model_id": 3})
        assert answer.json()["current_model"] == "small"
        await until(pilot, lambda: "active: small" in screen_text(pilot))
        await until(pilot, lambda: "small" in line(pilot, "● "))
        await pilot.press("q")
    with pytest.raises(httpx2.ConnectError):
        await ask("GET", url)


async def test_a_taken_port_is_a_notice_not_the_end(open_app: Open, taken: int) -> None:
    async with open_app(settings=Settings(port=taken)) as pilot:
        await pilot.press("f9")
        await until(pilot, lambda: any(f"Port {taken}" in notice for notice in notices(pilot)))
        assert pilot.app.is_running
        assert "API off" in screen_text(pilot)
        assert address(pilot) == ""


async def test_an_address_open_to_the_network_is_refused_without_a_key(open_app: Open) -> None:
    async with open_app(settings=Settings(host="0.0.0.0", port=0)) as pilot:
        await pilot.press("f9")
        await until(pilot, lambda: any("ORSTT_API_KEY" in notice for notice in notices(pilot)))
        assert "API off" in screen_text(pilot)


async def test_only_the_latest_requests_are_remembered(backend: ScriptedBackend) -> None:
    api = EmbeddedApi(FREE)
    url = await api.start(backend)
    try:
        async with httpx2.AsyncClient() as client:
            for number in range(REMEMBERED + 5):
                await client.get(f"{url}/{number}")
    finally:
        await api.stop()
    assert len(api.state.requests) == REMEMBERED
    assert api.state.requests[-1].path == f"/{REMEMBERED + 4}"
    assert api.has_unseen()
    assert not api.has_unseen()


@pytest.mark.parametrize(
    ("given", "host", "port"),
    [
        ("", "127.0.0.1", 8000),
        ("9000", "127.0.0.1", 9000),
        (":9000", "127.0.0.1", 9000),
        ("localhost", "localhost", 8000),
        ("0.0.0.0:9000", "0.0.0.0", 9000),
        ("[::1]:9000", "::1", 9000),
        ("[::1]", "::1", 8000),
        ("::1", "::1", 8000),
    ],
)
def test_the_address_may_leave_out_what_the_settings_say(given: str, host: str, port: int) -> None:
    found = listening(Settings(), given)
    assert (found.host, found.port) == (host, port)


@pytest.mark.parametrize("given", ["localhost:http", "localhost:70000", "localhost:-1"])
def test_a_port_that_is_none_is_refused(given: str) -> None:
    with pytest.raises(InvalidRequest, match="not an address"):
        listening(Settings(), given)


async def test_an_address_open_to_the_network_needs_a_key_that_was_created(backend: ScriptedBackend) -> None:
    everywhere = Settings(host="0.0.0.0")
    with pytest.raises(Forbidden, match="orstt keys create"):
        await check_listening(lambda: backend, everywhere)
    await backend.create_key(KeyDraft(name="ward"))
    await check_listening(lambda: backend, everywhere)


async def test_the_backend_is_not_opened_to_listen_on_this_machine(backend: ScriptedBackend) -> None:
    backend.failure = Forbidden("not to be asked")
    await check_listening(lambda: backend, Settings())
