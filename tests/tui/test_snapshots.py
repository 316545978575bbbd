"""How the screens look, at the sizes people have: compared with pictures somebody looked at.

The quick run looks at the lists of models and jobs. Other screens, sizes and colours are slow, and so are second looks
at a screen in another state, which are taken at the size with the least room.

After a change that is meant: `pytest tests/tui/test_snapshots.py --snapshot-update`, and look at the pictures.
"""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace

import pytest
from scripted import ScriptedBackend, speech, whisper
from scripted_jobs import a_job
from textual.pilot import Pilot
from textual.widgets import Input
from tui.piloting import MOST_SECONDS, at_rest, ending, screen_text, until

from orstt_core.errors import EngineDied
from orstt_core.settings import Settings
from orstt_core.types import (
    Check,
    Done,
    EngineList,
    KeyDraft,
    ModelDraft,
    Started,
    TranscribeOptions,
    UsedModel,
    Validation,
    problem,
)
from orstt_core.types.options import OptionField
from orstt_tui import formatting, transcription_run
from orstt_tui.app import OrsttApp
from orstt_tui.widgets.path_input import PathInput


@pytest.fixture(autouse=True)
def still_clock(monkeypatch: pytest.MonkeyPatch) -> None:
    """No second passes while a picture is taken."""
    monkeypatch.setattr(transcription_run, "time", SimpleNamespace(monotonic=lambda: 1.0))


Compare = Callable[..., bool]
Steps = Callable[[Pilot[None]], Awaitable[None]]


@pytest.fixture
def snap_compare(snap_compare: Compare) -> Compare:
    """Take each picture once nothing on the screen changes any more."""

    def compare(app: OrsttApp, *, terminal_size: tuple[int, int], run_before: Steps) -> bool:
        async def steps(pilot: Pilot[None]) -> None:
            async with asyncio.timeout(MOST_SECONDS):
                await run_before(pilot)
                await at_rest(pilot)

        return snap_compare(app, terminal_size=terminal_size, run_before=steps)

    return compare


SMALL, USUAL, WIDE = (60, 20), (80, 24), (140, 40)
NOW = datetime(2026, 1, 2, 12, 0, tzinfo=UTC)
SIZES = pytest.mark.parametrize("size", [USUAL, WIDE], ids=["80x24", "140x40"])
JOB_SIZES = pytest.mark.parametrize("size", [SMALL, USUAL, WIDE], ids=["60x20", "80x24", "140x40"])
DARK, LIGHT = "textual-dark", "textual-light"
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


def themed(backend: ScriptedBackend, theme: str = DARK) -> OrsttApp:
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


@pytest.mark.parametrize(
    ("theme", "size"), [(DARK, USUAL), (DARK, WIDE), (LIGHT, USUAL)], ids=["dark-80x24", "dark-140x40", "light-80x24"]
)
def test_models(snap_compare: Compare, backend: ScriptedBackend, size: tuple[int, int], theme: str) -> None:
    assert snap_compare(themed(backend, theme), terminal_size=size, run_before=models_are_there)


@pytest.mark.slow
def test_models_that_would_not_run(snap_compare: Compare, backend: ScriptedBackend) -> None:
    async def only_large_is_missing(draft: ModelDraft) -> Validation:
        return MISSING if draft.name == "large" else backend.validation

    backend.validate_model = only_large_is_missing  # two models, two answers

    async def steps(pilot: Pilot[None]) -> None:
        await models_are_there(pilot)
        await pilot.press("G")
        await until(pilot, lambda: "this machine has 4 GB." in screen_text(pilot))

    assert snap_compare(themed(backend), terminal_size=USUAL, run_before=steps)


@pytest.mark.slow
def test_add_form(snap_compare: Compare, backend: ScriptedBackend) -> None:
    async def steps(pilot: Pilot[None]) -> None:
        await models_are_there(pilot)
        await pilot.press("n", *"distil-small")
        await until(pilot, lambda: not pilot.app.screen.query_one("#accept").disabled)

    assert snap_compare(themed(backend), terminal_size=USUAL, run_before=steps)


@pytest.mark.slow
def test_form_of_a_model_whose_engine_has_options(snap_compare: Compare, backend: ScriptedBackend) -> None:
    threads = OptionField(name="threads", kind="integer", title="Threads", description="CPU threads.", optional=True)
    backend.engine_list = EngineList(engines=[whisper(options=[threads])])

    async def steps(pilot: Pilot[None]) -> None:
        await models_are_there(pilot)
        await pilot.press("e")
        await until(pilot, lambda: pilot.app.screen.query("#option-threads"))
        pilot.app.screen.query_one("#option-threads").focus()
        await pilot.press("4")
        await until(pilot, lambda: "CPU threads." in screen_text(pilot) and "Ready to use." in screen_text(pilot))

    assert snap_compare(themed(backend), terminal_size=USUAL, run_before=steps)


