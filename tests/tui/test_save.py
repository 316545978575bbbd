"""Save: every format, the suggestion beside the recording, and nothing lost by accident."""

from __future__ import annotations

from functools import partial
from pathlib import Path

import msgspec
import pytest
from scripted import ScriptedBackend, speech
from textual.pilot import Pilot
from textual.widgets import Button, Input, Select
from tui.conftest import Open
from tui.piloting import a_done_job, notices, screen_text, show_jobs, transcribe, until

from orstt_core.formats import FORMATS
from orstt_core.types import NewSegment, Segment
from orstt_tui.screens.confirm import ConfirmScreen
from orstt_tui.screens.save import SaveScreen
from orstt_tui.widgets.format_choice import LABELS, FormatChoice
from orstt_tui.widgets.path_input import PathInput


async def transcribed(pilot: Pilot[None], recording: Path) -> None:
    """Transcribe, then open the dialog."""
    await transcribe(pilot, recording)
    await until(pilot, lambda: "Done" in screen_text(pilot))
    await save_dialog(pilot)


async def save_dialog(pilot: Pilot[None]) -> None:
    """Open the dialog."""
    await pilot.press("s")
    await until(pilot, lambda: isinstance(pilot.app.screen, SaveScreen))


def path_field(pilot: Pilot[None]) -> PathInput:
    """The field with the file's path."""
    return pilot.app.screen.query_one("#file", PathInput)


def is_named(pilot: Pilot[None], path: Path) -> bool:
    """Whether that is the file's path."""
    return path_field(pilot).value == str(path)


def problem(pilot: Pilot[None]) -> str:
    """What the dialog says is wrong."""
    return str(pilot.app.screen.query_one("#form-problem").render())


def says(pilot: Pilot[None], complaint: str) -> bool:
    """Whether the dialog says that this is wrong."""
    return complaint in problem(pilot)


async def choose(pilot: Pilot[None], *forms: str) -> None:
    """Press the buttons of formats until these are chosen and no others."""
    formats = pilot.app.screen.query_one(FormatChoice)
    for form in set(formats.chosen) ^ set(forms):
        formats.query_one(f"#format-{form}", Button).focus()
        await pilot.press("space")
    await until(pilot, lambda: set(formats.chosen) == set(forms))


def test_every_format_can_be_chosen() -> None:
    assert set(LABELS) == set(FORMATS)


@pytest.mark.slow
async def test_text_is_saved_beside_the_recording_in_every_format(open_app: Open, recording: Path) -> None:
    async with open_app() as pilot:
        await transcribed(pilot, recording)
        await pilot.press("escape")
        await until(pilot, lambda: not isinstance(pilot.app.screen, SaveScreen))
        assert list(recording.parent.iterdir()) == [recording], "escape saves nothing"
        for form, suffix, expected in (
            ("text", ".txt", "Hello there. General remarks.\n"),
            ("srt", ".srt", "00:00:02,000 --> 00:00:04,000\nGeneral remarks."),
            ("vtt", ".vtt", "WEBVTT"),
            ("json", ".json", '{"text":"Hello there. General remarks."}'),
            ("tsv", ".tsv", "2000\t4000\tGeneral remarks."),
        ):
            await save_dialog(pilot)
            target = recording.with_suffix(suffix)
            await choose(pilot, form)
            await until(pilot, partial(is_named, pilot, target))
            await pilot.press("f5")
            await until(pilot, lambda: not isinstance(pilot.app.screen, SaveScreen))
            assert expected in target.read_text()
            assert any(f"Saved {target}" in notice for notice in notices(pilot))


@pytest.mark.slow
async def test_the_ending_of_the_name_decides_the_format_as_in_a_command_also_for_a_job(
    open_app: Open, backend: ScriptedBackend, recording: Path
) -> None:
    backend.put(
        msgspec.structs.replace(a_done_job(1, "Hello there.", "General remarks."), filename="ward 7/2026/visit.2.wav")
    )
    async with open_app() as pilot:
        await show_jobs(pilot, "0:02.0  General remarks.")
        for name, form, beginning in (
            ("talk.srt", "srt", "1\n00:00:00,000 --> "),
            ("TALK.VTT", "vtt", "WEBVTT"),
            ("talk.txt.tsv", "tsv", "start\tend\ttext"),
            ("talk", "text", "Hello there. General"),
            ("talk.md", "text", "Hello there. General"),
            ("talk.json", "json", '{"text":"Hello'),
        ):
            await save_dialog(pilot)
            assert path_field(pilot).value == "visit.2.txt", "somebody else's folders are not here"
            path_field(pilot).value = name
            await pilot.press("enter")  # at once: before the list of formats shows what was chosen
            await until(pilot, lambda: not isinstance(pilot.app.screen, SaveScreen))
            assert (recording.parent / name).read_text().startswith(beginning), form
        await save_dialog(pilot)
        path_field(pilot).value = "verbose.json"
        await until(pilot, lambda: pilot.app.screen.query_one(FormatChoice).chosen == ["json"])
        await choose(pilot, "verbose_json")
        await pilot.press("f5")
        await until(pilot, lambda: not isinstance(pilot.app.screen, SaveScreen))
        assert '"segments"' in (recording.parent / "verbose.json").read_text()


