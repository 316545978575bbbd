"""Presets are kept, chosen and removed on the screen; what is wrong with their file is said, and stops nothing."""

from __future__ import annotations

from pathlib import Path

import pytest
from scripted import ScriptedBackend
from textual.widgets import Input, Select
from tui.conftest import Open
from tui.piloting import line, screen_text, until

from orstt_core.types import TranscribeOptions
from orstt_tui.presets import presets_file, read_presets
from orstt_tui.screens.presets import PresetsScreen
from orstt_tui.widgets.path_input import PathInput


@pytest.fixture(autouse=True)
def settings_folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Keep presets of the test's own."""
    (tmp_path / "config.toml").touch()
    monkeypatch.setenv("ORSTT_CONFIG", str(tmp_path / "config.toml"))


async def test_a_preset_is_kept_chosen_and_removed(open_app: Open, backend: ScriptedBackend, recording: Path) -> None:
    presets_file().write_text('[odd]\nlanguage = "de"\nbeam_size = 99\n\n# mine\n[plain]\nformat = "srt"\n')
    async with open_app(size=(80, 24)) as pilot:
        await pilot.press("2")
        await until(pilot, lambda: isinstance(pilot.app.focused, PathInput))
        screen = pilot.app.screen
        screen.query_one("#option-language", Input).value = "German"
        screen.query_one("#model", Select).value = "small"
        await pilot.press("ctrl+g")
        await until(pilot, lambda: screen.query("#option-beam_size"))
        screen.query_one("#option-beam_size", Input).value = "3"
        await pilot.press("ctrl+t")
        await until(pilot, lambda: isinstance(pilot.app.screen, PresetsScreen) and line(pilot, "plain"))
        assert "line 3" in screen_text(pilot).replace("\n", "")
        await pilot.press("n", *"ward", "enter")
        await until(pilot, lambda: "small, Beam size 3, Language de" in line(pilot, "ward"))
        assert "# mine" in presets_file().read_text(), "what a person wrote stays"
        await pilot.press("escape")

        await until(pilot, lambda: pilot.app.screen is screen)
        for name in ("#option-language", "#option-beam_size"):
            screen.query_one(name, Input).value = ""
        screen.query_one("#model", Select).value = ""
        await pilot.press("ctrl+t")
        await until(pilot, lambda: isinstance(pilot.app.screen, PresetsScreen) and line(pilot, "ward"))
        await pilot.press("j", "enter")
        await until(pilot, lambda: pilot.app.screen is screen)
        await until(pilot, lambda: screen.query_one("#option-language", Input).value == "de")
        screen.query_one(PathInput).value = str(recording)
        await pilot.press("f5")
        await until(pilot, lambda: len(backend.requests) == 1)

        await pilot.press("o", "ctrl+t")
        await until(pilot, lambda: isinstance(pilot.app.screen, PresetsScreen) and line(pilot, "ward"))
        await pilot.press("j", "d")
        await until(pilot, lambda: "Delete the preset ward?" in screen_text(pilot))
        await pilot.press("y")
        await until(pilot, lambda: isinstance(pilot.app.screen, PresetsScreen) and not line(pilot, "ward"))
    assert set(read_presets()[0]) == {"plain"}
    [request] = backend.requests
    assert (request.model, request.options) == ("small", TranscribeOptions(language="de", beam_size=3))
