"""Recordings are chosen in their folders, dropped on the terminal, put in line, and transcribed one by one."""

from __future__ import annotations

import asyncio
import wave
from collections.abc import AsyncGenerator, Callable
from pathlib import Path

import pytest
from scripted import ScriptedBackend, speech
from scripted_jobs import a_job
from textual import events
from tui.conftest import Open
from tui.piloting import line, notices, program, screen_text, until

from orstt_core.errors import AudioUnreadable, ServerUnreachable
from orstt_core.types import Accepted, Job, Peaks, SpeechSpan, TranscribeEvent, TranscribeRequest
from orstt_tui.folder_listing import list_folder
from orstt_tui.recording_lengths import stated_length
from orstt_tui.recording_queue import queued
from orstt_tui.screens.recordings import RecordingsScreen
from orstt_tui.screens.transcribe import TranscribeScreen
from orstt_tui.screens.transcript import TranscriptScreen
from orstt_tui.widgets.path_input import PathInput, pasted_paths
from orstt_tui.widgets.queue_list import QueueList
from orstt_tui.widgets.waveform import Waveform


def silence(path: Path, seconds: int) -> Path:
    """Write a recording in which nothing is heard."""
    with wave.open(str(path), "wb") as file:
        file.setparams((1, 2, 8000, 0, "NONE", ""))
        file.writeframes(bytes(16000 * seconds))
    return path


@pytest.fixture
def visits(tmp_path: Path) -> Path:
    """A folder with recordings and other things."""
    folder = tmp_path / "visits"
    (folder / "old").mkdir(parents=True)
    for name, seconds in (("a.wav", 5), ("b.wav", 61), ("c d.wav", 7)):
        silence(folder / name, seconds)
    silence(folder / "old" / "first.wav", 2)
    (folder / "notes.txt").touch()
    (folder / "broken.mp3").write_bytes(b"no sound")
    return folder


def test_headers_say_how_long_recordings_are_and_a_broken_one_says_nothing(visits: Path) -> None:
    assert [stated_length(visits / name) for name in ("a.wav", "b.wav")] == [5.0, 61.0]
    assert [stated_length(visits / name) for name in ("broken.mp3", "notes.txt", "none.wav")] == [None] * 3


def test_several_paths_are_pasted_in_every_way_that_terminals_write_them(visits: Path) -> None:
    first, spaced = f"{visits}/a.wav", f"{visits}/c d.wav"
    escaped = spaced.replace(" ", "\\ ")
    for text in (f"{first} {escaped}", f"'{first}' '{spaced}' ", f"{first}\n{spaced}\n", f"file://{first} {escaped}"):
        assert pasted_paths(text) == [first, spaced], text
    assert pasted_paths(spaced) == [spaced]
    assert pasted_paths("no such file.wav") == ["no such file.wav"]


def test_a_pattern_is_looked_for_in_a_folder_whose_name_looks_like_one(tmp_path: Path) -> None:
    folder = tmp_path / "[2026] a*"
    folder.mkdir()
    recording = silence(folder / "a.wav", 1)
    assert [entry.path for entry in list_folder(folder, "*.wav")] == [recording]


def test_all_folders_below_are_looked_at_until_it_is_stopped(tmp_path: Path) -> None:
    for place in ("b/c", "a", ".hidden"):
        (tmp_path / place).mkdir(parents=True)
    there = [silence(tmp_path / name, 1) for name in ("a/x.wav", "b/c/y.wav", "z.wav")]
    silence(tmp_path / ".hidden" / "h.wav", 1)
    (tmp_path / "b" / "loop").symlink_to(tmp_path)

    def found(pattern: str, stopped: Callable[[], bool] = lambda: False) -> list[Path]:
        return [entry.path for entry in list_folder(tmp_path, pattern, stopped)]

    assert [found(pattern) for pattern in ("**", "**/*", "**/*.wav", "**/**/?.wav")] == [there] * 4
    assert (found("b/**/*.wav"), found("?/*.wav"), found("**.wav")) == ([there[1]], [there[0]], [there[2]])
    looks = iter([False, False])
    assert found("**/*", lambda: next(looks, True)) == [there[0], there[2]], "the third folder is not looked at"


async def test_recordings_are_found_marked_and_taken(open_app: Open, visits: Path) -> None:
    async with open_app(size=(80, 24)) as pilot:
        await pilot.press("2", "ctrl+n")
        await until(pilot, lambda: isinstance(pilot.app.screen, RecordingsScreen) and line(pilot, "visits/"))
        assert "4 recordings" in line(pilot, "visits/")
        await pilot.press("enter")
        await until(pilot, lambda: "1:01" in line(pilot, "b.wav") and "?" in line(pilot, "broken.mp3"))
        assert "notes.txt" not in screen_text(pilot)
        assert "4 recordings, 1:13 here" in screen_text(pilot)
        await pilot.press("slash", *"old/nowhere/", "enter")
        await until(pilot, lambda: "There is no folder old/nowhere/." in screen_text(pilot))
        await pilot.press("ctrl+u", *str(visits / "old"), "enter")
        await until(pilot, lambda: line(pilot, "first.wav"))
        await pilot.press("slash", *"../", "enter")
        await until(pilot, lambda: line(pilot, "b.wav"))
        await pilot.press("slash", *"**/*.wav", "enter")
        await until(pilot, lambda: line(pilot, "old/first.wav") and not line(pilot, "broken"))
        await pilot.press("asterisk")
        await until(pilot, lambda: "4 recordings, 1:15 marked" in screen_text(pilot))
        await pilot.press("escape", "backspace")
        await until(pilot, lambda: line(pilot, "visits/"))
        await pilot.press("l")
        await until(pilot, lambda: line(pilot, "● a.wav"))
        await pilot.press("f5")
        await until(pilot, lambda: isinstance(pilot.app.screen, TranscribeScreen))
        await until(pilot, lambda: "Queue: 4 recordings · 1:15" in screen_text(pilot))
        assert "4 recordings in line. F5 begins." in notices(pilot)

        queue = pilot.app.screen.query_one(QueueList).queue

        def names() -> list[str]:
            return [item.path.name for item in queue.items]

        assert names() == ["a.wav", "b.wav", "c d.wav", "first.wav"]
        await pilot.press("right_square_bracket", "x")
        await until(pilot, lambda: names() == ["b.wav", "c d.wav", "first.wav"])


