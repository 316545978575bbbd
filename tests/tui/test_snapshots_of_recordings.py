"""How it looks to choose recordings, put them in line, watch folders and keep presets; see `test_snapshots.py`."""

from __future__ import annotations

import wave
from pathlib import Path
from types import SimpleNamespace

import pytest
from scripted import ScriptedBackend
from textual.pilot import Pilot
from tui.pictures import SIZES, USUAL, Compare, themed
from tui.piloting import line, screen_text, until

from orstt_core.types import Accepted, Progress, Started, UsedModel
from orstt_tui import progress
from orstt_tui.widgets.pane import Pane

pytestmark = pytest.mark.slow
BASE = UsedModel(name="base", type="whisper", device="cpu", compute_type="int8")


@pytest.fixture(autouse=True)
def visits(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Be in a folder with recordings, at an address that is the same in every run."""
    folder = tmp_path / "visits"
    (folder / "older").mkdir(parents=True)
    for number, name in enumerate(("ward 7, Mr Bennet.wav", "ward 7, Mrs Long.wav", "theatre-3.wav"), start=1):
        with wave.open(str(folder / name), "wb") as file:
            file.setparams((1, 2, 8000, 0, "NONE", ""))
            file.writeframes(bytes(16000 * 17 * number))
    (folder / "older" / "a.wav").write_bytes(b"RIFF")
    (tmp_path / "config.toml").touch()
    (tmp_path / "presets.toml").write_text('[ward]\nlanguage = "de"\nvocabulary = ["drugs"]\nformat = "srt"\n')
    monkeypatch.setenv("ORSTT_CONFIG", str(tmp_path / "config.toml"))
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.chdir(folder)
    monkeypatch.setattr(progress, "time", SimpleNamespace(monotonic=lambda: 1.0))


@SIZES
def test_recordings(snap_compare: Compare, backend: ScriptedBackend, size: tuple[int, int]) -> None:
    async def steps(pilot: Pilot[None]) -> None:
        await until(pilot, lambda: "active: base" in screen_text(pilot))
        await pilot.press("f3", "ctrl+n")
        await until(pilot, lambda: "0:34" in line(pilot, "Mrs Long"))
        await pilot.press("j", "space", "space")
        await until(pilot, lambda: "2 recordings, 1:08 marked" in screen_text(pilot))

    assert snap_compare(themed(backend), terminal_size=size, run_before=steps)


@SIZES
def test_the_queue(snap_compare: Compare, backend: ScriptedBackend, size: tuple[int, int]) -> None:
    backend.script = [
        Accepted(model="base"),
        Started(duration=51, model=BASE),
        Progress(position=17, duration=51),
        600.0,
    ]

    async def steps(pilot: Pilot[None]) -> None:
        await until(pilot, lambda: "active: base" in screen_text(pilot))
        await pilot.press("f3", "ctrl+n")
        await until(pilot, lambda: "0:34" in line(pilot, "Mrs Long"))
        await pilot.press("asterisk", "f5")
        await until(pilot, lambda: "Queue: 3 recordings · 1:42" in screen_text(pilot))
        await pilot.press("f5")
        await until(pilot, lambda: "running" in line(pilot, "1  theatre-3") and "33%" in screen_text(pilot))
        await until(pilot, lambda: size == USUAL or "Runs on" in screen_text(pilot))  # facts, where there is room
        pilot.app.clear_notifications()

    assert snap_compare(themed(backend), terminal_size=size, run_before=steps)


def test_presets(snap_compare: Compare, backend: ScriptedBackend) -> None:
    async def steps(pilot: Pilot[None]) -> None:
        await until(pilot, lambda: "active: base" in screen_text(pilot))
        await pilot.press("f3", "ctrl+t")
        await until(pilot, lambda: "ward" in screen_text(pilot))
        pilot.app.screen.query_one(Pane).border_subtitle = "kept in ~/.config/orstt/presets.toml"  # as it usually is

    assert snap_compare(themed(backend), terminal_size=USUAL, run_before=steps)


@SIZES
def test_watched_folders(snap_compare: Compare, backend: ScriptedBackend, size: tuple[int, int]) -> None:
    async def steps(pilot: Pilot[None]) -> None:
        await until(pilot, lambda: "active: base" in screen_text(pilot))
        await pilot.press("W")
        await until(pilot, lambda: "No folder is watched." in screen_text(pilot))
        await pilot.press(*"older", "enter")
        await until(pilot, lambda: "watching" in line(pilot, "~/visits/older"))

    assert snap_compare(themed(backend), terminal_size=size, run_before=steps)
