"""How model files and engines look, and what sends sound out; see `test_snapshots.py`."""

from __future__ import annotations

from pathlib import Path

import pytest
from msgspec.structs import replace
from scripted import ScriptedBackend, whisper
from textual.pilot import Pilot
from textual.widgets import Select
from tui.pictures import SIZES, STORED, USUAL, Compare, themed
from tui.piloting import screen_text, until

from orstt_core.types import EngineInfo, EngineList, PullProgress, Verification, VerifiedFile
from orstt_core.types.options import OptionField
from orstt_tui.formatting import SENDS_SOUND

pytestmark = pytest.mark.slow

LANGUAGES = ["en", "de", "fr", "es", "it", "pt", "nl", "pl", "ga", "cy", "gv", "ja", "ko", "zh"]
ENGINES = [
    EngineInfo(
        model_type="openai",
        title="OpenAI's API",
        available=True,
        sends_sound=True,
        capabilities=["segments", "words", "language_detection", "translate", "prompt", "temperature"],
        compute_types={"cpu": [""]},
        models=["whisper-1", "gpt-4o-transcribe"],
        options=[OptionField(name="base_url", kind="text", title="Address", default="https://api.openai.com/v1")],
    ),
    whisper(languages={"": LANGUAGES}, weights_format="ctranslate2-whisper"),
    whisper(languages={"": LANGUAGES}, weights_format="ctranslate2-whisper", model_type="faster-whisper"),
    EngineInfo(
        model_type="vosk",
        title="Vosk",
        available=False,
        reason="vosk is not installed.",
        install="pip install 'orstt[vosk]'",
        capabilities=["segments", "words"],
    ),
    EngineInfo(
        model_type="google",
        title="Google Cloud Speech-to-Text",
        available=False,
        sends_sound=True,
        reason="It sends sound out of this machine, and cloud_hosts does not name speech.googleapis.com.",
    ),
]


@pytest.fixture
def backend(backend: ScriptedBackend) -> ScriptedBackend:
    """Of the models only base is here, and medium is somewhere else."""
    backend.stored = STORED
    backend.engine_list = EngineList(engines=ENGINES)
    backend.rows[4] = replace(backend.rows[4], model_type="openai", sends_sound=True)
    return backend


async def models_are_there(pilot: Pilot[None]) -> None:
    """Wait until everything that is known of the selected model shows."""
    await until(pilot, lambda: "14 languages" in screen_text(pilot) and "whisper is registered" in screen_text(pilot))


@SIZES
def test_a_pull(snap_compare: Compare, backend: ScriptedBackend, size: tuple[int, int]) -> None:
    step = PullProgress(
        status="pulling d01c3014",
        overall_total=484_000_000,
        overall_completed=187_000_000,
        bytes_per_second=11_400_000.0,
        seconds_left=26.0,
    )
    backend.pull = [step, 600.0]

    async def steps(pilot: Pilot[None]) -> None:
        await models_are_there(pilot)
        await pilot.press("down", "p")
        await until(pilot, lambda: "11 MB/s" in screen_text(pilot) and "esc Cancel" in screen_text(pilot))

    assert snap_compare(themed(backend), terminal_size=size, run_before=steps)


@SIZES
def test_model_files(snap_compare: Compare, backend: ScriptedBackend, size: tuple[int, int]) -> None:
    files = [
        VerifiedFile(name="config.json", outcome="right", size=2_309, sha256="9f3c" * 16),
        VerifiedFile(name="model.bin", outcome="damaged", size=144_000_000, sha256="d01c" * 16),
        VerifiedFile(name="tokenizer.json", outcome="right", size=480_000, sha256="27ab" * 16),
    ]
    backend.verifications = {"base": Verification(weights="base", files=files, detail="One is damaged.", fix="Pull.")}

    async def steps(pilot: Pilot[None]) -> None:
        await models_are_there(pilot)
        await pilot.press("v")
        await until(pilot, lambda: "DAMAGED" in screen_text(pilot))
        pilot.app.clear_notifications()
        await pilot.press("down", "down")

    assert snap_compare(themed(backend), terminal_size=size, run_before=steps)


@SIZES
def test_engines(snap_compare: Compare, backend: ScriptedBackend, size: tuple[int, int]) -> None:
    async def steps(pilot: Pilot[None]) -> None:
        await models_are_there(pilot)
        await pilot.press("E")
        await until(pilot, lambda: "of 4 run here" in screen_text(pilot))
        await pilot.press("down", "down")
        await until(pilot, lambda: "pip install" in screen_text(pilot))

    assert snap_compare(themed(backend), terminal_size=size, run_before=steps)


def test_add_form_of_what_sends_sound_out(snap_compare: Compare, backend: ScriptedBackend) -> None:
    async def steps(pilot: Pilot[None]) -> None:
        await models_are_there(pilot)
        await pilot.press("n", *"ward")
        pilot.app.screen.query_one("#type", Select).value = "openai"
        await until(pilot, lambda: "Address" in screen_text(pilot) and "Ready to use." in screen_text(pilot))

    assert snap_compare(themed(backend), terminal_size=USUAL, run_before=steps)


@SIZES
def test_transcribe_with_what_sends_sound_out(
    snap_compare: Compare,
    backend: ScriptedBackend,
    size: tuple[int, int],
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.chdir(tmp_path)  # the form lists the folders that are there

    async def steps(pilot: Pilot[None]) -> None:
        await models_are_there(pilot)
        await pilot.press("f3")
        await until(pilot, lambda: pilot.app.screen.query("#model"))
        model = pilot.app.screen.query_one("#model", Select)
        await until(pilot, lambda: len(model._options) > 1)
        model.value = "medium"
        await until(pilot, lambda: SENDS_SOUND in screen_text(pilot))
        model.focus()
        await pilot.press("enter")

    assert snap_compare(themed(backend), terminal_size=size, run_before=steps)
