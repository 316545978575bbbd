"""`orstt watch`, and folders and patterns in the place of recordings: what is done is not done again."""

from __future__ import annotations

import io
import os
import signal
import time
from collections.abc import Callable
from pathlib import Path

import pytest
from cli.running import Result, Shell, several, wait_for
from scripted import ScriptedBackend

from orstt_core.types import Progress, Started, UsedModel
from orstt_tui.commands import status_line
from orstt_tui.folder_watch import FolderWatch
from orstt_tui.progress import BatchMeter, RunMeter

Orstt = Callable[..., Result]
TEXT = "Hello there. General remarks.\n"
USED = UsedModel(name="base", type="whisper", device="cpu", compute_type="int8")


def test_a_folder_and_a_pattern_stand_for_the_recordings_in_them(
    orstt: Orstt, scripted: ScriptedBackend, tmp_path: Path
) -> None:
    several(tmp_path, "b.wav", "a.mp3", "notes.txt", ".part.wav")
    out = tmp_path / "out"
    assert orstt("transcribe", tmp_path, "--output", f"{out}/").code == 0
    assert orstt("transcribe", tmp_path / "*.wav").out == TEXT
    assert [request.audio.name for request in scripted.requests] == ["a.mp3", "b.wav", "b.wav"]
    assert sorted(path.name for path in out.iterdir()) == ["a.txt", "b.txt"]


def test_what_has_its_transcript_is_left_out_unless_the_recording_is_another_one_now(
    orstt: Orstt, scripted: ScriptedBackend, tmp_path: Path
) -> None:
    first, second = several(tmp_path, "a.wav", "b.wav")
    command = ("transcribe", tmp_path, "--output", f"{tmp_path}/out/", "--skip-existing")
    assert orstt("transcribe", first, *command[2:]) == (0, "", "")
    assert orstt(*command) == (0, "", "orstt: 1 recording left out: the transcripts are there\n")
    assert orstt(*command) == (0, "", "orstt: 2 recordings left out: the transcripts are there\n")
    later = time.time() + 60
    os.utime(second, (later, later))
    assert orstt(*command).code == 0
    assert [request.audio.name for request in scripted.requests] == ["a.wav", "b.wav", "b.wav"]


def test_a_recording_is_complete_when_it_has_stayed_as_it_is_and_comes_once(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    now = 100.0
    monkeypatch.setattr("time.monotonic", lambda: now)
    (recording,) = several(tmp_path, "a.wav")
    (tmp_path / "empty.wav").touch()
    watch = FolderWatch(tmp_path, unchanged=5.0)
    assert watch.complete() == []
    now += 4
    with recording.open("ab") as file:
        file.write(b"more")
    os.utime(recording, (1, 1))  # as copies that keep the date do
    assert watch.complete() == []
    now += 5
    assert watch.complete() == [recording] == watch.complete()
    watch.take(recording)
    now += 5
    assert watch.complete() == []
    watch.forget(recording)
    assert watch.complete() == [recording]
    watch.take(recording)
    recording.write_bytes(b"another one")
    assert watch.complete() == []
    now += 5
    assert watch.complete() == [recording]


@pytest.mark.slow
def test_recordings_are_transcribed_as_they_appear_and_not_again_after_a_restart(shell: Shell, tmp_path: Path) -> None:
    inbox, texts = tmp_path / "inbox", tmp_path / "texts"
    inbox.mkdir()
    several(inbox, "a.wav")
    for name, after in (("a.wav", "b.wav"), ("b.wav", "c.wav")):
        process = shell.start("watch", inbox, "--output", texts, "--unchanged", "0.1", command=shell.scripted())
        assert process.stderr.readline().decode() == f"orstt: watching {inbox}; Ctrl-C ends it\n"
        if name == "a.wav":
            assert process.stdout.readline().decode() == f"{inbox / name}\n"
        several(inbox, after)
        assert process.stdout.readline().decode() == f"{inbox / after}\n"
        if after == "c.wav":
            several(inbox, "d.wav", "d.mp3")
            assert any(b"d.mp3 and d.wav would have the same" in line for line in process.stderr)
        process.send_signal(signal.SIGINT)
        assert process.communicate(timeout=60)[0] == b""
        assert process.returncode == 130
    wait_for(lambda: len(list(texts.iterdir())) == 3)
    assert {path.read_text() for path in texts.iterdir()} == {TEXT}


def test_a_line_says_how_fast_it_goes_and_what_is_left_of_one_and_of_all(monkeypatch: pytest.MonkeyPatch) -> None:
    now = 0.0
    monkeypatch.setattr("time.monotonic", lambda: now)
    meter, batch = RunMeter(), BatchMeter({Path("a"): 100, Path("b"): 300, Path("c"): 100})
    assert meter.line(Started(duration=120.0, model=USED)) == "0% 0.0/120.0 s"
    now = 8.0
    assert meter.line(Progress(position=10.0, duration=120.0)) == "[#-----------]   8%", "one report is no pace"
    batch.begin(Path("a"))
    assert batch.left(meter) == ""
    now = 10.0
    assert meter.line(Progress(position=40.0, duration=120.0)) == "[####--------]  33% 4.0x 0:20 left"
    assert meter.lines(Progress(position=40.0, duration=120.0))[1:] == ["33% 4.0x 0:20 left", "33% 0:20 left", "33%"]
    assert batch.left(meter) == "2:20 left of all"
    batch.finish(Path("a"))
    batch.begin(Path("b"))
    now = 100.0
    waiting = RunMeter()
    assert batch.left(waiting) == "0:40 left of all", "what is loaded and waited for is no pace"
    batch.finish(Path("b"))
    batch.begin(Path("c"))
    assert batch.left(waiting) == ""


@pytest.mark.parametrize(
    ("columns", "shown"), [(40, "one.wav: 33% 0:20 left, 1:10 of all"), (30, "33%, 1:10 of all"), (9, "33%, 1")]
)
def test_a_line_too_long_for_the_terminal_leaves_whole_parts_out(
    monkeypatch: pytest.MonkeyPatch, columns: int, shown: str
) -> None:
    terminal = io.StringIO()
    monkeypatch.setattr(terminal, "isatty", lambda: True)
    monkeypatch.setattr("sys.stderr", terminal)
    monkeypatch.setattr(status_line, "terminal_columns", lambda _: columns)
    texts = ("one.wav: 33% 4.0x 0:20 left, 1:10 of all", "one.wav: 33% 0:20 left, 1:10 of all", "33%, 1:10 of all")
    status_line.StatusLine().show(*texts)
    assert terminal.getvalue() == f"\r{shown}"
