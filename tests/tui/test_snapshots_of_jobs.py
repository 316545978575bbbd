"""How the list of jobs and the form to submit some look; see `test_snapshots.py`."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest
from scripted import ScriptedBackend, speech
from scripted_jobs import a_job
from textual.pilot import Pilot
from tui.pictures import DARK, LIGHT, NOW, SMALL, TEXTS, USUAL, WIDE, Compare, themed
from tui.piloting import ending, screen_text, until

from orstt_core.errors import EngineDied
from orstt_core.types import Done, TranscribeOptions, problem
from orstt_tui import formatting

JOB_SIZES = pytest.mark.parametrize("size", [SMALL, USUAL, WIDE], ids=["60x20", "80x24", "140x40"])


def several_jobs(backend: ScriptedBackend, monkeypatch: pytest.MonkeyPatch) -> None:
    """Give the backend a job in every state, minutes apart."""
    monkeypatch.setattr(formatting, "now", lambda: NOW)
    transcript = next(event.transcript for event in ending(*TEXTS, seconds=2.4) if isinstance(event, Done))
    died = problem(EngineDied("The engine's process ended three times over it.", hint="Try a smaller model."))
    changes: list[dict[str, object]] = [
        {"state": "done", "text": transcript.text, "segments": transcript.segments, "result": transcript},
        {
            "state": "failed",
            "error": died,
            "attempt": 3,
            "recording": "0" * 64,
            "filename": "a rather long name of a recording.flac",
        },
        {"state": "cancelled", "duration": 62.0, "text": "Good morning."},
        {"state": "running", "position": 3.0, "duration": 6.0, "text": TEXTS[0]},
        {"state": "queued"},
        {"state": "queued", "ahead": 1, "options": TranscribeOptions(language="de", task="translate")},
    ]
    for number, change in enumerate(changes, start=1):
        backend.put(a_job(number, created_at=NOW - timedelta(hours=7 - number), **change))
    backend.script = [*speech(*TEXTS)[:4], 600.0]


@pytest.mark.slow
def test_jobs_empty(snap_compare: Compare, backend: ScriptedBackend) -> None:
    async def steps(pilot: Pilot[None]) -> None:
        await until(pilot, lambda: "active: base" in screen_text(pilot))
        await pilot.press("f4")
        await until(pilot, lambda: "No jobs yet." in screen_text(pilot))

    assert snap_compare(themed(backend), terminal_size=SMALL, run_before=steps)


@pytest.mark.parametrize(
    ("theme", "size"),
    [(DARK, SMALL), (DARK, USUAL), (DARK, WIDE), (LIGHT, USUAL)],
    ids=["dark-60x20", "dark-80x24", "dark-140x40", "light-80x24"],
)
def test_jobs_in_every_state(
    snap_compare: Compare,
    backend: ScriptedBackend,
    size: tuple[int, int],
    theme: str,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    several_jobs(backend, monkeypatch)

    async def steps(pilot: Pilot[None]) -> None:
        await until(pilot, lambda: "active: base" in screen_text(pilot))
        await pilot.press("f4")
        await until(pilot, lambda: "visit-1.wav" in screen_text(pilot))
        await pilot.press("j", "j")
        await until(pilot, lambda: "a single man" in str(screen_text(pilot).split("attempt")[-1]))

    assert snap_compare(themed(backend, theme), terminal_size=size, run_before=steps)


@pytest.mark.slow
def test_jobs_a_failed_one(snap_compare: Compare, backend: ScriptedBackend, monkeypatch: pytest.MonkeyPatch) -> None:
    several_jobs(backend, monkeypatch)

    async def steps(pilot: Pilot[None]) -> None:
        await until(pilot, lambda: "active: base" in screen_text(pilot))
        await pilot.press("f4")
        await until(pilot, lambda: "visit-1.wav" in screen_text(pilot))
        await pilot.press("j", "j", "j", "j")
        await until(pilot, lambda: "Try a smaller model." in screen_text(pilot) and "r Retry" in screen_text(pilot))

    assert snap_compare(themed(backend), terminal_size=SMALL, run_before=steps)


@pytest.mark.slow
def test_jobs_searched(snap_compare: Compare, backend: ScriptedBackend, monkeypatch: pytest.MonkeyPatch) -> None:
    several_jobs(backend, monkeypatch)

    async def steps(pilot: Pilot[None]) -> None:
        await until(pilot, lambda: "active: base" in screen_text(pilot))
        await pilot.press("f4")
        await until(pilot, lambda: "visit-1.wav" in screen_text(pilot))
        await pilot.press("slash", *"families")
        await until(pilot, lambda: "Jobs: 1 job" in screen_text(pilot) and "f7 Save" in screen_text(pilot))

    assert snap_compare(themed(backend), terminal_size=SMALL, run_before=steps)


@pytest.mark.slow
@JOB_SIZES
def test_submit_form(
    snap_compare: Compare,
    backend: ScriptedBackend,
    size: tuple[int, int],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(tmp_path)
    (tmp_path / "round.wav").touch()

    async def steps(pilot: Pilot[None]) -> None:
        await until(pilot, lambda: "active: base" in screen_text(pilot))
        await pilot.press("f4", "n", *"rou")
        await until(pilot, lambda: "round.wav" in screen_text(pilot))

    assert snap_compare(themed(backend), terminal_size=size, run_before=steps)
