"""The same program on a server: over a real socket, which goes away and comes back."""

from __future__ import annotations

from pathlib import Path

import pytest
from scripted import ScriptedBackend
from tui.conftest import Open
from tui.piloting import notices, program, screen_text, transcribe, until

from orstt_api.client import RemoteBackend
from orstt_api.server import ApiServer
from orstt_core.settings import Settings
from orstt_tui import backend_connection


@pytest.mark.slow
async def test_a_server_is_worked_on_over_the_wire_and_found_again_after_it_went_away(
    open_app: Open, backend: ScriptedBackend, austen: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(backend_connection, "FIRST_PAUSE", 0.1)
    server = ApiServer(backend, Settings(port=0))
    address = await server.start()
    try:
        async with open_app(lambda: RemoteBackend(address), settings=Settings(remote=address)) as pilot:
            assert f"{address} · connected" in screen_text(pilot)
            await pilot.press("down", "a")
            await until(pilot, lambda: "active: small" in screen_text(pilot))
            await transcribe(pilot, austen)
            await until(pilot, lambda: "General remarks." in screen_text(pilot) and "Done" in screen_text(pilot))

            await server.stop()
            await until(pilot, lambda: "disconnected" in screen_text(pilot))
            await pilot.press("1", "down", "a")
            await until(pilot, lambda: any("No server answers" in notice for notice in notices(pilot)))
            del backend.rows[1]
            server = ApiServer(backend, Settings(port=int(address.rpartition(":")[2])))
            await server.start()
            await until(pilot, lambda: f"{address} · connected" in screen_text(pilot))
            await until(pilot, lambda: len(program(pilot).models) == 4)
    finally:
        await server.stop()
