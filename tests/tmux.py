"""A real terminal for tests (tmux): keys in, characters out."""

from __future__ import annotations

import os
import shutil
import subprocess
import time
from collections.abc import Iterator
from pathlib import Path

import pytest

from orstt_core.settings import load_settings
from orstt_tui.gives_tour import tour_file

LOOK_SECONDS = 0.1
"""Between two looks at the window."""


class Terminal:
    """A tmux server of its own with one window."""

    def __init__(self, tmux: str, folder: Path) -> None:
        self._tmux = [tmux, "-S", str(folder / "tmux"), "-f", os.devnull]

    def start(self, command: str, size: tuple[int, int] = (80, 24)) -> None:
        """Run a command; its exit code is printed after it, and the window stays."""
        columns, lines = size
        self._run("new-session", "-d", "-x", str(columns), "-y", str(lines), f"{command}; echo EXIT $?; sleep 600")

    def keys(self, *keys: str) -> None:
        """Press keys, by tmux's names for them."""
        self._run("send-keys", *keys)

    def type(self, text: str) -> None:
        """Type characters."""
        self._run("send-keys", "-l", text)

    def screen(self) -> str:
        """What the window shows."""
        return self._run("capture-pane", "-p")

    def until(self, words: str, seconds: float = 60) -> str:
        """Wait until the window shows this and return all it shows."""
        deadline = time.monotonic() + seconds
        while words not in (screen := self.screen()):
            assert time.monotonic() < deadline, f"{words!r} never showed:\n{screen}"
            self.pause()
        return screen

    def pause(self) -> None:
        """Let a moment pass between two looks."""
        time.sleep(LOOK_SECONDS)

    def close(self) -> None:
        """End the window and what runs in it."""
        subprocess.run([*self._tmux, "kill-server"], check=False, capture_output=True)

    def _run(self, *command: str) -> str:
        return subprocess.run([*self._tmux, *command], check=True, capture_output=True, text=True).stdout


@pytest.fixture
def terminal(tmp_path_factory: pytest.TempPathFactory, monkeypatch: pytest.MonkeyPatch) -> Iterator[Terminal]:
    tmux = shutil.which("tmux")
    if tmux is None:
        if os.environ.get("CI"):
            pytest.fail("tmux is missing: apt-get install tmux")
        pytest.skip("tmux is not installed")
    monkeypatch.setenv("LC_ALL", "C.UTF-8")
    monkeypatch.delenv("NO_COLOR", raising=False)
    # Not the first start: the tour would lie over what is looked for.
    shown = tour_file(load_settings().data_dir)
    shown.parent.mkdir(mode=0o700, parents=True, exist_ok=True)
    shown.touch()
    window = Terminal(tmux, tmp_path_factory.mktemp("t"))
    try:
        yield window
    finally:
        window.close()
