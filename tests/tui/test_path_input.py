"""Completion of paths: folders and recordings, as a shell does it."""

from __future__ import annotations

import os
import threading
from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path

import pytest
from textual import events
from textual.app import App, ComposeResult
from textual.pilot import Pilot
from textual.widgets import Input
from tui.piloting import screen_text, until

from orstt_core.recording_names import AUDIO_SUFFIXES
from orstt_tui.widgets import path_input
from orstt_tui.widgets.path_input import Matches, PathInput, bare_path, matches


class Form(App[None]):
    """The field, the line below it and another field."""

    def compose(self) -> ComposeResult:
        yield PathInput(id="path")
        yield Matches(id="matches", markup=False)
        yield Input(id="after")

    def on_path_input_offered(self, event: PathInput.Offered) -> None:
        self.query_one(Matches).show(event)


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    for name in ("anna.wav", "anton.FLAC", "antenna.txt", ".hidden.wav", "Zoë [1].ogg"):
        (tmp_path / name).touch()
    (tmp_path / "ants").mkdir()
    (tmp_path / "ants" / "one.mp3").touch()
    monkeypatch.chdir(tmp_path)
    return tmp_path


@asynccontextmanager
async def form() -> AsyncGenerator[tuple[Pilot[None], PathInput]]:
    async with Form().run_test(size=(80, 10)) as pilot:
        yield pilot, pilot.app.query_one(PathInput)


def test_folders_and_recordings_are_offered_and_nothing_else(folder: Path) -> None:
    assert matches("an", AUDIO_SUFFIXES) == ["anna.wav", "anton.FLAC", "ants/"]
    assert matches(f"{folder}/ants/", AUDIO_SUFFIXES) == [f"{folder}/ants/one.mp3"]


def test_hidden_files_are_offered_only_when_asked_for(folder: Path) -> None:
    assert ".hidden.wav" not in matches("", AUDIO_SUFFIXES)
    assert matches(".h", AUDIO_SUFFIXES) == [".hidden.wav"]


def test_the_tilde_stays_as_typed(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HOME", str(folder))
    assert matches("~/ann", AUDIO_SUFFIXES) == ["~/anna.wav"]


@pytest.mark.parametrize("text", ["/no/such/place/x", "~nobody-here/x", "bad\0name", "/root-only/" + "x" * 5000])
def test_what_cannot_be_listed_has_no_matches(text: str) -> None:
    assert matches(text, AUDIO_SUFFIXES) == []


@pytest.mark.parametrize(
    ("pasted", "path"),
    [
        ("'/a b/it'\\''s [1].wav' ", "/a b/it's [1].wav"),
        ('"/a b/Zoë.wav"', "/a b/Zoë.wav"),
        ("/a\\ b/\\(1\\).wav", "/a b/(1).wav"),
        ("file:///a%20b/Zo%C3%AB.wav\r\nfile:///c.wav\r\n", "/a b/Zoë.wav"),
        ("'file://localhost/a%20b.wav'", "/a b.wav"),
        ("'/a b.wav' '/c d.wav'", "/a b.wav"),
        ("\n  /a b.wav \n", "/a b.wav"),
        ("/it's.wav", "/it's.wav"),
        ("'unclosed.wav", "'unclosed.wav"),
        ("'is there'.wav", "'is there'.wav"),
        ("100%25.wav", "100%25.wav"),
        ("bad\0\\ name", "bad\0 name"),
        ("", ""),
    ],
)
def test_a_path_is_understood_however_terminals_and_file_managers_write_it(
    folder: Path, pasted: str, path: str
) -> None:
    (folder / "'is there'.wav").touch()
    assert bare_path(pasted) == path


async def test_what_is_pasted_stands_bare_in_the_field_and_what_is_typed_is_understood(folder: Path) -> None:
    async with form() as (pilot, field):
        pilot.app.post_message(events.Paste("file:///a%20b.wav\n"))
        await until(pilot, lambda: field.value == "/a b.wav")
        field.value = "'~/a b.wav'"
        assert field.path == Path.home() / "a b.wav"


async def test_tab_takes_the_completion_and_then_goes_on(folder: Path) -> None:
    async with form() as (pilot, field):
        await pilot.press("a", "n", "n")
        await until(pilot, lambda: field._suggestion == "anna.wav")
        await pilot.press("tab")
        assert field.value == "anna.wav"
        await until(pilot, lambda: not field._found)
        await pilot.press("tab")
        assert pilot.app.focused is pilot.app.query_one("#after")


async def test_right_takes_it_too(folder: Path) -> None:
    async with form() as (pilot, field):
        await pilot.press("a", "n", "n")
        await until(pilot, lambda: field._suggestion == "anna.wav")
        await pilot.press("right")
        assert field.value == "anna.wav"


async def test_down_and_up_choose_another_match(folder: Path) -> None:
    async with form() as (pilot, field):
        await pilot.press("a", "n")
        await until(pilot, lambda: field._suggestion == "anna.wav")
        assert "anna.wav  anton.FLAC  ants/" in screen_text(pilot)
        await pilot.press("down", "down")
        await until(pilot, lambda: field._suggestion == "ants/")
        await pilot.press("up")
        await until(pilot, lambda: field._suggestion == "anton.FLAC")
        await pilot.press("tab")
        assert field.value == "anton.FLAC"


async def test_a_completed_folder_offers_what_is_in_it(folder: Path) -> None:
    async with form() as (pilot, field):
        await pilot.press("a", "n", "t", "s")
        await until(pilot, lambda: field._suggestion == "ants/")
        await pilot.press("tab")
        await until(pilot, lambda: field._suggestion == "ants/one.mp3")


async def test_tab_in_an_empty_field_goes_on(folder: Path) -> None:
    async with form() as (pilot, field):
        await until(pilot, lambda: bool(field._found))
        await pilot.press("tab")
        assert pilot.app.focused is pilot.app.query_one("#after")


async def test_an_empty_field_lists_the_folder_one_is_in(folder: Path) -> None:
    async with form() as (pilot, _):
        await until(pilot, lambda: "Zoë [1].ogg  anna.wav" in screen_text(pilot))


async def test_a_thousand_files_are_counted_not_listed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    for number in range(1000):
        os.close(os.open(tmp_path / f"{number:04}.wav", os.O_CREAT))
    monkeypatch.chdir(tmp_path)
    async with form() as (pilot, field):
        await pilot.press("0")
        await until(pilot, lambda: len(field._found) == 1000)
        assert field._suggestion == "0000.wav"


async def test_tab_right_after_typing_completes_what_was_typed(folder: Path) -> None:
    async with form() as (pilot, field):
        for key in ("a", "n", "t", "o", "tab"):
            pilot.app.post_message(events.Key(key, key if len(key) == 1 else "\t"))
        await until(pilot, lambda: field.value == "anton.FLAC")
        assert pilot.app.focused is field


async def test_tab_does_not_wait_for_ever_for_a_folder(folder: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    released = threading.Event()
    monkeypatch.setattr(path_input, "matches", lambda *_: released.wait(60) or [])
    monkeypatch.setattr(path_input, "LISTING_TIMEOUT", 0.1)
    async with form() as (pilot, _):
        await pilot.press("a", "tab")
        await until(pilot, lambda: pilot.app.focused is pilot.app.query_one("#after"))
        released.set()
