"""How the screens of settings, servers, findings and the log look: a list, and what is known of a line."""

from __future__ import annotations

import pytest
from benchmarked import measure, measure_days, statistics
from scripted import ScriptedBackend
from scripted_experiments import experiment
from textual.pilot import Pilot
from tui.pictures import DARK, LIGHT, SIZES, USUAL, Compare, themed
from tui.piloting import screen_text, until
from tui.test_experiments_screen import FOUND as ANSWER

from orstt_core.types import Diagnosis, Finding
from orstt_tui.servers import add_server
from orstt_tui.terminal import log_file

THEMES = pytest.mark.parametrize("theme", [DARK, LIGHT], ids=["dark", "light"])
LOG = """\
2026-01-02 03:04:05,678 INFO orstt_core.jobs.worker: This process works on the queue.
2026-01-02 03:04:07,001 WARNING orstt_core.webhooks.sender: A notice was not taken by https://dashboard.example.
2026-01-02 03:05:00,100 ERROR orstt_tui.notifications: unexpected error
      File "orstt_tui/screens/jobs.py", line 120, in show
    KeyError
"""
FOUND = [
    Finding(group="program", subject="program", outcome="ok", detail="orstt 0.1.0, Python 3.11.2"),
    Finding(
        group="program",
        subject="settings",
        outcome="warning",
        detail="ORSTT_PROT is no setting, so it has no effect",
        fix="Unset it; set ORSTT_PORT instead.",
    ),
    Finding(group="machine", subject="data folder", outcome="ok", detail="/srv/orstt, 120.4 GB free"),
    Finding(group="machine", subject="GPU", outcome="ok", detail="none that an engine can use: models run on the CPU"),
    Finding(group="service", subject="database", outcome="ok", detail="SQLite, 5 models"),
    Finding(group="engines", subject="engine whisper, faster-whisper", outcome="ok", detail="Faster Whisper"),
    Finding(
        group="models",
        subject="model large (active)",
        outcome="missing",
        detail="The files of large are not on this machine: neither in the hub's cache nor in an installed package.",
        fix="orstt models pull large --download",
    ),
]
PLOTTED = "A base  B tiny"

pytestmark = [pytest.mark.slow, SIZES, THEMES]
Size = tuple[int, int]


def looks(compare: Compare, backend: ScriptedBackend, size: Size, theme: str, keys: str, words: str) -> bool:
    """Press the keys once the models are there, wait for the words, and compare."""

    async def steps(pilot: Pilot[None]) -> None:
        await until(pilot, lambda: "whisper is registered" in screen_text(pilot))
        await pilot.press(*keys.split())
        await until(pilot, lambda: words in screen_text(pilot))

    return compare(themed(backend, theme), terminal_size=size, run_before=steps)


def test_settings(
    snap_compare: Compare, backend: ScriptedBackend, size: Size, theme: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    given = {"DATA_DIR": "/srv/orstt", "CACHE_DIR": "/srv/cache", "KEEP_ALIVE": "900", "API_KEY": "sesame"}
    for name, value in given.items():
        monkeypatch.setenv(f"ORSTT_{name}", value)
    assert looks(snap_compare, backend, size, theme, "S down down down", "true, false")


def test_servers(snap_compare: Compare, backend: ScriptedBackend, size: Size, theme: str) -> None:
    add_server("lab", "https://asr.lab.example", "sesame")
    add_server("ward-7", "http://10.0.0.5:8000")
    assert looks(snap_compare, backend, size, theme, "C down", "only you can read")


def test_doctor(snap_compare: Compare, backend: ScriptedBackend, size: Size, theme: str) -> None:
    async def diagnosis() -> Diagnosis:
        return Diagnosis(findings=FOUND)

    backend.diagnose = diagnosis
    assert looks(snap_compare, backend, size, theme, "D", "orstt models pull large")


def test_log(snap_compare: Compare, backend: ScriptedBackend, size: Size, theme: str) -> None:
    log_file().parent.mkdir(parents=True)
    log_file().write_text(LOG)
    assert looks(snap_compare, backend, size, theme, "L", "KeyError")


def test_history(snap_compare: Compare, backend: ScriptedBackend, size: Size, theme: str) -> None:
    async def steps(pilot: Pilot[None]) -> None:
        measure_days(backend)
        await measure(backend)
        await until(pilot, lambda: "whisper is registered" in screen_text(pilot))
        await pilot.press("4")
        await until(pilot, lambda: "tiny ?" in screen_text(pilot))
        await pilot.press("shift+tab", "j", "enter")
        await until(pilot, lambda: "on 40 days" in screen_text(pilot) and "Measure > tiny" in screen_text(pilot))

    assert snap_compare(themed(backend, theme), terminal_size=size, run_before=steps)


@pytest.mark.parametrize("keys", ["4", "4 enter"], ids=["measure", "benchmark"])
def test_measure(snap_compare: Compare, backend: ScriptedBackend, size: Size, theme: str, keys: str) -> None:
    async def steps(pilot: Pilot[None]) -> None:
        backend.statistics = statistics()
        await measure(backend)
        await until(pilot, lambda: "whisper is registered" in screen_text(pilot))
        await pilot.press("4")
        await until(pilot, lambda: ("18 of 18" if size == USUAL else PLOTTED) in screen_text(pilot))
        if keys == "4 enter":
            await pilot.press("enter")
            await until(pilot, lambda: "is better than" in screen_text(pilot) and PLOTTED in screen_text(pilot))

    assert snap_compare(themed(backend, theme), terminal_size=size, run_before=steps)


def test_experiments(snap_compare: Compare, backend: ScriptedBackend, size: Size, theme: str) -> None:
    backend.trials["evening"] = experiment(name="evening", state="stopped", reason="user ana stopped it.")
    backend.trials["ward"] = experiment(result=ANSWER)
    assert looks(snap_compare, backend, size, theme, "4 X", "12.0 points")
