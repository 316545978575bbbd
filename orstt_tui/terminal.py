"""The screen belongs to the program: whatever else would be written over it goes to a log file.

Textual draws on standard error, where Python's logging and native libraries write too. While the program
runs, file descriptor 2 is the log; the screen has a descriptor of its own.
"""

from __future__ import annotations

import contextlib
import logging
import os
import sys
import textwrap
import traceback
from collections.abc import Iterator
from pathlib import Path
from types import TracebackType
from typing import Any

import platformdirs

from orstt_core.logs import keep_addresses_out
from orstt_core.text import printable

ExcInfo = tuple[type[BaseException], BaseException, TracebackType | None] | tuple[None, None, None]


class FileFormat(logging.Formatter):
    """A record as a line, and where an exception was raised in indented lines below it.

    Not what the exception says: it may quote what was said in a recording. At debug level it is written too.
    """

    def format(self, record: logging.LogRecord) -> str:
        """Return the lines."""
        message = printable(" ".join(record.getMessage().split("\n")))
        line = f"{self.formatTime(record)} {record.levelname} {record.name}: {message}"
        return f"{line}\n{textwrap.indent(self.formatException(record.exc_info), '    ')}" if record.exc_info else line

    def formatException(self, ei: ExcInfo) -> str:  # noqa: N802 - logging's name
        """Return where it was raised and its kind, those that led to it first."""
        error: Any = ei[1]
        if error is None or logging.getLogger().isEnabledFor(logging.DEBUG):
            return super().formatException(ei)
        parts: list[str] = []
        while error is not None and len(parts) < LONGEST_CHAIN:
            parts.append("".join(traceback.format_tb(error.__traceback__)) + type(error).__qualname__)
            error = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
        return "\n".join(reversed(parts))


LONGEST_CHAIN = 8
"""Exceptions that led to one another of which it is said."""


def log_file() -> Path:
    """Return where the terminal program logs."""
    return platformdirs.user_log_path("orstt") / "tui.log"


def draws_unicode() -> bool:
    """Return whether the terminal shows more than ASCII, as far as the environment says.

    Python itself sets `LC_CTYPE` where the locale is C (PEP 538), which says nothing of the terminal. The console of
    Linux has 512 letters, of which none is braille.
    """
    if os.environ.get("TERM") == "linux":
        return False
    said = [os.environ.get(name, "") for name in ("LC_ALL", "LC_CTYPE", "LANG")]
    if said[1].startswith("C.") and said[2]:
        said.pop(1)
    locale = next(filter(None, said), "UTF-8")
    return "utf8" in locale.lower().replace("-", "")


def _opened(path: Path) -> int:
    flags = os.O_WRONLY | os.O_CREAT | os.O_APPEND
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        return os.open(path, flags, 0o600)
    except OSError:
        # A machine where nothing can be written is still one where the program works.
        return os.open(os.devnull, flags)


@contextlib.contextmanager
def reserve_screen(level: str = "warning") -> Iterator[None]:
    """Keep the screen free of everything but the program's own drawing.

    Args:
        level: what Python code logs to the file: debug, info, warning or error.
    """
    log = _opened(log_file())
    # Someone who redirects standard error (`2>errors`) still wants to see the program.
    terminal = os.dup(2 if os.isatty(2) or not os.isatty(1) else 1)
    screen = os.fdopen(terminal, "w", encoding="utf-8", errors="replace")
    standard_error, drawn_on = os.dup(2), sys.__stderr__
    handler = logging.StreamHandler(os.fdopen(os.dup(log), "w", encoding="utf-8", errors="replace"))
    handler.setFormatter(FileFormat())
    root = logging.getLogger()
    before, level_before = root.handlers[:], root.level
    root.handlers[:] = [handler]
    root.setLevel(level.upper())
    keep_addresses_out(level)
    sys.__stderr__ = screen  # type: ignore[misc]  # where Textual finds its terminal; put back below
    os.dup2(log, 2)
    try:
        yield
    finally:
        os.dup2(standard_error, 2)
        sys.__stderr__ = drawn_on  # type: ignore[misc]  # as above
        root.handlers[:] = before
        root.setLevel(level_before)
        for descriptor in (standard_error, log):
            os.close(descriptor)
        handler.stream.close()
        with contextlib.suppress(OSError):  # a terminal that is gone takes nothing any more
            screen.close()
