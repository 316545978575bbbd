"""How dialogs look: each run of the program opens several, one after the other, and takes all sizes and colours.

See `test_snapshots.py`; the pictures are named after the dialogs.
"""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest
from benchmarked import measure, statistics
from scripted import ScriptedBackend
from scripted_experiments import experiment
from textual.pilot import Pilot
from tui.conftest import Open
from tui.pictures import NOW, STORED, Album
from tui.piloting import at_rest, program, screen_text, until
from tui.test_compare_screen import FIRST, SECOND, a_job_of
from tui.test_experiments_screen import FOUND
from tui.test_snapshots_of_jobs import several_jobs

from orstt_core.types import AuditEntry, RequestServed, VocabularyDraft
from orstt_tui.embedded import ApiState
from orstt_tui.screens import edit_setting

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]
SECONDS = 500
"""More than any of these takes on a busy machine."""


async def shown(pilot: Pilot[None], album: Album, name: str, keys: str, words: str) -> None:
    """Press the keys one by one, take pictures of the dialog in which these words stand, and leave it."""
    for key in keys.split():
        await at_rest(pilot)  # also what is behind a dialog is in the picture
        await pilot.press(key)
    await until(pilot, lambda: words in screen_text(pilot))
    await album.take(pilot, name)
    await pilot.press("escape")
    await until(pilot, lambda: words not in screen_text(pilot))


@pytest.fixture
def backend(backend: ScriptedBackend) -> ScriptedBackend:
    """Of the models only base is here."""
    backend.stored = STORED
    return backend


async def test_ways_to_get_about(open_app: Open, album: Album) -> None:
    async with open_app(seconds=SECONDS) as pilot:
        await until(pilot, lambda: "whisper is registered" in screen_text(pilot))
        await shown(pilot, album, "palette", "colon", "Configure another model")
        await at_rest(pilot)
        await pilot.press("ctrl+o")
        await at_rest(pilot)
        await album.take(pilot, "jump")
        await pilot.press("escape")
        await shown(pilot, album, "tour", "H", "shows these lines again")
        await shown(pilot, album, "help", "f1", "Every configured model.")


async def test_forms_over_models(open_app: Open, backend: ScriptedBackend, album: Album) -> None:
    backend.stored = STORED
    async with open_app(seconds=SECONDS) as pilot:
        await until(pilot, lambda: "whisper is registered" in screen_text(pilot))
        await shown(pilot, album, "import", "i", "Import a model")
        await shown(pilot, album, "export", "escape x", "Export base")
        await shown(pilot, album, "confirm", "escape j d", "Question")


async def test_lists_of_a_service(
    open_app: Open, backend: ScriptedBackend, album: Album, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(edit_setting, "config_file", lambda: Path("/srv/orstt/config.toml"))
    for name, path in (("DATA_DIR", "/srv/orstt"), ("CACHE_DIR", "/srv/cache")):
        monkeypatch.setenv(f"ORSTT_{name}", path)

    def entry(number: int, action: str, subject: str, detail: str = "", who: str = "user ana") -> AuditEntry:
        when = NOW - timedelta(minutes=7 * number)
        return AuditEntry(id=number, at=when, actor=who, action=action, subject=subject, detail=detail)

    backend.entries = [
        entry(1, "model.activated", "base", "small was active before"),
        entry(2, "job.deleted", "1" * 16, who="key archive [nightly]"),
        entry(3, "model.updated", "base", "device, compute_type"),
        entry(4, "key.created", "ward 7", who="user bo"),
    ]
    requests = [
        RequestServed(method="GET", path="/api/get_stt_models/", status=200, seconds=0.004, client="127.0.0.1"),
        RequestServed(method="POST", path="/api/jobs", status=202, seconds=0.031, client="10.0.0.5"),
        RequestServed(method="GET", path="/api/jobs/" + "1" * 16, status=404, seconds=0.002, client="10.0.0.5"),
    ]
    async with open_app(seconds=SECONDS) as pilot:
        await until(pilot, lambda: "whisper is registered" in screen_text(pilot))
        await shown(pilot, album, "audit", "f12", "small was active")
        await shown(pilot, album, "setting", "S down down down enter", "Written to")
        await pilot.press("escape")
        await shown(pilot, album, "server", "C n", "New server")
        await pilot.press("escape")
        program(pilot).api = ApiState(address="http://127.0.0.1:8000", requests=tuple(requests))
        await shown(pilot, album, "requests", "f8", "get_stt_models")


async def test_vocabularies(open_app: Open, backend: ScriptedBackend, album: Album) -> None:
    for name, note in (("drugs", "What the ward gives"), ("names", "Who works here")):
        await backend.create_vocabulary(
            VocabularyDraft(name=name, description=note, terms=("metformin", "folic acid", "Dr. Wu"))
        )
    async with open_app(seconds=SECONDS) as pilot:
        await until(pilot, lambda: "whisper is registered" in screen_text(pilot))
        await at_rest(pilot)
        await pilot.press("V")
        await until(pilot, lambda: "Who works here" in screen_text(pilot))
        await album.take(pilot, "vocabularies")
        await shown(pilot, album, "vocabulary", "e", "folic acid")


async def test_forms_over_jobs(
    open_app: Open, backend: ScriptedBackend, album: Album, monkeypatch: pytest.MonkeyPatch
) -> None:
    several_jobs(backend, monkeypatch)
    async with open_app(seconds=SECONDS) as pilot:
        await pilot.press("f4")
        await until(pilot, lambda: "visit-1.wav" in screen_text(pilot))
        await shown(pilot, album, "filter", "G F", "Which jobs")
        await shown(pilot, album, "again", "k a", "Transcribe again")
        await shown(pilot, album, "again-many", "asterisk a", "1 recording again")
        await shown(pilot, album, "save-many", "s", "Save 2 transcripts")


async def test_comparing(open_app: Open, backend: ScriptedBackend, album: Album) -> None:
    for number, model, texts in ((1, "base", FIRST), (2, "tiny", SECOND)):
        backend.put(a_job_of(number, model, *texts))
    async with open_app(seconds=SECONDS) as pilot:
        await pilot.press("f4")
        await until(pilot, lambda: "visit.wav" in screen_text(pilot))
        await shown(pilot, album, "comparison", "equals_sign", "done,")
        await pilot.press("equals_sign")
        await until(pilot, lambda: "done," in screen_text(pilot))
        await pilot.press("enter")
        await until(pilot, lambda: "difference 1/2" in screen_text(pilot))
        await shown(pilot, album, "reference", "r", "really said")


async def test_forms_over_measure(
    open_app: Open, backend: ScriptedBackend, album: Album, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    backend.statistics = statistics()
    await measure(backend)
    backend.trials["ward"] = experiment(result=FOUND)
    async with open_app(seconds=SECONDS) as pilot:
        await pilot.press("4")
        await until(pilot, lambda: "18 of 18" in screen_text(pilot))
        await shown(pilot, album, "measuring", "n", "Measure models")
        await pilot.press("X")
        await until(pilot, lambda: "12.0 points" in screen_text(pilot))
        await shown(pilot, album, "experiment", "n", "New experiment")
