"""The text of a job on a screen of its own: opened where words stand, followed, with what is known beside it."""

from __future__ import annotations

from pathlib import Path

import msgspec
import pytest
from scripted import ScriptedBackend, speech
from scripted_jobs import a_job
from textual.widgets import Input
from tui.conftest import Open
from tui.piloting import a_done_job, screen_text, show_jobs, until

from orstt_core.types import Done, LoadedModel, Segment, TranscribeOptions, Transcript
from orstt_tui.screens.transcript import TranscriptScreen
from orstt_tui.transcript_facts import transcript_facts
from orstt_tui.transcription_run import TranscriptionRun


def result_of(*texts: str, **changes: object) -> Transcript:
    """A transcript with these texts."""
    result = a_done_job(1, *texts).result
    assert result is not None
    return msgspec.structs.replace(result, **changes)


async def test_a_search_opens_the_text_at_its_place_and_a_text_that_grows_is_followed(
    open_app: Open, backend: ScriptedBackend
) -> None:
    texts = [*(f"Sentence {number}." for number in range(60)), "The knee is stable.", "Good bye."]
    backend.put(a_done_job(1, *texts))
    running = backend.put(a_job(2, state="running", duration=200.0, position=2.0))
    backend.script = [*speech(*texts)[:-1]]
    async with open_app(size=(140, 40)) as pilot:
        jobs = await show_jobs(pilot, "visit-1.wav")
        await pilot.press("enter")
        await until(pilot, lambda: "Jobs > visit-2.wav" in screen_text(pilot) and "▼ following" in screen_text(pilot))
        assert "running, 0:02 of 3:20 · base" in screen_text(pilot)
        screen = pilot.app.screen
        assert isinstance(screen, TranscriptScreen)
        await until(pilot, lambda: "Good bye." in screen_text(pilot))
        backend.put(msgspec.structs.replace(a_done_job(2, *texts), id=running.id))
        await until(pilot, lambda: "done · base · English · 2:04" in screen_text(pilot))
        assert "following" not in screen_text(pilot)
        await pilot.press("backspace")
        await until(pilot, lambda: pilot.app.screen is jobs)

        await pilot.press("slash")
        jobs.query_one("#search", Input).value = "knee is"
        await until(pilot, lambda: "visit-1.wav" in screen_text(pilot) and "The knee is stable." in screen_text(pilot))
        await pilot.press("enter", "down", "enter")
        await until(pilot, lambda: "“knee is” 1/1" in screen_text(pilot))
        screen = pilot.app.screen
        assert isinstance(screen, TranscriptScreen)
        assert "0:00.0 -  0:02.0" not in screen_text(pilot), "it opens where the words stand"
        await until(pilot, lambda: "90% on average" in screen_text(pilot))

        await pilot.press("shift+down", "y")
        await until(pilot, lambda: pilot.app.clipboard == "The knee is stable. Good bye.")
        await pilot.press("escape", "y")
        await until(pilot, lambda: pilot.app.clipboard.startswith("Sentence 0. Sentence 1."))
        await pilot.press("escape", "escape")
        await until(pilot, lambda: pilot.app.screen is jobs)


@pytest.mark.parametrize("sure", [0.3, None])
def test_what_is_known_of_a_text_is_told_and_nothing_else(sure: float | None) -> None:
    options = TranscribeOptions(language="en", beam_size=1, vocabulary=("ward 7",))
    run = TranscriptionRun(Path("visit.wav"), options)
    whole = result_of(
        "The knee is stable.", "Gut.", duration=60.0, seconds=5.0, load_seconds=1.5, warnings=["Cut off."]
    )
    segments = [
        msgspec.structs.replace(whole.segments[0], confidence=sure and 0.9),
        Segment(id=1, start=2, end=4, text="Gut.", language="de", confidence=sure),
    ]
    loaded = LoadedModel(
        names=["base"],
        model_type="whisper",
        model="base",
        device="cpu",
        compute_type="int8",
        state="idle",
        memory=10**8,
    )
    run.apply(Done(transcript=msgspec.structs.replace(whole, segments=segments)))
    facts = dict(transcript_facts(run, None, [loaded]))
    model, text = dict(facts["Model"]), facts["Text"]
    assert model["Memory"] == "100 MB now"
    assert (model["Loaded in"], model["Took"], model["Speed"]) == ("1.5 s", "0:05", "12.0 x real time")
    assert ("", "German in 1 segment") in text
    assert ("Words", "5 · 5 a minute") in text
    assert (("Confidence", "60% on average") in text) is (sure is not None)
    assert (("", "?? 1 segment very doubtful") in text) is (sure is not None)
    assert facts["Settings"] == [("Language", "en"), ("Vocabulary", "ward 7"), ("Beam size", "1")]
    assert facts["Remarks"] == [("", "Cut off.")]
    assert "Job" not in facts
