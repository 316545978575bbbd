"""The form of the transcribe screen: what a request says, and how the person gets back to what is wrong with it."""

from __future__ import annotations

from pathlib import Path

import pytest
from msgspec.structs import replace
from scripted import ScriptedBackend, speech, whisper
from textual.events import Key
from textual.widgets import Input, Select
from tui.conftest import Open
from tui.piloting import screen_text, transcribe, until

from orstt_core.errors import AudioUnreadable, FileProblem
from orstt_core.types import EngineList, SampleFormat, TranscribeOptions
from orstt_tui.formatting import SENDS_SOUND
from orstt_tui.screens.transcribe import TranscribeScreen
from orstt_tui.widgets.path_input import PathInput
from orstt_tui.widgets.reader import Reader


@pytest.mark.slow
async def test_the_request_says_what_the_screen_says(open_app: Open, backend: ScriptedBackend, recording: Path) -> None:
    backend.engine_list = EngineList(engines=[whisper(languages={"": ["en", "de", "ga"], "small": ["gv"]})])
    async with open_app() as pilot:
        await pilot.press("2")
        await until(pilot, lambda: isinstance(pilot.app.focused, PathInput))
        await pilot.press("enter")
        await until(pilot, lambda: "Name a recording first." in screen_text(pilot))
        assert backend.requests == []

        await transcribe(pilot, recording)
        await until(pilot, lambda: "Done" in screen_text(pilot))
        assert (backend.requests[0].audio, backend.requests[0].model) == (recording, None)

        task = pilot.app.screen.query_one("#option-task", Select)
        task.focus()
        await pilot.press("1", "3")  # no tabs: what is typed belongs to what has the focus
        await until(pilot, lambda: task.expanded)
        await pilot.press("escape")
        await until(pilot, lambda: pilot.app.focused is task)
        await pilot.press("t", "r", "a", "n", "s", "l", "enter")
        await until(pilot, lambda: task.value == "translate")
        assert isinstance(pilot.app.screen, TranscribeScreen)
        task.value = "transcribe"
        assert backend.requests[0].options == TranscribeOptions()

        language, model = pilot.app.screen.query_one("#option-language", Input), pilot.app.screen.query_one("#model")
        assert isinstance(model, Select)
        language.focus()
        language.value = "Elbonian"
        await pilot.press("f5")
        await until(pilot, lambda: "No language is known as 'Elbonian'." in screen_text(pilot))
        assert len(backend.requests) == 1

        language.value = ""
        await until(pilot, lambda: language.suggester is not None)
        await pilot.press("i", "r")
        await until(pilot, lambda: language._suggestion == "Irish")
        await pilot.press("right")
        assert language.value == "Irish"
        before = language.suggester
        model.value = "small"
        language.value = ""
        await until(pilot, lambda: language.suggester is not before)
        await pilot.press("m")
        await until(pilot, lambda: language._suggestion == "Manx")

        language.value = "German"
        pilot.app.screen.query_one("#option-task", Select).value = "translate"
        await pilot.press("f5")
        await until(pilot, lambda: len(backend.requests) == 2)
        model.value = "auto"
        await pilot.press("f5")
        await until(pilot, lambda: len(backend.requests) == 3)
    request = backend.requests[1]
    assert (request.model, backend.requests[2].model) == ("small", "auto")
    assert request.options == TranscribeOptions(language="de", task="translate")


