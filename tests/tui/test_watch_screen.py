"""Folders that are watched while the program runs: each recording once, its transcript beside it."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from functools import partial
from pathlib import Path

import pytest
from cli.running import several
from scripted import ScriptedBackend, speech
from textual.pilot import Pilot
from tui.conftest import Open
from tui.piloting import line, screen_text, until

from orstt_core.errors import AudioUnreadable
from orstt_core.types import Accepted, TranscribeEvent, TranscribeRequest
from orstt_tui import folder_watch
from orstt_tui.screens.models import ModelsScreen
from orstt_tui.screens.watch import WatchScreen


async def test_what_is_put_into_a_watched_folder_is_transcribed_once_also_behind_other_screens(
    open_app: Open, backend: ScriptedBackend, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(folder_watch, "LOOK_SECONDS", 0.05)
    monkeypatch.setattr(folder_watch.FolderWatch.__init__, "__defaults__", (0.0,))
    inbox = tmp_path / "inbox"
    inbox.mkdir()
    several(inbox, "there.wav")
    (inbox / "there.txt").write_text("It was done before.")
    async with open_app(size=(80, 24)) as pilot:
        await pilot.press("W")
        await until(
            pilot, lambda: isinstance(pilot.app.screen, WatchScreen) and "No folder is watched." in screen_text(pilot)
        )
        await pilot.press(*"nowhere", "enter")
        await until(pilot, lambda: "nowhere is no folder." in screen_text(pilot))
        await pilot.press("ctrl+u", *"inbox", "f5")
        await until(pilot, lambda: "watching" in line(pilot, "inbox"))
        await pilot.press("escape")
        await until(pilot, lambda: isinstance(pilot.app.screen, ModelsScreen))
        several(inbox, "a.wav")
        await until(pilot, (inbox / "a.txt").exists)
        assert (inbox / "a.txt").read_text() == "Hello there. General remarks.\n"

        backend.script = [AudioUnreadable("It is no recording.")]
        several(inbox, "b.wav")
        await pilot.press("W")
        await until(pilot, lambda: "b.wav: It is no recording." in screen_text(pilot))
        await until(pilot, lambda: line(pilot, "inbox").split()[-5:-1] == ["watching", "1", "1", "1"])
        await pilot.press("s")
        await until(pilot, lambda: "stopped" in line(pilot, "inbox"))
        await pilot.press("s")
        await until(pilot, lambda: "watching" in line(pilot, "inbox"))
        assert [request.audio for request in backend.requests] == [inbox / "a.wav", inbox / "b.wav"]

        # What is stopped amid several goes on with all of them.
        plain = backend.transcribe

        async def held(request: TranscribeRequest) -> AsyncGenerator[TranscribeEvent]:
            await asyncio.Event().wait()
            yield Accepted(model="base")

        await pilot.press("s")
        await until(pilot, lambda: "stopped" in line(pilot, "inbox"))
        several(inbox, "c.wav", "e.wav")
        backend.transcribe = held
        await pilot.press("s")
        await until(pilot, lambda: "working" in line(pilot, "inbox"))
        await pilot.press("s")
        await until(pilot, lambda: "stopped" in line(pilot, "inbox"))
        backend.transcribe, backend.script = plain, [*speech("Hello there.")]
        await pilot.press("s")
        await until(pilot, lambda: (inbox / "c.txt").exists() and (inbox / "e.txt").exists())
        await until(pilot, lambda: line(pilot, "inbox").split()[-5:-1] == ["watching", "3", "1", "1"])
        await pilot.press("d")
        await until(pilot, lambda: "No folder is watched." in screen_text(pilot))


def is_in(pilot: Pilot[None], state: str) -> bool:
    """Return whether the folder is in a state."""
    return state in line(pilot, "inbox")


async def test_what_was_watched_goes_on_at_the_next_start_if_the_person_says_so_and_is_asked_once(
    open_app: Open, tmp_path: Path
) -> None:
    (tmp_path / "inbox").mkdir()
    async with open_app() as pilot:
        await pilot.press("W", *"inbox", "f5")
        await until(pilot, lambda: "watching" in line(pilot, "inbox"))
    for answer, state in (("y", "watching"), ("n", "stopped"), ("", "stopped")):
        async with open_app() as pilot:
            if answer:
                await until(pilot, lambda: "Go on watching this folder?" in screen_text(pilot))
                await pilot.press(answer)
            await pilot.press("W")
            await until(pilot, lambda: isinstance(pilot.app.screen, WatchScreen))
            await until(pilot, partial(is_in, pilot, state))
