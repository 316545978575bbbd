"""Two transcripts compared in the terminal: chosen or made, beside or below each other, with errors and figures."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest
from scripted import ScriptedBackend
from tui.conftest import Open
from tui.piloting import a_done_job, line, notices, screen_text, show_jobs, until

from orstt_core.types import Correction, Job, SetText, StoredRecording, UsedModel
from orstt_tui import job_text
from orstt_tui.screens.choose_comparison import ChooseComparisonScreen
from orstt_tui.screens.compare import CompareScreen
from orstt_tui.screens.name_reference import NameReferenceScreen
from orstt_tui.widgets.comparison_list import ComparisonList
from orstt_tui.widgets.path_input import PathInput

FIRST = ("The knee is stable.", "No pain at rest.", "We will see him again.")
SECOND = ("the new is stable", "No pain, at rest.", "We will see him in May.")


def a_job_of(number: int, model: str, *texts: str) -> Job:
    """A done job of the one recording, by a model."""
    job = a_done_job(number, *texts)
    used = UsedModel(name=model, type="whisper", device="cpu", compute_type="int8")
    assert job.result is not None
    result = msgspec.structs.replace(job.result, model=used, seconds=2.0 / number)
    return msgspec.structs.replace(job, filename="visit.wav", model=model, result=result, recording="ab" * 32)


async def test_two_jobs_are_compared_side_by_side_with_their_figures_and_errors(
    open_app: Open, backend: ScriptedBackend, tmp_path: Path
) -> None:
    # A person's own file: each job has a name of its own for it, and calls it by the path from where it was submitted.
    own = [a_job_of(1, "base", *FIRST), a_job_of(2, "tiny", *SECOND)]
    for job, folder in zip(own, ("ward", "/home/anna/ward"), strict=True):
        backend.put(msgspec.structs.replace(job, filename=f"{folder}/visit.wav", recording=job.id[:1] * 64))
    backend.put(a_done_job(3, "Of another recording."))
    async with open_app(size=(140, 40)) as pilot:
        await show_jobs(pilot, "visit-3.wav")
        await pilot.press("j", "equals_sign")  # the second, by tiny
        await until(
            pilot, lambda: isinstance(pilot.app.screen, ChooseComparisonScreen) and "base" in screen_text(pilot)
        )
        assert "visit-3" not in line(pilot, "done,")
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(pilot.app.screen, CompareScreen) and "knee" in screen_text(pilot))
        rows = pilot.app.screen.query_one(ComparisonList)
        assert line(pilot, "new").index("new") < line(pilot, "new").index("knee")
        assert "~" in line(pilot, "knee")
        assert "~" not in line(pilot, "No pain, at rest.")
        assert line(pilot, "A tiny").index("A tiny") < line(pilot, "A tiny").index("B base")
        assert "x real time" in line(pilot, "Took")
        assert "Errors" not in screen_text(pilot)
        assert (rows.cursor, "difference 1/2" in screen_text(pilot)) == (0, True)
        await pilot.press("n")
        await until(pilot, lambda: rows.cursor == 2 and "difference 2/2" in screen_text(pilot))
        await pilot.press("n")
        assert rows.cursor == 0
        await pilot.press("x")
        await until(pilot, lambda: line(pilot, "knee").index("knee") < line(pilot, "knee").find("new"))

        await pilot.press("r")
        await until(pilot, lambda: isinstance(pilot.app.screen, NameReferenceScreen))
        pilot.app.screen.query_one(PathInput).value = "nothing.txt"
        await pilot.press("f5")
        await until(pilot, lambda: "cannot be read" in screen_text(pilot))
        said = tmp_path / "said.txt"
        said.write_text(" ".join(FIRST))
        pilot.app.screen.query_one(PathInput).value = str(said)
        await pilot.press("f5")
        await until(pilot, lambda: "0.0%: 0 of 13 words" in line(pilot, "Errors"))
        await pilot.press("r")
        await until(pilot, lambda: isinstance(pilot.app.screen, NameReferenceScreen))
        pilot.app.screen.query_one(PathInput).value = ""
        await pilot.press("f5")
        await until(pilot, lambda: not line(pilot, "Errors"))

        edit = SetText(segment=0, text="The knee is stable.")
        await backend.correct_transcript("2" * 16, Correction(version=0, edits=[edit]))
        await until(pilot, lambda: "2 of 14 words" in line(pilot, "Errors"))
        await pilot.press("v")
        await until(pilot, lambda: "difference 1/1" in screen_text(pilot) and "corrected" in screen_text(pilot))
        await pilot.press("escape")
        await until(pilot, lambda: "visit-3.wav" in screen_text(pilot))
        await pilot.press("enter", "equals_sign")  # the same, from its text
        await until(pilot, lambda: isinstance(pilot.app.screen, ChooseComparisonScreen))


async def test_another_model_transcribes_the_recording_and_the_comparison_fills(
    open_app: Open, backend: ScriptedBackend, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(job_text, "RETRY_DELAY", 0.05)
    backend.put(a_job_of(1, "base", *FIRST))
    backend.put(msgspec.structs.replace(a_done_job(2), state="cancelled"))
    backend.script = [*backend.script[:3]]
    async with open_app() as pilot:
        await show_jobs(pilot, "visit-2.wav")
        await pilot.press("equals_sign")
        await until(pilot, lambda: any("no transcript" in notice for notice in notices(pilot)))
        await pilot.press("j", "equals_sign")
        await until(
            pilot, lambda: isinstance(pilot.app.screen, ChooseComparisonScreen) and "small" in screen_text(pilot)
        )
        await pilot.press("enter")
        await until(pilot, lambda: "The comparison follows." in screen_text(pilot))
        await until(pilot, lambda: "Hello there." in screen_text(pilot))
        assert (backend.requests[0].audio, backend.requests[0].model) == (StoredRecording(id="ab" * 32), "tiny")
        backend.put(a_job_of(3, "tiny", *SECOND))
        await until(pilot, lambda: "difference 1/2" in screen_text(pilot))
        below = screen_text(pilot).splitlines()
        place = next(number for number, text in enumerate(below) if "knee" in text)
        assert "~" in below[place]
        assert " A " in below[place]
        assert " B " in below[place + 1]
        assert "new" in below[place + 1]
        assert " = " in line(pilot, "No pain at rest.")
        assert "follows" not in screen_text(pilot)
        await pilot.press("f1")
        await until(pilot, lambda: "Two transcripts compared" in screen_text(pilot))
