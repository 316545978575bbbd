"""Transcribe: from a path to segments, with every way it can go on the way."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest
from scripted import ScriptedBackend, speech, whisper
from textual.events import Key
from textual.pilot import Pilot
from textual.strip import Strip
from textual.widgets import Button, Input, Select
from tui.conftest import Open
from tui.piloting import ending, notices, screen_text, until

from orstt_core.errors import AudioUnreadable, Busy, EngineFailed, FileProblem
from orstt_core.types import (
    Accepted,
    EngineList,
    Loading,
    NewSegment,
    Progress,
    Readiness,
    Restarted,
    Segment,
    Started,
    TranscribeOptions,
    UsedModel,
)
from orstt_tui.screens.confirm import ConfirmScreen
from orstt_tui.screens.transcribe import TranscribeScreen
from orstt_tui.widgets.path_input import PathInput
from orstt_tui.widgets.transcript_view import Timed, TranscriptView

BASE = UsedModel(name="base", type="whisper", device="cpu", compute_type="int8")
FOREVER = 600.0


@pytest.fixture
def recording(tmp_path: Path) -> Path:
    """A file to name; the scripted backend does not read it."""
    path = tmp_path / "talk.wav"
    path.write_bytes(b"RIFF")
    return path


async def start(pilot: Pilot[None], path: Path | str) -> None:
    """Go to the screen, name the recording and begin."""
    await pilot.press("f3")
    await pilot.pause()
    pilot.app.screen.query_one(PathInput).value = str(path)
    await pilot.press("f5")


async def test_segments_appear_with_their_times_and_the_end_is_summed_up(open_app: Open, recording: Path) -> None:
    async with open_app() as pilot:
        await start(pilot, recording)
        await until(pilot, lambda: "Done: 0:04 of sound" in screen_text(pilot))
        text = screen_text(pilot)
        assert "0:00.0 -  0:02.0  Hello there." in text
        assert "0:02.0 -  0:04.0  General remarks." in text
        assert "2 segments · English (99%) · base on cpu, int8" in text


async def test_the_request_says_what_the_screen_says(open_app: Open, backend: ScriptedBackend, recording: Path) -> None:
    async with open_app() as pilot:
        await pilot.press("2")
        await until(pilot, lambda: len(pilot.app.screen.query_one("#model", Select)._options) == 6)
        pilot.app.screen.query_one("#model", Select).value = "small"
        pilot.app.screen.query_one("#option-task", Select).value = "translate"
        pilot.app.screen.query_one("#option-language").focus()
        await pilot.press(*"German")
        await start(pilot, recording)
        await until(pilot, lambda: "Done" in screen_text(pilot))
    request = backend.requests[0]
    assert (request.audio, request.model) == (recording, "small")
    assert (request.options.language, request.options.task) == ("de", "translate")


async def test_by_default_the_active_model_is_used_and_the_language_found(
    open_app: Open, backend: ScriptedBackend, recording: Path
) -> None:
    async with open_app() as pilot:
        await start(pilot, recording)
        await until(pilot, lambda: "Done" in screen_text(pilot))
    assert backend.requests[0].model is None
    assert backend.requests[0].options.language is None


async def test_an_unknown_language_is_refused_before_anything_starts(
    open_app: Open, backend: ScriptedBackend, recording: Path
) -> None:
    async with open_app() as pilot:
        await pilot.press("2")
        pilot.app.screen.query_one("#option-language").focus()
        await pilot.press(*"Klingon")
        await start(pilot, recording)
        await until(pilot, lambda: "No language is known as 'Klingon'." in screen_text(pilot))
    assert backend.requests == []


async def test_the_languages_that_are_suggested_are_those_of_the_chosen_model(
    open_app: Open, backend: ScriptedBackend, recording: Path
) -> None:
    known = {"": ["en", "de", "ga"], "small": ["gv"]}
    backend.engine_list = EngineList(engines=[whisper(languages=known)])
    async with open_app() as pilot:
        await pilot.press("2")
        language = pilot.app.screen.query_one("#option-language", Input)
        language.focus()
        await until(pilot, lambda: language.suggester is not None)
        await pilot.press("i", "r")
        await until(pilot, lambda: language._suggestion == "Irish")
        await pilot.press("right")
        assert language.value == "Irish"
        pilot.app.screen.query_one("#model", Select).value = "small"
        language.value = ""
        await pilot.press("m")
        await until(pilot, lambda: language._suggestion == "Manx")


async def test_other_options_are_asked_for_on_demand_and_named_while_they_are_hidden(
    open_app: Open, backend: ScriptedBackend, recording: Path
) -> None:
    async with open_app(size=(80, 24)) as pilot:
        await pilot.press("2")
        await until(pilot, lambda: isinstance(pilot.app.screen, TranscribeScreen))
        assert "Hotwords" not in screen_text(pilot)
        await pilot.press("ctrl+g", "tab", "tab", "tab", *"Darcy Bennet")
        assert "Words to expect, separated by spaces." in screen_text(pilot)
        pilot.app.screen.query_one("#option-word_timestamps", Select).value = True
        pilot.app.screen.query_one("#option-beam_size", Input).value = "21"
        await pilot.press("ctrl+g")
        await until(pilot, lambda: "Options set: Word times, Hotwords, Beam size" in screen_text(pilot))
        await start(pilot, recording)
        await until(pilot, lambda: "beam_size does not fit" in screen_text(pilot))
        assert pilot.app.focused is pilot.app.screen.query_one("#option-beam_size")
        pilot.app.screen.query_one("#option-beam_size", Input).value = "1"
        await start(pilot, recording)
        await until(pilot, lambda: "Done" in screen_text(pilot))
    assert backend.requests[0].options == TranscribeOptions(word_timestamps=True, hotwords="Darcy Bennet", beam_size=1)


async def test_waiting_and_loading_and_progress_are_told_apart(
    open_app: Open, backend: ScriptedBackend, recording: Path
) -> None:
    backend.script = [Accepted(model="base", ahead=2), FOREVER]
    async with open_app() as pilot:
        await start(pilot, recording)
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


async def test_the_job_behind_it_is_named(open_app: Open, backend: ScriptedBackend, recording: Path) -> None:
    backend.script = [Accepted(model="base", job="0123456789abcdef"), *speech("Hello there.")[1:]]
    async with open_app() as pilot:
        await start(pilot, recording)
        await until(pilot, lambda: "Done" in screen_text(pilot) and "job 0123456789abcdef" in screen_text(pilot))


async def test_a_server_that_is_too_busy_is_waited_for_with_the_place_shown(
    open_app: Open, backend: ScriptedBackend, recording: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(Busy, "retry_after", 0.3)
    backend.ready = Readiness(ready=False, queued=3)
    backend.script = [Busy("The queue is full.")]
    async with open_app() as pilot:
        await start(pilot, recording)
        await until(pilot, lambda: "Waiting for the active model: 3 recordings before this one" in screen_text(pilot))
        backend.script = [*speech("Hello there.")]
        await until(pilot, lambda: "Done" in screen_text(pilot))


async def test_what_is_begun_again_takes_back_the_segments_that_will_come_again(
    open_app: Open, backend: ScriptedBackend, recording: Path
) -> None:
    backend.script = [*speech("Hello there.", "General rem", "arks.")[:-1], FOREVER]
    async with open_app() as pilot:
        await start(pilot, recording)
        await until(pilot, lambda: "arks." in screen_text(pilot))
        screen = pilot.app.screen
        assert isinstance(screen, TranscribeScreen)
        assert screen._current is not None
        screen._current.apply(Restarted(reason="The engine's process died.", kept=1))
        await until(pilot, lambda: "Begun again, 1 segment kept: The engine's process died." in screen_text(pilot))
        text = screen_text(pilot)
        assert "Hello there." in text
        assert "General rem" not in text
        assert "arks." not in text


async def test_escape_cancels_at_once_and_keeps_what_was_heard(
    open_app: Open, backend: ScriptedBackend, recording: Path
) -> None:
    backend.script = [*speech("Hello there.")[:3], FOREVER]
    async with open_app() as pilot:
        await start(pilot, recording)
        await until(pilot, lambda: "Hello there." in screen_text(pilot))
        await pilot.press("escape")
        await until(pilot, lambda: ": 1 segment kept" in screen_text(pilot))
        await until(pilot, lambda: backend.cancelled == 1)
        assert "Hello there." in screen_text(pilot)


async def test_the_button_starts_and_cancels(open_app: Open, backend: ScriptedBackend, recording: Path) -> None:
    backend.script = [Accepted(model="base"), FOREVER]
    async with open_app() as pilot:
        await pilot.press("2")
        await pilot.pause()
        pilot.app.screen.query_one(PathInput).value = str(recording)
        await pilot.click("#start")
        await until(pilot, lambda: str(pilot.app.screen.query_one("#start", Button).label) == "Cancel")
        await pilot.click("#start")
        await until(pilot, lambda: backend.cancelled == 1)
        assert str(pilot.app.screen.query_one("#start", Button).label) == "Start"


async def test_an_error_is_a_sentence_and_a_hint_and_the_segments_stay(
    open_app: Open, backend: ScriptedBackend, recording: Path
) -> None:
    backend.script = [*speech("Hello there.")[:3], EngineFailed("The engine stopped.", hint="Try another model.")]
    async with open_app() as pilot:
        await start(pilot, recording)
        await until(pilot, lambda: "The engine stopped." in screen_text(pilot))
        text = screen_text(pilot)
        assert "Try another model." in text
        assert "Hello there." in text
        assert "Traceback" not in text
        backend.script = [*speech("Again.")]
        await pilot.press("f5")
        await until(pilot, lambda: "Done" in screen_text(pilot))
        assert "Hello there." not in screen_text(pilot)


async def test_an_end_without_a_result_is_a_failure(open_app: Open, backend: ScriptedBackend, recording: Path) -> None:
    backend.script = [*speech("Hello there.")[:-1]]
    async with open_app() as pilot:
        await start(pilot, recording)
        await until(pilot, lambda: "The transcription ended without a result." in screen_text(pilot))
        assert str(pilot.app.screen.query_one("#start", Button).label) == "Start"


async def test_a_defect_is_told_too(open_app: Open, backend: ScriptedBackend, recording: Path) -> None:
    backend.script = ["not an event"]  # type: ignore[list-item]  # asyncio.sleep chokes on it
    async with open_app() as pilot:
        backend.transcribe = lambda request: 1 / 0  # type: ignore[assignment,return-value]  # the defect
        await start(pilot, recording)
        await until(pilot, lambda: "division by zero" in screen_text(pilot))
        assert any("division by zero" in notice for notice in notices(pilot))
        assert pilot.app.is_running


async def test_without_a_path_nothing_starts(open_app: Open, backend: ScriptedBackend) -> None:
    async with open_app() as pilot:
        await pilot.press("2")
        await pilot.pause()
        await pilot.press("enter")
        await until(pilot, lambda: "Name a recording first." in screen_text(pilot))
    assert backend.requests == []


async def test_leaving_the_screen_does_not_stop_it(open_app: Open, backend: ScriptedBackend, recording: Path) -> None:
    backend.script = [0.3, *speech("Hello there.")]
    async with open_app() as pilot:
        await start(pilot, recording)
        screen = pilot.app.screen
        assert isinstance(screen, TranscribeScreen)
        await pilot.press("1")
        await until(pilot, lambda: "STT Model Settings" in screen_text(pilot))
        await until(pilot, lambda: not screen.running)
        await pilot.press("2")
        await until(pilot, lambda: "Done" in screen_text(pilot) and "Hello there." in screen_text(pilot))
    assert backend.cancelled == 0


async def test_quitting_while_it_runs_asks(open_app: Open, backend: ScriptedBackend, recording: Path) -> None:
    backend.script = [Accepted(model="base"), FOREVER]
    async with open_app() as pilot:
        await start(pilot, recording)
        await pilot.press("q")
        await until(pilot, lambda: isinstance(pilot.app.screen, ConfirmScreen))
        await pilot.press("n")
        await pilot.pause()
        assert pilot.app.is_running
        assert backend.cancelled == 0
        await pilot.press("f10", "y")
        await until(pilot, lambda: not pilot.app.is_running or backend.cancelled == 1)
    assert backend.cancelled == 1


async def test_y_copies_all_text(open_app: Open, recording: Path) -> None:
    async with open_app() as pilot:
        await start(pilot, recording)
        await until(pilot, lambda: "Done" in screen_text(pilot))
        await pilot.press("y")
        assert pilot.app.clipboard == "Hello there. General remarks."
        assert "Copied 29 characters." in notices(pilot)


async def test_what_is_there_so_far_can_be_copied_while_it_runs(
    open_app: Open, backend: ScriptedBackend, recording: Path
) -> None:
    backend.script = [*speech("Hello there.")[:3], FOREVER]
    async with open_app() as pilot:
        await start(pilot, recording)
        await until(pilot, lambda: "Hello there." in screen_text(pilot))
        await pilot.press("y")
        assert pilot.app.clipboard == "Hello there."


async def test_silence_gives_no_words_and_says_so(open_app: Open, backend: ScriptedBackend, recording: Path) -> None:
    backend.script = [*speech()]
    async with open_app() as pilot:
        await start(pilot, recording)
        await until(pilot, lambda: "no speech found" in screen_text(pilot))


async def test_segments_without_times_show_none(open_app: Open, backend: ScriptedBackend, recording: Path) -> None:
    backend.script = [
        Started(duration=3, model=BASE),
        NewSegment(segment=Segment(id=0, start=None, end=None, text="No times were measured.")),
        FOREVER,
    ]
    async with open_app() as pilot:
        await start(pilot, recording)
        await until(pilot, lambda: "No times were measured." in screen_text(pilot))
        assert " - " not in next(line for line in screen_text(pilot).splitlines() if "No times" in line)


async def test_warnings_about_the_recording_are_shown(
    open_app: Open, backend: ScriptedBackend, recording: Path
) -> None:
    backend.script = [*ending("Hello there.", warnings=["The recording is cut off."])]
    async with open_app() as pilot:
        await start(pilot, recording)
        await until(pilot, lambda: "The recording is cut off." in screen_text(pilot))


async def test_an_unreadable_file_leaves_the_path_for_correction(
    open_app: Open, backend: ScriptedBackend, recording: Path
) -> None:
    backend.script = [AudioUnreadable("talk.wav is not audio.", hint="Give a recording.")]
    async with open_app() as pilot:
        await start(pilot, recording)
        await until(pilot, lambda: "talk.wav is not audio." in screen_text(pilot))
        assert pilot.app.screen.query_one(PathInput).value == str(recording)
        await pilot.press("o")
        assert isinstance(pilot.app.focused, PathInput)


@pytest.mark.slow
@pytest.mark.usefixtures("drawn_at_once")
async def test_of_five_thousand_segments_only_those_in_sight_are_drawn(
    open_app: Open, backend: ScriptedBackend, recording: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    drawn: list[str] = []
    plain = Timed.render_strips

    def noted(visual: Timed, *how: Any) -> list[Strip]:
        drawn.append(visual._text.plain)
        return plain(visual, *how)

    monkeypatch.setattr(Timed, "render_strips", noted)
    segments = [
        NewSegment(
            segment=Segment(id=number, start=2.0 * number, end=2.0 * number + 2, text=f"Sentence {number} " * 12)
        )
        for number in range(5000)
    ]
    backend.script = [Started(duration=10_000, model=BASE), *segments, FOREVER]
    async with open_app() as pilot:
        await start(pilot, recording)
        await until(pilot, lambda: "Sentence 4999" in screen_text(pilot))
        assert pilot.app.screen.query_one(TranscriptView).option_count == 5000
        drawn.clear()
        for _ in range(10):
            await pilot.press("pageup")
        await pilot.resize_terminal(90, 30)
        await pilot.pause()
        assert len(set(drawn)) < 200


async def test_reading_back_is_not_disturbed_by_new_segments(
    open_app: Open, backend: ScriptedBackend, recording: Path
) -> None:
    backend.script = [*speech(*(f"Sentence {number}." for number in range(100)))[:-1], FOREVER]
    async with open_app() as pilot:
        await start(pilot, recording)
        screen = pilot.app.screen
        assert isinstance(screen, TranscribeScreen)
        assert screen._current is not None
        await until(pilot, lambda: "Sentence 99." in screen_text(pilot))
        await pilot.press("g")
        await until(pilot, lambda: "Sentence 0." in screen_text(pilot))
        screen._current.apply(NewSegment(segment=Segment(id=100, start=200, end=202, text="One more.")))
        await until(pilot, lambda: screen.query_one(TranscriptView).option_count == 101)
        assert "Sentence 0." in screen_text(pilot)
        await pilot.press("G")
        await until(pilot, lambda: "One more." in screen_text(pilot))


async def test_a_path_that_arrives_in_one_piece_behind_the_key_is_no_row_of_commands(
    open_app: Open, recording: Path
) -> None:
    async with open_app() as pilot:
        await start(pilot, recording)
        await until(pilot, lambda: isinstance(pilot.app.focused, TranscriptView))
        for letter in "/quick.wav":
            pilot.app.post_message(Key("slash" if letter == "/" else letter, letter))
        field = pilot.app.screen.query_one(PathInput)
        await until(pilot, lambda: field.value == "/quick.wav")


async def test_a_recording_that_is_not_there_leads_back_to_its_path(
    open_app: Open, backend: ScriptedBackend, recording: Path
) -> None:
    backend.script = [FileProblem("talk.wav cannot be read.")]
    async with open_app() as pilot:
        await start(pilot, recording)
        await until(pilot, lambda: isinstance(pilot.app.focused, PathInput) and pilot.app.focused.selected_text)
