"""How the screens look, at the two sizes people have: compared with pictures somebody looked at.

After a change that is meant: `pytest tests/tui/test_snapshots.py --snapshot-update`, and look at the pictures.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable
from pathlib import Path
from types import SimpleNamespace

import pytest
from scripted import ScriptedBackend, speech
from textual.pilot import Pilot
from tui.piloting import ending, screen_text, until

from orstt_core.settings import Settings
from orstt_core.types import Check, ModelDraft, Started, UsedModel, Validation
from orstt_tui import run
from orstt_tui.app import OrsttApp
from orstt_tui.widgets.path_input import PathInput


@pytest.fixture(autouse=True)
def still_clock(monkeypatch: pytest.MonkeyPatch) -> None:
    """No second passes while a picture is taken."""
    monkeypatch.setattr(run, "time", SimpleNamespace(monotonic=lambda: 1.0))


Compare = Callable[..., bool]
Steps = Callable[[Pilot[None]], Awaitable[None]]
SIZES = pytest.mark.parametrize("size", [(80, 24), (140, 40)], ids=["80x24", "140x40"])
TEXTS = (
    "It is a truth universally acknowledged, that a single man in possession of a fortune must want a wife.",
    "However little known the feelings or views of such a man may be on his first entering a neighbourhood,",
    "this truth is so well fixed in the minds of the surrounding families.",
)
MISSING = Validation(
    valid=True,
    available=False,
    message="The files of large are not on this machine.",
    warnings=["large needs about 10 GB of memory; this machine has 4 GB."],
    checks=[
        Check(name="type", outcome="passed", detail="whisper is registered"),
        Check(name="dependencies", outcome="passed", detail="faster-whisper is installed"),
        Check(name="device", outcome="passed", detail="cpu with int8"),
        Check(
            name="model",
            outcome="failed",
            detail="not in the hub's cache and in no installed package",
            fix="orstt models add large --model /path/to/folder",
        ),
    ],
)


def themed(backend: ScriptedBackend, theme: str = "textual-dark") -> OrsttApp:
    """The program in a fixed theme."""
    app = OrsttApp(lambda: backend, settings=Settings())
    app.theme = theme
    return app


async def models_are_there(pilot: Pilot[None]) -> None:
    """Wait until the models and the checks of the selected one show."""
    await until(pilot, lambda: "whisper is registered" in screen_text(pilot))


async def transcribing(pilot: Pilot[None], words: str) -> None:
    """Transcribe and wait until the status says so."""
    await models_are_there(pilot)
    await pilot.press("f3")
    await pilot.pause()
    pilot.app.screen.query_one(
        PathInput
    ).value = "/recordings/theatre-3/2026/01/02/a rather long name of a recording.flac"
    await pilot.press("f5")
    await until(pilot, lambda: words in screen_text(pilot) and "y Copy" in screen_text(pilot))


@SIZES
@pytest.mark.parametrize("theme", ["textual-dark", "textual-light"], ids=["dark", "light"])
def test_models(snap_compare: Compare, backend: ScriptedBackend, size: tuple[int, int], theme: str) -> None:
    assert snap_compare(themed(backend, theme), terminal_size=size, run_before=models_are_there)


@SIZES
def test_models_that_would_not_run(snap_compare: Compare, backend: ScriptedBackend, size: tuple[int, int]) -> None:
    async def only_large_is_missing(draft: ModelDraft) -> Validation:
        return MISSING if draft.name == "large" else backend.validation

    backend.validate_model = only_large_is_missing  # type: ignore[method-assign]  # two models, two answers

    async def steps(pilot: Pilot[None]) -> None:
        await models_are_there(pilot)
        await pilot.press("G")
        await until(pilot, lambda: "this machine has 4 GB." in screen_text(pilot))

    assert snap_compare(themed(backend), terminal_size=size, run_before=steps)


@SIZES
def test_add_form(snap_compare: Compare, backend: ScriptedBackend, size: tuple[int, int]) -> None:
    async def steps(pilot: Pilot[None]) -> None:
        await models_are_there(pilot)
        await pilot.press("n", *"distil-small")
        await until(pilot, lambda: not pilot.app.screen.query_one("#accept").disabled)

    assert snap_compare(themed(backend), terminal_size=size, run_before=steps)


@SIZES
def test_add_form_with_a_problem(snap_compare: Compare, backend: ScriptedBackend, size: tuple[int, int]) -> None:
    backend.validation = MISSING

    async def steps(pilot: Pilot[None]) -> None:
        await models_are_there(pilot)
        await pilot.press("n", *"base")
        await until(pilot, lambda: "FAILED" in screen_text(pilot) and "already" in screen_text(pilot))

    assert snap_compare(themed(backend), terminal_size=size, run_before=steps)


@SIZES
def test_help(snap_compare: Compare, backend: ScriptedBackend, size: tuple[int, int]) -> None:
    async def steps(pilot: Pilot[None]) -> None:
        await models_are_there(pilot)
        await pilot.press("f1")
        await until(pilot, lambda: "Every configured model." in screen_text(pilot))
        await pilot.pause(0.3)

    assert snap_compare(themed(backend), terminal_size=size, run_before=steps)


@SIZES
def test_transcribe_before_anything(
    snap_compare: Compare,
    backend: ScriptedBackend,
    size: tuple[int, int],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    for name in ("round.wav", "rounds.flac", "notes.txt"):
        (tmp_path / name).touch()
    monkeypatch.chdir(tmp_path)

    async def steps(pilot: Pilot[None]) -> None:
        await models_are_there(pilot)
        await pilot.press("f3", *"rou")
        await until(pilot, lambda: "rounds.flac" in screen_text(pilot))

    assert snap_compare(themed(backend), terminal_size=size, run_before=steps)


@SIZES
def test_transcribe_under_way(snap_compare: Compare, backend: ScriptedBackend, size: tuple[int, int]) -> None:
    used = UsedModel(name="base", type="whisper", device="cpu", compute_type="int8")
    started = Started(duration=9, model=used, warnings=["The recording is cut off at 0:09."])
    backend.script = [started, *speech(*TEXTS)[2:-4], 600.0]
    assert snap_compare(
        themed(backend), terminal_size=size, run_before=lambda pilot: transcribing(pilot, "a single man")
    )


@SIZES
def test_transcribe_done(snap_compare: Compare, backend: ScriptedBackend, size: tuple[int, int]) -> None:
    backend.script = [*ending(*TEXTS, seconds=2.4)]
    assert snap_compare(themed(backend), terminal_size=size, run_before=lambda pilot: transcribing(pilot, "s Save"))


@SIZES
def test_save(snap_compare: Compare, backend: ScriptedBackend, size: tuple[int, int]) -> None:
    async def steps(pilot: Pilot[None]) -> None:
        await transcribing(pilot, "Done")
        await until(pilot, lambda: "s Save" in screen_text(pilot))
        await pilot.press("s")
        await until(pilot, lambda: "name of a recording.txt" in screen_text(pilot))

    assert snap_compare(themed(backend), terminal_size=size, run_before=steps)
