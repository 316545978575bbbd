"""How the screens look, at the sizes people have: compared with pictures somebody looked at.

The quick run looks at the lists of models and jobs. Other screens, sizes and colours are slow, and so are second looks
at a screen in another state, which are taken at the size with the least room.

After a change that is meant: `pytest tests/tui/test_snapshots*.py --snapshot-update`, and look at the pictures.
"""

from __future__ import annotations

from pathlib import Path

import pytest
from scripted import ScriptedBackend, speech, whisper
from textual.pilot import Pilot
from textual.widgets import Input
from tui.pictures import DARK, LIGHT, SIZES, STORED, TEXTS, USUAL, WIDE, Compare, themed
from tui.piloting import at_rest, ending, screen_text, until

from orstt_core.types import (
    Check,
    EngineList,
    KeyDraft,
    ModelDraft,
    Started,
    UsedModel,
    Validation,
)
from orstt_core.types.options import OptionField
from orstt_tui.widgets.path_input import PathInput

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

FOUND = ("whisper is registered", "145 MB here")


@pytest.fixture
def backend(backend: ScriptedBackend) -> ScriptedBackend:
    """Of the models only base is here."""
    backend.stored = STORED
    return backend


async def models_are_there(pilot: Pilot[None]) -> None:
    """Wait until the models show, with the checks of the selected one, its files and its languages."""
    await until(pilot, lambda: all(words in screen_text(pilot) for words in FOUND))


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
    assert snap_compare(themed(backend), terminal_size=size, run_before=done)


async def done(pilot: Pilot[None]) -> None:
    """Transcribe, and wait for what is said beside the text where there is room for it."""
    await transcribing(pilot, "s Save")
    await until(pilot, lambda: not pilot.app.screen.has_class("-wide") or "Runs on" in screen_text(pilot))


@pytest.mark.slow
@SIZES
def test_save(snap_compare: Compare, backend: ScriptedBackend, size: tuple[int, int]) -> None:
    async def steps(pilot: Pilot[None]) -> None:
        await done(pilot)
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
