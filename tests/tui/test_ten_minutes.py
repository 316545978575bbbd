"""The first ten minutes in a real terminal over 8 kB/s: here and on a server, in the colours of most terminals.

Every step waits for what the one before it shows; at the end the screen is as the program would draw it anew, so
nothing of what was sent in pieces was lost or garbled.
"""

from __future__ import annotations

import shlex
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from cli.running import Shell
from tmux import Terminal

PROGRAM = f"{shlex.quote(sys.executable)} -c 'import sys; from orstt_tui.cli import main; sys.exit(main())'"
THROTTLED = f"{shlex.quote(sys.executable)} {shlex.quote(str(Path(__file__).parents[1] / 'throttled.py'))} 8000"
SECONDS = 120
"""How long a step may take: beside others, and over such a link."""
pytestmark = [pytest.mark.slow, pytest.mark.models]


@pytest.fixture(params=["in this process", "on a server"])
def options(request: pytest.FixtureRequest) -> Iterator[str]:
    """What leads to the place."""
    if request.param == "in this process":
        yield ""
        return
    with Shell().serving() as address:
        yield f"--remote {address}"


def drawn_anew(terminal: Terminal) -> None:
    """Have all of it drawn anew, which must change nothing; a notice that goes meanwhile has it done once more."""
    for _ in range(3):
        before = settled(terminal)
        terminal.keys("C-r")
        if (after := settled(terminal)) == before:
            return
    assert after == before


def settled(terminal: Terminal) -> str:
    """What the screen shows once it shows the same for a while."""
    looks = [terminal.screen()]
    while len(looks) < 15 or len(set(looks[-15:])) > 1:
        terminal.pause()
        looks.append(terminal.screen())
    return looks[-1]


@pytest.mark.parametrize("term", ["xterm", "xterm-256color"])
def test_the_first_ten_minutes(terminal: Terminal, austen: Path, tmp_path: Path, options: str, term: str) -> None:
    def until(words: str) -> str:
        return terminal.until(words, seconds=SECONDS)

    shutil.copy(austen, tmp_path / "austen.wav")
    terminal.start(f"cd {shlex.quote(str(tmp_path))}; TERM={term} {THROTTLED} {PROGRAM} {options}")
    until("active: base")
    until("ready" if not options else "connected")

    # A model, typed ahead of the form that it is for.
    terminal.keys("n")
    terminal.type("theatre-3")
    terminal.keys("Tab", "Tab")
    terminal.type("base")
    until("ready to use")
    terminal.keys("F5")
    until("Added theatre-3")
    terminal.keys("a")
    until("active: theatre-3")

    # A recording, read while it becomes text.
    terminal.keys("2")
    until("[2 Transcribe]")
    terminal.type("austen.wav")
    terminal.keys("Enter")
    until("Done:")
    assert "Dashwood" in until("Dashwood")
    drawn_anew(terminal)

    # Its job, found by its name, read, corrected and saved.
    terminal.keys("3")
    until("Jobs: 1 job")
    terminal.keys(":")
    terminal.type("austen")
    until("austen.wav  job")
    terminal.keys("Enter")
    until("Jobs > austen.wav")
    until("Dashwood")
    terminal.keys("e")
    until("Jobs > austen.wav > Correct")
    terminal.keys("C-a")
    terminal.type("Once: ")
    terminal.keys("F5")
    until("Once: ")
    terminal.keys("s")
    until("Save")
    terminal.keys("C-u")
    terminal.type("austen.srt")
    terminal.keys("Enter")
    until("Saved")
    while "Saved" in terminal.screen():  # the notice goes by itself
        terminal.pause()
    drawn_anew(terminal)
    terminal.keys("Escape")
    until("1 job")
    terminal.keys("q")
    until("EXIT 0")
    assert "Once: " in (tmp_path / "austen.srt").read_text()