async def test_other_options_are_asked_for_on_demand_and_named_while_they_are_hidden(
    open_app: Open, backend: ScriptedBackend, recording: Path
) -> None:
    backend.rows[3] = replace(backend.rows[3], sends_sound=True)
    async with open_app(size=(80, 24)) as pilot:
        await pilot.press("2")
        await until(
            pilot, lambda: isinstance(pilot.app.screen, TranscribeScreen) and "Esc leaves" in screen_text(pilot)
        )
        await pilot.press("escape", "1", "2")
        await until(pilot, lambda: isinstance(pilot.app.screen, TranscribeScreen))
        await pilot.press("f3")
        await until(pilot, lambda: isinstance(pilot.app.focused, PathInput))
        await pilot.press("escape")
        model = pilot.app.screen.query_one("#model", Select)
        assert f"small: {SENDS_SOUND}" in [str(title) for title, _ in model._options]
        assert SENDS_SOUND not in screen_text(pilot)
        model.value = "small"
        await until(pilot, lambda: f"small {SENDS_SOUND}." in screen_text(pilot))
        assert "Hotwords" not in screen_text(pilot)
        await pilot.press("ctrl+g", "tab", "tab", "tab")
        await until(pilot, lambda: "Words to expect, separated by spaces, or by commas" in screen_text(pilot))
        assert isinstance(pilot.app.focused, Input)
        pilot.app.focused.value = "Darcy Bennet"
        pilot.app.screen.query_one("#option-word_timestamps", Select).value = True
        pilot.app.screen.query_one("#option-beam_size", Input).value = "21"
        await pilot.press("ctrl+g")
        await until(pilot, lambda: "Options set: Word times, Hotwords, Beam size" in screen_text(pilot))
        await transcribe(pilot, recording)
        await until(pilot, lambda: "beam_size does not fit" in screen_text(pilot))
        assert pilot.app.focused is pilot.app.screen.query_one("#option-beam_size")
        pilot.app.screen.query_one("#option-beam_size", Input).value = "1"
        await pilot.press("f5")
        await until(pilot, lambda: "Done" in screen_text(pilot))
        assert backend.requests[0].sample_format is None
        assert not pilot.app.screen.query_one("#option-beam_size").is_on_screen  # the text has the room

        for name, text in (("encoding", "mu-love"), ("channel_count", "2")):  # of a recording without a header
            pilot.app.screen.query_one(f"#option-{name}", Input).value = text
        await pilot.press("f5")
        await until(pilot, lambda: "There is no encoding called 'mu-love'." in screen_text(pilot))
        field = pilot.app.screen.query_one("#option-encoding", Input)
        await until(pilot, lambda: pilot.app.focused is field and "What a recording without" in screen_text(pilot))
        field.value = "ulaw"
        await pilot.press("f5")
        await until(pilot, lambda: len(backend.requests) == 2)
    assert backend.requests[0].options == TranscribeOptions(word_timestamps=True, hotwords="Darcy Bennet", beam_size=1)
    assert backend.requests[1].sample_format == SampleFormat(rate=8000, channels=2, sample_type="mulaw")


async def test_the_path_stays_for_correction_and_is_never_far(
    open_app: Open, backend: ScriptedBackend, recording: Path
) -> None:
    backend.script = [FileProblem("talk.wav cannot be read.")]
    async with open_app() as pilot:
        await transcribe(pilot, recording)
        await until(pilot, lambda: isinstance(pilot.app.focused, PathInput) and pilot.app.focused.selected_text)
        field = pilot.app.screen.query_one(PathInput)

        backend.script = [AudioUnreadable("talk.wav is not audio.", hint="Give a recording.")]
        await pilot.press("f5")
        await until(pilot, lambda: "talk.wav is not audio." in screen_text(pilot))
        assert field.value == str(recording)
        await until(pilot, lambda: isinstance(pilot.app.focused, Reader))
        await pilot.press("o")
        await until(pilot, lambda: pilot.app.focused is field)

        backend.script = [*speech("Hello there.")]
        await pilot.press("f5")
        await until(pilot, lambda: isinstance(pilot.app.focused, Reader))
        for letter in "o/quick.wav":  # in one piece behind the key: no row of commands
            pilot.app.post_message(Key("slash" if letter == "/" else letter, letter))
        await until(pilot, lambda: field.value == "/quick.wav")

        backend.script = [FileProblem("quick.wav cannot be read.")]
        await pilot.press("f5")
        await until(pilot, lambda: "quick.wav cannot be read." in screen_text(pilot))
        await until(pilot, lambda: "Hello there." in screen_text(pilot) and pilot.app.focused is field)
        await pilot.press("x")
        await until(
            pilot, lambda: "quick.wav cannot be read." not in screen_text(pilot) and "Done" in screen_text(pilot)
        )
        await pilot.press("escape")
        await until(pilot, lambda: isinstance(pilot.app.focused, Reader) and field.value == str(recording))
