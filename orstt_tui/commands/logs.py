"""What the commands log, and how: one line each on standard error, tracebacks only when asked for."""

from __future__ import annotations

import logging

from orstt_tui.commands.output import one_line


class OneLine(logging.Formatter):
    """A record as one line; at debug level the traceback follows it."""

    def format(self, record: logging.LogRecord) -> str:
        """Return the line."""
        line = f"orstt: {record.levelname.lower()}: {one_line(record.getMessage())}"
        if record.exc_info and logging.getLogger().isEnabledFor(logging.DEBUG):
            return f"{line}\n{self.formatException(record.exc_info)}"
        return line


def log_to_stderr(level: str) -> None:
    """Send log records of this level and above to standard error.

    Other libraries' warnings are shown only where more than the default was asked for: what concerns a
    person is said by this program.
    """
    handler = logging.StreamHandler()
    handler.setFormatter(OneLine())
    asked = logging.getLevelNamesMapping()[level.upper()]
    logging.basicConfig(handlers=[handler])
    logging.getLogger().setLevel(asked if asked < logging.WARNING else logging.ERROR)
    for package in ("orstt_core", "orstt_api", "orstt_tui"):
        logging.getLogger(package).setLevel(asked)
    logging.captureWarnings(True)
