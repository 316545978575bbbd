"""StatusLine: how far the work is, on one line of the terminal that is written over again and again."""

from __future__ import annotations

import sys
import time
from types import TracebackType
from typing import Self

from orstt_tui.commands.output import ECHO, lines_only, one_line, terminal_columns, write_stderr

INTERVAL = 0.1
"""Seconds between two updates: more cannot be read, and a slow link would choke."""
LINES_INTERVAL = 15.0
"""The same where each is a line of its own, which a screen reader reads out."""


class StatusLine:
    """One line on standard error; nothing at all unless that is a terminal.

    Where nothing may be written over, it is a new line from time to time.

    Use it as a context manager: leaving clears the line.
    """

    def __init__(self) -> None:
        self._stream = sys.stderr
        self._shows = self._stream is not None and self._stream.isatty()
        self._width = 0
        self._last = time.monotonic() if lines_only() else 0.0

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.clear()

    def show(self, *texts: str) -> None:
        """Put a text in the place of the last one.

        Args:
            texts: the same ever shorter: the first that fits is shown, and of the last one what fits.
        """
        now = time.monotonic()
        if lines_only():
            if self._shows and now - self._last >= LINES_INTERVAL:
                self._last = now
                write_stderr(texts[0])
            return
        if not self._shows or (self._width and now - self._last < INTERVAL):
            return
        room = terminal_columns(self._stream) - 1 - len(ECHO)
        lines = [one_line(text) for text in texts]
        line = next((each for each in lines if len(each) <= room), lines[-1][:room])
        self._draw(line.ljust(self._width))
        self._width = len(line)
        self._last = now

    def clear(self) -> None:
        """Leave the terminal's line empty, for other text to be printed there."""
        if self._width:
            self._draw(" " * (self._width + len(ECHO)))
            self._draw("")
            self._width = 0

    def _draw(self, text: str) -> None:
        # Spaces and a carriage return instead of an escape sequence: every terminal knows them.
        self._stream.write(f"\r{text}")
        self._stream.flush()