@pytest.mark.slow
@SIZES
def test_add_form_with_a_problem(snap_compare: Compare, backend: ScriptedBackend, size: tuple[int, int]) -> None:
    backend.validation = MISSING

    async def steps(pilot: Pilot[None]) -> None:
        await models_are_there(pilot)
        await pilot.press("n", *"base")
        await until(pilot, lambda: "FAILED" in screen_text(pilot) and "already" in screen_text(pilot))

    assert snap_compare(themed(backend), terminal_size=size, run_before=steps)


@pytest.mark.slow
@SIZES
def test_help(snap_compare: Compare, backend: ScriptedBackend, size: tuple[int, int]) -> None:
    async def steps(pilot: Pilot[None]) -> None:
        await models_are_there(pilot)
        await pilot.press("f1")
        await until(pilot, lambda: "Every configured model." in screen_text(pilot))

    assert snap_compare(themed(backend), terminal_size=size, run_before=steps)


@pytest.mark.slow
def test_transcribe_before_anything(
    snap_compare: Compare,
    backend: ScriptedBackend,
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

    assert snap_compare(themed(backend), terminal_size=USUAL, run_before=steps)


@pytest.mark.slow
def test_transcribe_with_all_options(
    snap_compare: Compare, backend: ScriptedBackend, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)

    async def steps(pilot: Pilot[None]) -> None:
        await models_are_there(pilot)
        await pilot.press("f3", "ctrl+g", "tab", "tab", *"Dear Ms Bennet")
        await until(pilot, lambda: "as a text that came before" in screen_text(pilot))

    assert snap_compare(themed(backend), terminal_size=USUAL, run_before=steps)


@pytest.mark.slow
def test_transcribe_under_way(snap_compare: Compare, backend: ScriptedBackend) -> None:
    used = UsedModel(name="base", type="whisper", device="cpu", compute_type="int8")
    started = Started(duration=9, model=used, warnings=["The recording is cut off at 0:09."])
    backend.script = [started, *speech(*TEXTS)[2:-4], 600.0]
    assert snap_compare(
        themed(backend), terminal_size=USUAL, run_before=lambda pilot: transcribing(pilot, "a single man")
    )


@pytest.mark.slow
@SIZES
def test_transcribe_done(snap_compare: Compare, backend: ScriptedBackend, size: tuple[int, int]) -> None:
    backend.script = [*ending(*TEXTS, seconds=2.4)]
    assert snap_compare(themed(backend), terminal_size=size, run_before=lambda pilot: transcribing(pilot, "s Save"))


@pytest.mark.slow
@SIZES
def test_save(snap_compare: Compare, backend: ScriptedBackend, size: tuple[int, int]) -> None:
    async def steps(pilot: Pilot[None]) -> None:
        await transcribing(pilot, "Done")
        await until(pilot, lambda: "s Save" in screen_text(pilot))
        await pilot.press("s")
        await until(pilot, lambda: "name of a recording.txt" in screen_text(pilot))

    assert snap_compare(themed(backend), terminal_size=size, run_before=steps)


@pytest.mark.slow
@SIZES
def test_keys(snap_compare: Compare, backend: ScriptedBackend, size: tuple[int, int]) -> None:
    drafts = [
        KeyDraft(name="archive [nightly]", requests_per_minute=60, concurrent_requests=2),
        KeyDraft(name="ward 7", scope="manage", expires_in_days=36_500),
    ]

    async def steps(pilot: Pilot[None]) -> None:
        for draft in drafts:
            await backend.create_key(draft)
        await backend.revoke_key("archive [nightly]")
        await models_are_there(pilot)
        await pilot.press("f11")
        await until(pilot, lambda: "can be used" in screen_text(pilot))

    assert snap_compare(themed(backend), terminal_size=size, run_before=steps)


@pytest.mark.slow
def test_a_new_key(snap_compare: Compare, backend: ScriptedBackend) -> None:
    async def steps(pilot: Pilot[None]) -> None:
        await models_are_there(pilot)
        await pilot.press("f11")
        await at_rest(pilot)
        await pilot.press("n", *"ward 7")
        pilot.app.screen.query_one("#days", Input).value = "soon"
        await pilot.press("f5")
        await until(pilot, lambda: "no number" in screen_text(pilot))

    assert snap_compare(themed(backend), terminal_size=USUAL, run_before=steps)


@pytest.mark.slow
def test_the_secret_of_a_key(snap_compare: Compare, backend: ScriptedBackend) -> None:
    async def steps(pilot: Pilot[None]) -> None:
        await models_are_there(pilot)
        await pilot.press("f11")
        await at_rest(pilot)  # or the picture may lack what stands behind the dialogs
        await pilot.press("n")
        await at_rest(pilot)
        await pilot.press(*"ward 7", "enter")
        await until(pilot, lambda: "secret of ward 7" in screen_text(pilot))

    assert snap_compare(themed(backend), terminal_size=USUAL, run_before=steps)


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
