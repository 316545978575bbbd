"""IncrementalDriver: Textual's own driver, which writes only what changed on the screen."""

from __future__ import annotations

import os
import sys
from contextlib import suppress
from functools import cache
from io import TextIOWrapper
from types import ModuleType
from typing import IO, Any, cast

from textual.app import App
from textual.drivers.linux_driver import LinuxDriver

from orstt_tui.screen_diff import ScreenDiff

ERASE = b"\x1b[%p1%dX"
"""Terminfo's `ech` of a terminal that does it as ECMA-48 says, as nearly all do."""


UNDERLINE = 2
"""In terminfo's `ncv`, which says which attributes a terminal cannot show together with colours."""


@cache
def erases_in_colour() -> bool:
    """Return whether the terminal erases cells where they are, in the background that is set, as terminfo has it."""
    curses = _terminfo()
    return curses is not None and curses.tigetflag("bce") > 0 and curses.tigetstr("ech") == ERASE


@cache
def underlines_in_colour() -> bool:
    """Return whether the terminal draws a line under coloured text; the console of Linux gives it another colour."""
    curses = _terminfo()
    return curses is None or not max(curses.tigetnum("ncv"), 0) & UNDERLINE


def _terminfo() -> ModuleType | None:
    """Return what answers for the terminal that is drawn on, or None: nothing is known of it."""
    try:
        import curses
    except ImportError:
        return None
    try:
        curses.setupterm(fd=sys.__stderr__.fileno() if sys.__stderr__ else -1)
    except (OSError, curses.error):
        return None
    return curses


class Terminal:
    """What is drawn on. Once it is gone nothing is: Textual's writer would end, and who draws wait for it for ever.

    Args:
        file: the terminal.
    """

    def __init__(self, file: IO[str]) -> None:
        self._file = file
        self.fileno = file.fileno

    def write(self, text: str) -> None:
        """Write."""
        with suppress(OSError):
            self._file.write(text)

    def flush(self) -> None:
        """Send what was written."""
        with suppress(OSError):
            self._file.flush()


class IncrementalDriver(LinuxDriver):
    """Writes to the terminal through a `ScreenDiff`."""

    _diff: ScreenDiff | None = None

    def __init__(self, app: App[object], **facts: Any) -> None:
        super().__init__(app, **facts)
        assert self._file is not None
        self._file = cast("TextIOWrapper", Terminal(self._file))

    @property
    def can_suspend(self) -> bool:
        """Whether somebody could wake it again: a shell that started it, which a session's first process lacks."""
        return super().can_suspend and os.getsid(0) != os.getpid()

    def write(self, data: str) -> None:
        """Write a frame's changed cells; anything else as it is."""
        if self._diff is None:
            self._diff = ScreenDiff(erases=erases_in_colour())
        if data := self._diff.reduce(data):
            super().write(data)

    def forget(self) -> None:
        """Write the whole of the next frame: the terminal may show anything."""
        self._diff = None

    def start_application_mode(self) -> None:
        """Begin with an empty screen, also when the program goes on after it was stopped."""
        self.forget()
        super().start_application_mode()  # type: ignore[no-untyped-call]  # Textual's
