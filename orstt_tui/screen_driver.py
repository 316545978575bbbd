"""IncrementalDriver: Textual's own driver, which writes only what changed on the screen."""

from __future__ import annotations

import sys
from functools import cache

from textual.drivers.linux_driver import LinuxDriver

from orstt_tui.screen_diff import ScreenDiff

ERASE = b"\x1b[%p1%dX"
"""Terminfo's `ech` of a terminal that does it as ECMA-48 says, as nearly all do."""


@cache
def erases_in_colour() -> bool:
    """Return whether the terminal erases cells where they are, in the background that is set, as terminfo has it."""
    try:
        import curses

        curses.setupterm(fd=sys.__stderr__.fileno() if sys.__stderr__ else -1)
        return bool(curses.tigetflag("bce") > 0 and curses.tigetstr("ech") == ERASE)
    except (ImportError, OSError, curses.error):
        return False


class IncrementalDriver(LinuxDriver):
    """Writes to the terminal through a `ScreenDiff`."""

    _diff: ScreenDiff | None = None

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