async def test_a_file_that_exists_is_replaced_only_after_yes_and_one_that_cannot_be_written_is_said(
    open_app: Open, recording: Path
) -> None:
    target = recording.with_suffix(".txt")
    target.write_text("precious")
    async with open_app() as pilot:
        await transcribed(pilot, recording)
        for path, complaint in (
            ("/no/such/folder/talk.txt", "/no/such/folder/talk.txt cannot be written"),
            ("/proc/talk.txt", "/proc/talk.txt cannot be written"),  # not even root may
            (f"{recording.parent}/", "is a folder. Name a file in it."),
        ):
            path_field(pilot).value = path
            await pilot.press("enter")
            await until(pilot, partial(says, pilot, complaint))
            assert isinstance(pilot.app.screen, SaveScreen)

        path_field(pilot).value = str(target)
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(pilot.app.screen, ConfirmScreen))
        assert "exists already" in screen_text(pilot)
        await pilot.press("n")
        await until(pilot, lambda: isinstance(pilot.app.screen, SaveScreen))
        assert target.read_text() == "precious"
        await pilot.press("enter", "y")
        await until(pilot, lambda: any("Saved" in notice for notice in notices(pilot)))
    assert target.read_text() == "Hello there. General remarks.\n"


async def test_what_a_cancelled_run_heard_can_be_saved_but_no_times_are_invented_for_it(
    open_app: Open, backend: ScriptedBackend, recording: Path
) -> None:
    untimed = Segment(id=0, start=None, end=None, text="Hello there.")
    backend.script = [*speech()[:2], NewSegment(segment=untimed), 600.0]
    async with open_app() as pilot:
        await transcribe(pilot, recording)
        await until(pilot, lambda: "Hello there." in screen_text(pilot))
        await pilot.press("escape")
        await save_dialog(pilot)
        await choose(pilot, "srt")
        await until(pilot, lambda: is_named(pilot, recording.with_suffix(".srt")))
        await pilot.press("f5")
        await until(pilot, lambda: problem(pilot).strip())
        assert isinstance(pilot.app.screen, SaveScreen)

        await choose(pilot, "text")
        await until(pilot, lambda: is_named(pilot, recording.with_suffix(".txt")))
        await pilot.press("f5")
        await until(pilot, lambda: any("Saved" in notice for notice in notices(pilot)))
    assert recording.with_suffix(".txt").read_text() == "Hello there.\n"
    assert not recording.with_suffix(".srt").exists()


async def test_several_formats_are_written_at_once_as_the_preview_shows_them(
    open_app: Open, backend: ScriptedBackend, recording: Path
) -> None:
    long = "It is a truth universally acknowledged, that a single man must be in want of a wife."
    backend.script = [*speech(long)]
    recording.with_suffix(".srt").write_text("precious")
    async with open_app() as pilot:
        await transcribed(pilot, recording)
        await until(
            pilot, lambda: "Preview of text · writes talk.txt" in screen_text(pilot) and long[:50] in screen_text(pilot)
        )
        await choose(pilot, "text", "verbose_json")
        await until(pilot, lambda: '  "task": "transcribe",' in screen_text(pilot))
        await choose(pilot, "text", "srt", "json", "verbose_json")
        await choose(pilot, "text", "srt", "vtt", "json", "verbose_json")
        names = "talk.txt, talk.srt, talk.vtt, talk.json, talk.verbose.json"
        captions = "Preview of vtt · writes talk.txt, talk.srt, talk.vtt", "talk.verbose.json"
        await until(pilot, lambda: all(words in screen_text(pilot) for words in (*captions, "WEBVTT")))

        pilot.app.screen.query_one("#cues", Select).value = True
        await until(pilot, lambda: pilot.app.screen.query_one("#option-line_length", Input).placeholder == "42")
        pilot.app.screen.query_one("#option-line_length", Input).value = "none"
        await pilot.press("f5")
        await until(pilot, lambda: problem(pilot).strip())
        pilot.app.screen.query_one("#option-line_length", Input).value = "30"
        await until(pilot, lambda: "acknowledged, that a single" in screen_text(pilot))
        await pilot.press("f5")
        await until(pilot, lambda: "Replace talk.srt?" in screen_text(pilot))
        await pilot.press("y")
        await until(pilot, lambda: any(f"talk.txt, {names[10:]}." in notice for notice in notices(pilot)))
    for name in names.split(", "):
        lines = (recording.parent / name).read_text().splitlines()
        assert name.endswith(("txt", "json")) or max(map(len, lines)) <= 30
