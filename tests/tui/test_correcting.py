"""A finished transcript corrected where it is read: every correction stored, undone, marked, and the original shown."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from pathlib import Path

import msgspec
import pytest
from scripted import ScriptedBackend
from textual.pilot import Pilot
from textual.widgets import Input
from tui.conftest import Open
from tui.piloting import a_done_job, line, notices, screen_text, show_jobs, until

from orstt_core.types import Correction, JobTranscript, Passage, ReplaceSegments, Revision, Segment, SetText
from orstt_tui.formatting import milliseconds
from orstt_tui.screens.edit_segment import EditSegmentScreen, SegmentText
from orstt_tui.screens.save import SaveScreen
from orstt_tui.screens.transcript import TranscriptScreen
from orstt_tui.widgets.path_input import PathInput

SHARE = "by its share of the text"
Correct = Callable[[str, Correction], Awaitable[JobTranscript]]


def slowly(correct: Correct) -> Correct:
    """Corrections that are stored at once, and answered a little later."""

    async def correct_transcript(ref: str, correction: Correction) -> JobTranscript:
        stored = await correct(ref, correction)
        await asyncio.sleep(0.3)
        return stored

    return correct_transcript


async def insert_untold(backend: ScriptedBackend, job: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Somebody inserts a segment, and the screen is not told."""
    first = Passage(text="First.", start=0.0, end=0.0)
    edit = ReplaceSegments(segment=0, count=0, passages=[first])
    with monkeypatch.context() as quiet:
        quiet.setattr(backend, "put", lambda job: backend.job_rows.__setitem__(job.id, job))
        await backend.correct_transcript(job, Correction(version=0, edits=[edit]))


async def original_saved(pilot: Pilot[None], path: Path) -> str:
    """Try to change the original, which is seen, and return what is saved of it."""
    await pilot.press("m")
    await until(pilot, lambda: any("stays as it is" in notice for notice in notices(pilot)))
    await pilot.press("s")
    await until(pilot, lambda: isinstance(pilot.app.screen, SaveScreen))
    pilot.app.screen.query_one("#file", PathInput).value = str(path)
    await pilot.press("f5")
    await until(pilot, lambda: any("Saved" in notice for notice in notices(pilot)))
    return path.read_text()


async def read_version_4(pilot: Pilot[None], made: list[Revision]) -> None:
    """See who made which version and what of it, look at an earlier one, and go back."""
    await pilot.press("h")
    await until(pilot, lambda: f"Versions: {len(made)}" in screen_text(pilot) and bool(line(pilot, "split")))
    assert made[-1].actor in line(pilot, "split")
    await pilot.press("G", "k", "k")
    await until(pilot, lambda: "The [-new-] {+knee+} is stable." in screen_text(pilot))
    await pilot.press("k", "enter")
    await until(pilot, lambda: "Good bye." in screen_text(pilot) and "split" not in screen_text(pilot))
    await until(pilot, lambda: "This is version 4; o shows the corrected text." in notices(pilot))
    await pilot.press("o")
    await until(pilot, lambda: "Good bye." not in screen_text(pilot))


async def move_bounds(pilot: Pilot[None], segment: Callable[[], Segment]) -> None:
    """Move both ends of the segment under the cursor, there and back."""
    await pilot.press("left_curly_bracket", "left_curly_bracket")
    await until(pilot, lambda: segment().end == 7.8)
    await pilot.press("right_curly_bracket", "right_square_bracket")
    await until(pilot, lambda: segment().start == 4.1)
    assert segment().end == 7.9
    await pilot.press("left_square_bracket")
    await until(pilot, lambda: segment().start == 4.0)


async def test_a_transcript_is_corrected_by_keys_and_the_original_stays(
    open_app: Open, backend: ScriptedBackend, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    texts = ("Hello there.", "The new is stable.", "Good", "bye.")
    job = backend.put(msgspec.structs.replace(a_done_job(1, *texts), id="a" * 16))

    def said() -> list[str]:
        return [segment.text for segment in backend.job_rows[job.id].segments]

    async with open_app(size=(140, 40)) as pilot:
        await show_jobs(pilot, "visit-1.wav")
        await pilot.press("enter")
        await until(pilot, lambda: "Good" in screen_text(pilot) and isinstance(pilot.app.screen, TranscriptScreen))
        await insert_untold(backend, job.id, monkeypatch)
        await pilot.press("j", "m")  # what is merged must not be another one than was seen
        await until(
            pilot, lambda: "First." in screen_text(pilot) and any("meanwhile" in notice for notice in notices(pilot))
        )
        assert said() == ["First.", *texts]
        await pilot.press("u")
        await until(pilot, lambda: said() == list(texts) and "First." not in screen_text(pilot))

        await pilot.press("g", "j", "e")
        await until(pilot, lambda: isinstance(pilot.app.screen, EditSegmentScreen))
        pilot.app.screen.query_one(SegmentText).text = "The knee is stable."
        monkeypatch.setattr(backend, "correct_transcript", slowly(backend.correct_transcript))
        await pilot.press("enter", "enter")
        await until(
            pilot, lambda: said()[1] == "The knee is stable." and isinstance(pilot.app.screen, TranscriptScreen)
        )
        await until(pilot, lambda: "The knee is" in screen_text(pilot))
        assert "*" in next(line for line in screen_text(pilot).splitlines() if "The knee is" in line).split("The k")[0]

        await pilot.press("j", "m")
        await until(pilot, lambda: said()[2:] == ["Good bye."] and "Good bye." in screen_text(pilot))
        await move_bounds(pilot, lambda: backend.job_rows[job.id].segments[2])
        await pilot.press("e")
        await until(pilot, lambda: isinstance(pilot.app.screen, EditSegmentScreen))
        form = pilot.app.screen
        await pilot.press("f8")
        await until(pilot, lambda: "Put the cursor where the second part begins." in screen_text(pilot))
        form.query_one(SegmentText).move_cursor((0, 4))
        await until(pilot, lambda: SHARE in screen_text(pilot))
        proposed = form.query_one("#time", Input).placeholder
        await pilot.press("f8")
        await until(pilot, lambda: said()[2:] == ["Good", "bye."] and pilot.app.screen is not form)
        assert proposed == f"{milliseconds(backend.job_rows[job.id].segments[2].end or 0)}, {SHARE}"

        await pilot.press("o")
        await until(pilot, lambda: "The new is stable." in screen_text(pilot))
        assert "The new is stable." in await original_saved(pilot, tmp_path / "original.txt")
        await pilot.press("o")
        await until(pilot, lambda: "The knee is stable." in screen_text(pilot))

        await read_version_4(pilot, backend.revisions[job.id])
        await pilot.press("u", "u", "u")
        await pilot.press("u", "u", "u", "u", "u")
        await until(pilot, lambda: said() == list(texts) and "The new is" in screen_text(pilot))
        await pilot.press("U")
        await until(pilot, lambda: "The knee is stable." in screen_text(pilot) and "Done again." in notices(pilot))

        await backend.correct_transcript(
            job.id,
            Correction(
                version=backend.job_rows[job.id].transcript_version,
                edits=[SetText(segment=0, text="Somebody else's.")],
            ),
        )
        await until(pilot, lambda: "Somebody else's." in screen_text(pilot))
        await pilot.press("X")
        await until(pilot, lambda: len(said()) == 3)
