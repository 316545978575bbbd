"""The transcribe screen while it works: with every way a transcription can go, and can end."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest
from scripted import ScriptedBackend, speech
from textual.pilot import Pilot
from textual.widgets import Button, Markdown
from tui.conftest import Open
from tui.piloting import a_done_job, ending, notices, program, screen_text, transcribe, until

from orstt_core.errors import Busy, EngineFailed
from orstt_core.types import (
    Accepted,
    Correction,
    Loading,
    NewSegment,
    Progress,
    Readiness,
    Restarted,
    Segment,
    SetText,
    Started,
    UsedModel,
)
from orstt_tui.screens.confirm import ConfirmScreen
from orstt_tui.screens.transcribe import TranscribeScreen
from orstt_tui.screens.transcript import TranscriptScreen
from orstt_tui.widgets.reader import Reader

BASE = UsedModel(name="base", type="whisper", device="cpu", compute_type="int8")
FOREVER = 600.0


def button(pilot: Pilot[None]) -> str:
    """What the one button does now."""
    return str(pilot.app.screen.query_one("#start", Button).label)


def help_text(pilot: Pilot[None]) -> str:
    """What is said about the focused widget."""
    return "".join(text.source for text in pilot.app.screen.query(Markdown))


async def test_what_was_heard_is_shown_with_its_times_summed_up_and_can_be_copied(
    open_app: Open, backend: ScriptedBackend, recording: Path
) -> None:
    accepted = Accepted(model="base", job="0123456789abcdef")
    backend.script = [accepted, *speech("Hello there.", "General remarks.")[1:]]
    async with open_app() as pilot:
        await transcribe(pilot, recording)
        await until(pilot, lambda: "Done: 0:04 of sound" in screen_text(pilot))
        text = screen_text(pilot)
        assert "0:00.0  Hello there." in text
        assert "0:02.0  General remarks." in text
        assert "2 segments · English (99%) · base on cpu, int8" in text
        assert "job 0123456789abcdef" in text
        await pilot.press("y")
        await until(pilot, lambda: pilot.app.clipboard == "Hello there. General remarks.")
        assert "Copied 29 characters." in notices(pilot)

        done = backend.put(msgspec.structs.replace(a_done_job(1, "Hello there.", "General remarks."), id=accepted.job))
        await pilot.press("j", "e")
        await until(pilot, lambda: isinstance(pilot.app.screen, TranscriptScreen))
        await until(pilot, lambda: "Transcribe > visit-1.wav" in screen_text(pilot) and "2 of 2" in screen_text(pilot))
        names = {offer.name for offer in program(pilot).offers(pilot.app.screen)}
        assert {"Correct", "Merge", "Undo", "Original", "Find", "Go to time", "Save", "Quit"} <= names
        await pilot.press("f1")
        await until(pilot, lambda: "shows what was recognised" in help_text(pilot))
        edit = SetText(segment=1, text="Major remarks.")
        await backend.correct_transcript(done.id, Correction(version=0, edits=[edit]))
        await pilot.press("escape", "escape")
        await until(pilot, lambda: "*   0:02.0  Major remarks." in screen_text(pilot))
        await pilot.press("f1")
        await until(pilot, lambda: "names another recording" in help_text(pilot))
        assert "shows what was recognised" not in help_text(pilot)
        await pilot.press("escape")

        backend.script = [*speech()]
        await pilot.press("f5")
        await until(pilot, lambda: "no speech found" in screen_text(pilot))
        assert "Hello there." not in screen_text(pilot)

        backend.script = [*ending("Hello there.", warnings=["The recording is cut off."])]
        await pilot.press("f5")
        await until(pilot, lambda: "The recording is cut off." in screen_text(pilot))

        untimed = Segment(id=0, start=None, end=None, text="No times were measured.")
        backend.script = [Started(duration=3, model=BASE), NewSegment(segment=untimed), FOREVER]
        await pilot.press("f5")
        await until(pilot, lambda: "No times were measured." in screen_text(pilot))
        assert next(line for line in screen_text(pilot).splitlines() if "No times" in line).startswith("│ ▌   No times")
        await pilot.press("y")
        # What is there so far, while it runs.
        await until(pilot, lambda: pilot.app.clipboard == "No times were measured.")


async def test_waiting_and_loading_and_progress_are_told_apart(
    open_app: Open, backend: ScriptedBackend, recording: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Busy, "retry_after", 0.3)
    backend.script = [Accepted(model="base", ahead=2), FOREVER]
    async with open_app() as pilot:
        await transcribe(pilot, recording)
        await until(pilot, lambda: "Waiting for base: 2 recordings before this one" in screen_text(pilot))
        assert not pilot.app.screen.query_one("#run-bar").display
        await pilot.press("escape")
        loading = Loading(detail="fetching from the hub", done=45_000_000, total=145_000_000)
        backend.script = [Accepted(model="base"), loading, FOREVER]
        await pilot.press("f5")
        await until(pilot, lambda: "Loading base: fetching from the hub · 45 MB of 145 MB" in screen_text(pilot))
        assert "31%" in screen_text(pilot)
        await pilot.press("escape")
        backend.script = [Started(duration=120, model=BASE), Progress(position=30, duration=120), FOREVER]
        await pilot.press("f5")
        await until(pilot, lambda: "Transcribing with base: 0:30 of 2:00 · " in screen_text(pilot))
        assert "25%" in screen_text(pilot)
        await pilot.press("escape")
        backend.ready = Readiness(ready=False, queued=3)
        backend.script = [Busy("The queue is full.")]
        await pilot.press("f5")
        await until(pilot, lambda: "Waiting for the active model: 3 recordings before this one" in screen_text(pilot))
        backend.script = [*speech("Hello there.")]  # there is room again
        await until(pilot, lambda: "Done" in screen_text(pilot))


async def test_reading_back_is_not_disturbed_by_new_segments_and_what_comes_again_is_taken_back(
    open_app: Open, backend: ScriptedBackend, recording: Path
) -> None:
    backend.script = [*speech(*(f"Sentence {number}." for number in range(100)))[:-1], FOREVER]
    async with open_app() as pilot:
        await transcribe(pilot, recording)
        screen = pilot.app.screen
        assert isinstance(screen, TranscribeScreen)
        assert screen._current is not None
        await until(pilot, lambda: "Sentence 99." in screen_text(pilot))
        await pilot.press("g")
        await until(pilot, lambda: "Sentence 0." in screen_text(pilot))
        screen._current.apply(NewSegment(segment=Segment(id=100, start=200, end=202, text="One more.")))
        await until(pilot, lambda: screen.query_one(Reader).segment_count == 101)
        assert "Sentence 0." in screen_text(pilot)
        await pilot.press("G")
        await until(pilot, lambda: "One more." in screen_text(pilot))

        screen._current.apply(Restarted(reason="The engine's process died.", kept=1))
        await until(pilot, lambda: "Begun again, 1 segment kept: The engine's process died." in screen_text(pilot))
        assert "Sentence 0." in screen_text(pilot)
        assert "Sentence 1." not in screen_text(pilot)
        assert "One more." not in screen_text(pilot)


async def test_only_the_person_ends_a_transcription_that_is_under_way(
    open_app: Open, backend: ScriptedBackend, recording: Path
) -> None:
    backend.script = [0.3, *speech("Hello there.")]
    async with open_app() as pilot:
        await transcribe(pilot, recording)
        screen = pilot.app.screen
        assert isinstance(screen, TranscribeScreen)
        await pilot.press("1")
        await until(pilot, lambda: "STT Model Settings" in screen_text(pilot))
        await until(pilot, lambda: not screen.running)
        await pilot.press("2")
        await until(pilot, lambda: "Done" in screen_text(pilot) and "Hello there." in screen_text(pilot))

        backend.script = [*speech("Hello there.")[:3], FOREVER]
        await pilot.press("f5")
        await until(pilot, lambda: "Transcribing" in screen_text(pilot) and "Hello there." in screen_text(pilot))
        await pilot.press("q")
        await until(pilot, lambda: isinstance(pilot.app.screen, ConfirmScreen))
        await pilot.press("n")
        await until(pilot, lambda: pilot.app.screen is screen)
        assert backend.cancelled == 0

        await pilot.press("escape")
        await until(pilot, lambda: ": 1 segment kept" in screen_text(pilot))
        await until(pilot, lambda: backend.cancelled == 1)
        assert "Hello there." in screen_text(pilot)

        await pilot.click("#start")
        await until(pilot, lambda: button(pilot) == "Cancel")
        await until(pilot, lambda: "Hello there." in screen_text(pilot))
        await pilot.click("#start")
        await until(pilot, lambda: backend.cancelled == 2)
        assert button(pilot) == "Start"

        await pilot.press("f5")
        await until(pilot, lambda: "Hello there." in screen_text(pilot))
        await pilot.press("f10", "y")
        await until(pilot, lambda: not pilot.app.is_running or backend.cancelled == 3)
    assert backend.cancelled == 3


async def test_every_failure_is_a_sentence_and_leaves_what_was_heard(
    open_app: Open, backend: ScriptedBackend, recording: Path
) -> None:
    backend.script = [*speech("Hello there.")[:3], EngineFailed("The engine stopped.", hint="Try another model.")]
    async with open_app() as pilot:
        await transcribe(pilot, recording)
        await until(pilot, lambda: "The engine stopped." in screen_text(pilot))
        text = screen_text(pilot)
        assert "Try another model." in text
        assert "Hello there." in text
        assert "Traceback" not in text

        backend.script = [*speech("Again.")[:-1]]
        await pilot.press("f5")
        await until(pilot, lambda: "The transcription ended without a result." in screen_text(pilot))
        assert "Again." in screen_text(pilot)
        assert "Hello there." not in screen_text(pilot)
        assert button(pilot) == "Start"

        backend.transcribe = lambda request: 1 / 0  # type: ignore[assignment,return-value]  # a defect
        await pilot.press("f5")
        await until(pilot, lambda: "division by zero" in screen_text(pilot))
        assert any("division by zero" in notice for notice in notices(pilot))
        assert pilot.app.is_running
