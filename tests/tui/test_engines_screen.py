"""Engines in the terminal program: what runs here, what it can do, and how to get what does not."""

from __future__ import annotations

from scripted import ScriptedBackend, whisper
from tui.conftest import Open
from tui.piloting import line, notices, screen_text, until

from orstt_core.types import EngineInfo, EngineList
from orstt_tui.screens.engines import EnginesScreen

MISSING = EngineInfo(
    model_type="vosk",
    title="Vosk",
    available=False,
    reason="vosk is not installed.",
    install="pip install 'orstt[vosk]'",
    capabilities=["segments", "words"],
)
CLOUD = EngineInfo(
    model_type="openai", title="OpenAI's API", available=False, reason="No host is allowed.", sends_sound=True
)


async def test_each_engine_says_what_it_can_do_and_what_is_missing(open_app: Open, backend: ScriptedBackend) -> None:
    both = [whisper(languages={"": ["en", "de"]}), whisper(model_type="faster-whisper", languages={"": ["en", "de"]})]
    backend.engine_list = EngineList(engines=[CLOUD, MISSING, *both])
    async with open_app(size=(80, 24)) as pilot:
        await pilot.press("E")
        await until(pilot, lambda: "Engines: 1 of 3 run here" in screen_text(pilot))
        assert "English, German" in screen_text(pilot)
        assert "finds the language" in screen_text(pilot)
        assert "whisper, faster-whisper" in line(pilot, "yes")
        await pilot.press("y")
        await until(pilot, lambda: "Faster Whisper needs nothing that could be installed." in notices(pilot))

        await pilot.press("down")
        await until(pilot, lambda: "Sends sound out of this machine" in screen_text(pilot))
        assert "No host is allowed." in screen_text(pilot)
        await pilot.press("down")
        await until(pilot, lambda: "vosk is not installed." in screen_text(pilot))
        assert "Install it  pip install 'orstt[vosk]'" in screen_text(pilot)
        assert "not installed" in line(pilot, "○")
        await pilot.press("y")
        await until(pilot, lambda: f"Copied: {MISSING.install}" in notices(pilot))
        assert pilot.app.clipboard == MISSING.install
        await pilot.press("E")
        await until(pilot, lambda: not isinstance(pilot.app.screen, EnginesScreen))
