"""Settings in the terminal program: found by typing, changed in the file, and what does not count is said."""

from __future__ import annotations

import pytest
from scripted import ScriptedBackend
from textual.widgets import Button, Input, Select
from tui.conftest import Open
from tui.piloting import line, notices, screen_text, until

from orstt_core.errors import Forbidden
from orstt_core.settings import Settings, config_file, load_settings
from orstt_tui.screens.edit_setting import EditSettingScreen
from orstt_tui.screens.settings import SettingsScreen


async def test_a_setting_is_found_changed_in_the_file_and_taken_back(
    open_app: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ORSTT_HOST", "localhost")
    monkeypatch.setenv("ORSTT_API_KEY", "sesame")
    config_file().parent.mkdir(parents=True)
    config_file().write_text("# ours\nkeep_alive = 60 # short\n")
    async with open_app(size=(80, 24), settings=load_settings()) as pilot:
        await pilot.press("S")
        await until(pilot, lambda: "data_dir" in screen_text(pilot))
        assert "next start" not in screen_text(pilot)
        await pilot.press("slash", *"Seconds idle")
        await until(pilot, lambda: "data_dir" not in screen_text(pilot))
        await pilot.press("enter", "enter")
        await until(pilot, lambda: isinstance(pilot.app.screen, EditSettingScreen))
        field = pilot.app.screen.query_one("#value", Input)
        assert field.value == "60"
        await pilot.press("x")
        await until(pilot, lambda: "it must be a number" in screen_text(pilot))
        assert pilot.app.screen.query_one("#accept", Button).disabled
        await pilot.press("backspace", "0", "f5")
        await until(pilot, lambda: "↻" in line(pilot, "keep_alive"))
        assert config_file().read_text() == "# ours\nkeep_alive = 600.0 # short\n"
        assert "until then it is 60" in " ".join(screen_text(pilot).replace("│", " ").split())
        await pilot.press("u")
        await until(pilot, lambda: "default" in line(pilot, "keep_alive"))
        assert config_file().read_text() == "# ours\n"
        await pilot.press("u")
        await until(pilot, lambda: "keep_alive is not in the settings file." in notices(pilot))

        await pilot.press("escape", "slash", *"listens", "enter", "e")
        await until(pilot, lambda: "Set by ORSTT_HOST" in screen_text(pilot))
        await pilot.press("escape", "escape", "slash", *"api_key", "enter", "e")
        await until(pilot, lambda: any("api_key is a secret" in notice for notice in notices(pilot)))
        assert "sesame" not in screen_text(pilot)
        await pilot.press("e", "e")
        assert sum("api_key is a secret" in notice for notice in notices(pilot)) == 1
        assert screen_text(pilot).count("is a secret") == 1
        await pilot.press("escape", "slash", *"log_level", "enter", "e")
        await until(pilot, lambda: isinstance(pilot.app.screen, EditSettingScreen))
        pilot.app.screen.query_one("#choice", Select).value = "info"
        await pilot.press("f5")
        await until(pilot, lambda: 'log_level = "info"' in config_file().read_text())
        await pilot.press("escape", "S")
        await until(pilot, lambda: not isinstance(pilot.app.screen, SettingsScreen))


async def test_on_a_server_its_settings_are_shown_to_look_at_and_those_of_this_machine_by_a_key(
    open_app: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("ORSTT_KEEP_ALIVE", "60")
    server = ScriptedBackend(location="http://asr.lan:8000")
    server.started_with = Settings(keep_alive=900, api_key="sesame")
    async with open_app(lambda: server, size=(140, 40), settings=load_settings()) as pilot:
        await pilot.press("S")
        await until(pilot, lambda: "Settings of http://asr.lan:8000, changed there only" in screen_text(pilot))
        assert line(pilot, "keep_alive").replace("│", " ").split()[2:4] == ["900", "option"]
        assert "sesame" not in screen_text(pilot)
        for key in ("e", "u", "enter"):
            await pilot.press(key)
            await until(pilot, lambda: any("are changed on its machine" in notice for notice in notices(pilot)))
            assert isinstance(pilot.app.screen, SettingsScreen)
            pilot.app.clear_notifications()
        await pilot.press("w")
        await until(pilot, lambda: "Settings of this machine" in screen_text(pilot))
        assert line(pilot, "keep_alive").replace("│", " ").split()[2:4] == ["60", "environment"]
        server.failure = Forbidden("This needs a key with the scope manage.")
        await pilot.press("w")
        await until(pilot, lambda: "This needs a key with the scope manage." in screen_text(pilot))
        assert "keep_alive" not in screen_text(pilot)