async def test_what_is_in_line_is_transcribed_in_order_stopped_and_gone_on_with(
    open_app: Open, backend: ScriptedBackend, visits: Path
) -> None:
    release = asyncio.Event()
    plain = backend.transcribe
    unreachable = [ServerUnreachable("The server does not answer.")]

    async def held(request: TranscribeRequest) -> AsyncGenerator[TranscribeEvent]:
        assert isinstance(request.audio, Path)
        if unreachable:
            raise unreachable.pop()
        if request.audio.name == "broken.mp3":
            raise AudioUnreadable("It is no recording.")
        yield Accepted(model="base", job=backend.put(a_job(len(backend.requests) + 1)).id)
        if request.audio.name == "b.wav":
            await release.wait()
        async for event in plain(request):
            if not isinstance(event, Accepted):
                yield event

    backend.transcribe = held  # the same, but for what is wrong with one
    backend.script = [*speech("Hello there.")]
    backend.peaks_of["1" * 16] = Peaks(peaks=[10, 200] * 10, speech=[SpeechSpan(start=0.0, end=1.0)])
    async with open_app(size=(80, 24)) as pilot:
        await pilot.press("2")
        pilot.app.post_message(events.Paste(f"'{visits}/a.wav' '{visits}/broken.mp3' '{visits}/b.wav'"))
        await until(pilot, lambda: "Queue: 3 recordings · 1:06+" in screen_text(pilot))
        queue = pilot.app.screen.query_one(QueueList).queue
        await pilot.press("f5")
        await until(pilot, lambda: "waiting: The server does not answer." in line(pilot, "a.wav"))
        assert [item.state for item in queue.items] == ["waiting"] * 3, "the next would meet the same"
        await pilot.press("f5")
        await until(pilot, lambda: "running" in line(pilot, "b.wav"))
        assert [item.state for item in queue.items] == ["done", "failed", "running"]
        assert "It is no recording." in line(pilot, "broken.mp3")
        await pilot.press("escape")
        await until(pilot, lambda: queue.items[2].state == "cancelled")

        pilot.app.screen.query_one(PathInput).value = str(visits / "old")
        release.set()
        await pilot.press("f5")
        await until(pilot, lambda: [item.state for item in queue.items] == ["done"])
        assert backend.requests[-1].audio == visits / "old" / "first.wav"
        screen = pilot.app.screen
        screen.query_one(QueueList).table.focus()
        await pilot.press("enter")
        await until(pilot, lambda: isinstance(pilot.app.screen, TranscriptScreen))


async def test_what_waits_in_line_is_forgotten_knowingly_or_becomes_jobs(
    open_app: Open, backend: ScriptedBackend, visits: Path
) -> None:
    submit = backend.submit_job

    async def refuse_second(request: TranscribeRequest) -> Job:
        if request.audio == visits / "b.wav":
            raise ServerUnreachable("The server does not answer.")
        return await submit(request)

    async with open_app(size=(80, 24)) as pilot:
        await pilot.press("2")
        screen = pilot.app.screen
        assert isinstance(screen, TranscribeScreen)
        screen.line_up([queued(visits / "a.wav"), queued(visits / "b.wav")])
        backend.submit_job = refuse_second
        with pytest.raises(ServerUnreachable):
            await screen.submit_waiting()
        left = [item.path.name for item in screen.queue.items]
        assert left == ["b.wav"], "the first is a job, and is not sent again"
        backend.submit_job = submit
        await pilot.press("f10")
        await until(pilot, lambda: "1 recording in line is forgotten." in screen_text(pilot))
        await pilot.press("k")
        await until(pilot, lambda: not pilot.app.is_running)
        assert backend.requests[-1].audio == visits / "b.wav"
        goes_on = "which goes on when OR-STT runs again: `orstt jobs list`"
        assert program(pilot).closing_note == f"1 recording in line is a job now, {goes_on}"


async def test_the_sound_is_drawn_once_it_was_decoded(
    open_app: Open, backend: ScriptedBackend, recording: Path
) -> None:
    job = backend.put(a_job(1, state="running", recording="0" * 64))
    backend.peaks_of[job.id] = Peaks(peaks=[10, 200] * 10, speech=[SpeechSpan(start=0.0, end=1.0)])
    backend.script = [Accepted(model="base", job=job.id), *speech("Hello there.")[1:]]
    async with open_app(size=(80, 24)) as pilot:
        await pilot.press("2")
        await until(pilot, lambda: isinstance(pilot.app.focused, PathInput))
        assert not pilot.app.screen.query_one(Waveform).display
        pilot.app.screen.query_one(PathInput).value = str(recording)
        await pilot.press("f5")
        await until(pilot, lambda: pilot.app.screen.query_one(Waveform).display)
        assert "━" in screen_text(pilot), "the segment under the cursor"
