"""The installed program in a real terminal (tmux), over the real backend: keys in, characters out."""

from __future__ import annotations

import shlex
import shutil
import sys
from pathlib import Path

import pytest
from tmux import Terminal

PROGRAM = f"{shlex.quote(sys.executable)} -c 'import sys; from orstt_tui.cli import main; sys.exit(main())'"
pytestmark = pytest.mark.slow


@pytest.mark.parametrize("settings", ["TERM=screen-256color", "TERM=linux NO_COLOR=1 LC_ALL=C.UTF-8"])
def test_the_models_can_be_managed_at_80_by_24(terminal: Terminal, settings: str) -> None:
    terminal.start(f"{settings} {PROGRAM}")
    screen = terminal.until("active: base")
    assert "local · ready" in terminal.until("ready")
    assert any("●" in line and "base" in line and "active, default" in line for line in screen.splitlines())
    assert "a Activate" in screen
    terminal.keys("n")  # and at once, as by whoever types ahead, what belongs into the form
    terminal.type("theatre-3")
    terminal.keys("Tab", "Tab")
    terminal.type("base")
    assert any("Weights" in line and "base" in line for line in terminal.until("ready to use").splitlines())
    terminal.keys("F5")
    terminal.until("Runs with")
    terminal.until("Added theatre-3")
    terminal.keys("a")
    terminal.until("active: theatre-3")
    terminal.keys("q")
    terminal.until("EXIT 0")


@pytest.mark.models
def test_a_recording_becomes_a_saved_text(terminal: Terminal, austen: Path, tmp_path: Path) -> None:
    shutil.copy(austen, tmp_path / "austen.wav")
    terminal.start(f"set -m; cd {shlex.quote(str(tmp_path))}; TERM=xterm {PROGRAM} 2>errors; echo BACK; sleep 3; fg")
    terminal.until("It is ready to use")
    terminal.keys("C-z")  # back to the shell, and to the program again, on which nothing changes meanwhile
    terminal.until("BACK")
    terminal.until("[1 Models]")
    terminal.keys("F3")
    terminal.until("[2 Transcribe]")
    terminal.type("au")
    terminal.until("austen.wav")
    terminal.keys("Tab")
    terminal.until("Recording  austen.wav")
    terminal.keys("Enter")
    screen = terminal.until("Done:", seconds=90)
    assert "Dashwood" in screen
    assert "English" in screen
    terminal.keys("s", "C-u")
    terminal.type("x.srt")
    terminal.keys("Enter")
    terminal.until("Saved")
    terminal.keys("q")
    terminal.until("EXIT 0")
    assert " --> " in (tmp_path / "x.srt").read_text()
    assert "Dashwood" in (tmp_path / "x.srt").read_text()
    assert (tmp_path / "errors").read_text() == ""


@pytest.mark.models
def test_a_job_is_submitted_and_done_while_one_looks(terminal: Terminal, austen: Path, tmp_path: Path) -> None:
    shutil.copy(austen, tmp_path / "austen.wav")
    terminal.start(f"cd {shlex.quote(str(tmp_path))}; TERM=xterm {PROGRAM}")
    terminal.until("active: base")
    terminal.keys("F4")
    terminal.until("No jobs yet.")
    terminal.keys("n")
    terminal.until("New job")
    terminal.type("au")
    terminal.until("austen.wav")
    terminal.keys("Tab", "Enter")
    terminal.until("Jobs: 1 job")
    screen = terminal.until("done", seconds=90)
    assert "austen.wav" in screen
    assert "Dashwood" in terminal.until("Dashwood")
    terminal.keys("/")
    terminal.type("dashwood")
    terminal.until("Jobs: 1 job")
    terminal.type("xyz")
    terminal.until("No job matches.")
    terminal.keys("Escape")
    terminal.until("Jobs: 1 job")
    terminal.keys("q")
    terminal.until("EXIT 0")


def test_a_taken_port_is_a_notice(terminal: Terminal) -> None:
    import socket

    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        terminal.start(f"{PROGRAM} --api 127.0.0.1:{port}")
        terminal.until(f"Port {port} on 127.0.0.1 is taken")
        terminal.keys("q")
        terminal.until("EXIT 0")
