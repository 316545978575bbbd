"""The same program on a server, and a model on one: over a real socket, which goes away and comes back."""

from __future__ import annotations

from pathlib import Path

import pytest
from scripted import ScriptedBackend
from serving import served
from textual.widgets import Input, Select
from tui.conftest import Open
from tui.piloting import can_add, line, name_a_model, notices, offered, program, screen_text, transcribe, until

from orstt_api.client import RemoteBackend
from orstt_api.server import ApiServer
from orstt_core.local import LocalBackend
from orstt_core.settings import Settings
from orstt_tui import backend_connection
from orstt_tui.formatting import SENDS_SOUND


@pytest.mark.slow
async def test_a_server_is_worked_on_over_the_wire_and_found_again_after_it_went_away(
    open_app: Open, backend: ScriptedBackend, austen: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(backend_connection, "FIRST_PAUSE", 0.1)
    server = ApiServer(backend, Settings(port=0))
    address = await server.start()
    try:
        async with open_app(lambda: RemoteBackend(address), settings=Settings(remote=address), size=(110, 40)) as pilot:
            assert f"{address} · connected" in screen_text(pilot)
            await pilot.press("down", "a")
            await until(pilot, lambda: "active: small" in screen_text(pilot))
            await transcribe(pilot, austen)
            await until(pilot, lambda: "General remarks." in screen_text(pilot) and "Done" in screen_text(pilot))

            await server.stop()
            await until(pilot, lambda: "disconnected" in screen_text(pilot))
            await pilot.press("1")
            await until(pilot, lambda: "Disconnected: as it was." in screen_text(pilot))
            await pilot.press("down", "a")
            await until(pilot, lambda: any("No server answers" in notice for notice in notices(pilot)))
            del backend.rows[1]
            server = ApiServer(backend, Settings(port=int(address.rpartition(":")[2])))
            await server.start()
            await until(pilot, lambda: f"{address} · connected" in screen_text(pilot))
            await until(pilot, lambda: len(program(pilot).models) == 4)
    finally:
        await server.stop()


@pytest.mark.slow
async def test_a_model_on_another_server_is_added_by_the_form_and_transcribes_there(
    open_app: Open, backend: ScriptedBackend, austen: Path, tmp_path: Path
) -> None:
    async with served(backend) as address:
        settings = Settings(data_dir=tmp_path, cloud_hosts=[address])
        async with open_app(lambda: LocalBackend(settings), settings=settings) as pilot:
            await name_a_model(pilot, "ward")
            form = pilot.app.screen
            form.query_one("#type", Select).value = "openai"
            await until(pilot, lambda: form.query("#option-base_url"))
            assert form.query_one("#weights").size.height == 1
            form.query_one("#weights", Input).value = "base"
            form.query_one("#option-base_url", Input).value = f"{address}/v1"
            await until(pilot, lambda: can_add(pilot))
            await pilot.press("f5")
            await until(pilot, lambda: "Added ward" in notices(pilot))
            assert "sends sound out" in line(pilot, "ward ")

            await pilot.press("2")
            await until(pilot, lambda: "ward" in offered(pilot, "#model"))
            pilot.app.screen.query_one("#model", Select).value = "ward"
            await until(pilot, lambda: f"ward {SENDS_SOUND}." in screen_text(pilot))
            await transcribe(pilot, austen)
            await until(pilot, lambda: "General remarks." in screen_text(pilot) and "Done" in screen_text(pilot))
    assert backend.requests[-1].filename.endswith(".flac")
