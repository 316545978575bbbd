"""WebPages: how many pages may be open, and the process that each of them is."""

from __future__ import annotations

import importlib.util
import os
import tempfile
from collections.abc import AsyncIterator, Mapping, Sequence
from contextlib import asynccontextmanager
from pathlib import Path

from orstt_api.web.sessions import BrowserSessions
from orstt_api.web.terminal_process import TerminalProcess
from orstt_core.errors import Busy, OrsttError

KEPT = ("PATH", "PYTHONPATH", "PYTHONHOME", "TZ")
"""Variables that a page's process gets as this process has them. No others: what they say, such as a password of the
database or a settings file, is not for whoever has a key."""
SCREEN = {"TERM": "xterm-256color", "COLORTERM": "truecolor", "LANG": "C.UTF-8"}
"""What xterm.js is."""
AWAY = {"SSH_CONNECTION": "a browser"}
"""Says that whoever types sits elsewhere, so that no sound is made here."""


class WebPages:
    """What `orstt web` serves beside the API.

    Args:
        command: runs the program on the server of `ORSTT_REMOTE`, with files below its current folder only; it must
            take the terminal on its standard input for its own.
        folder: that folder.
        most: pages that may be open at once.

    Attributes:
        assets: folders with the page's scripts, styles and fonts.

    Raises:
        OrsttError: what draws the terminal in the browser is not installed.
    """

    def __init__(self, command: Sequence[str], *, folder: Path, most: int) -> None:
        self.sessions = BrowserSessions()
        self.folder = folder
        self.assets = [Path(__file__).parent / "static", _terminal_files()]
        self._command = command
        self._most = most
        self._open = 0

    def check_room(self) -> None:
        """Refuse one more page where as many are open as may be.

        Raises:
            Busy: so it is.
        """
        if self._open >= self._most:
            raise Busy(
                f"{self._open} pages are open, as many as may be at once.",
                hint="Close one, or raise `orstt web --pages` on the server.",
            )

    @asynccontextmanager
    async def program(self, server: str, key: bytes, *, columns: int, rows: int) -> AsyncIterator[TerminalProcess]:
        """Run the program for one page, for as long as the block.

        Args:
            server: address that it works on.
            key: what it may do there; empty: there is none.
            columns: of the page's screen.
            rows: of the page's screen.

        Raises:
            Busy: as many pages are open as may be.
        """
        self.check_room()
        self._open += 1
        try:
            with tempfile.TemporaryDirectory(prefix="orstt-page-") as home:
                async with TerminalProcess.running(
                    self._command,
                    environment=_environment(home, server, key),
                    folder=self.folder,
                    columns=columns,
                    rows=rows,
                ) as terminal:
                    yield terminal
        finally:
            self._open -= 1


def _environment(home: str, server: str, key: bytes) -> Mapping[str, str]:
    """Return the variables of a page's process: nobody's settings, and a home that goes with the page."""
    return {
        **{name: value for name in KEPT if (value := os.environ.get(name))},
        **SCREEN,
        **AWAY,
        "HOME": home,
        "TMPDIR": home,
        "ORSTT_REMOTE": server,
        "ORSTT_API_KEY": os.fsdecode(key),
    }


def _terminal_files() -> Path:
    """Return where xterm.js is: in textual-serve, whose own server is not imported."""
    found = importlib.util.find_spec("textual_serve")
    if found is None or not found.submodule_search_locations or importlib.util.find_spec("websockets") is None:
        raise OrsttError(
            "What draws a terminal in the browser is not installed.", hint='Type: pip install "orstt[web]"'
        )
    return Path(found.submodule_search_locations[0]) / "static"
