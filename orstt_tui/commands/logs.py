"""What the commands log, and how: one line each on standard error, tracebacks only when asked for."""

from __future__ import annotations

import logging
import traceback
from pathlib import Path

from orstt_core.logs import RequestIdFilter, keep_addresses_out
from orstt_tui.commands.output import one_line

JSON_FIELDS = {"levelname": "level", "name": "logger", "asctime": "time"}


class OneLine(logging.Formatter):
    """A record as one line; of an exception, its kind and where it was raised. At debug level its traceback follows."""

    def format(self, record: logging.LogRecord) -> str:
        """Return the line."""
        request = f" [{found}]" if (found := getattr(record, "request_id", "")) else ""
        line = f"orstt: {record.levelname.lower()}: {one_line(record.getMessage())}{request}"
        if not record.exc_info or record.exc_info[0] is None:
            return line
        if logging.getLogger(__name__).isEnabledFor(logging.DEBUG):
            return f"{line}\n{self.formatException(record.exc_info)}"
        # Not what the exception says: it may quote what was said in a recording.
        kind, _, trace = record.exc_info
        last = traceback.extract_tb(trace)[-1:]
        place = f" at {Path(last[0].filename).name}:{last[0].lineno}" if last else ""
        return f"{line} ({kind.__name__}{place}; the whole with -vv or ORSTT_LOG_LEVEL=debug)"


def log_to_stderr(
    level: str,
    format: str = "text",  # noqa: A002 - the setting is called log_format
    *,
    libraries: bool = False,
) -> None:
    """Send log records of this level and above to standard error, as lines for people or as JSON.

    Other libraries' warnings are shown only where more than the default was asked for: what concerns a
    person is said by this program.

    Args:
        level: debug, info, warning or error.
        format: text or json.
        libraries: whether the level is that of other libraries too, which write every SQL statement at debug.
    """
    handler = logging.StreamHandler()
    handler.setFormatter(_json() if format == "json" else OneLine())
    handler.addFilter(RequestIdFilter())
    asked = logging.getLevelNamesMapping()[level.upper()]
    logging.basicConfig(handlers=[handler])
    others = asked if libraries else logging.WARNING
    logging.getLogger().setLevel(others if asked < logging.WARNING else logging.ERROR)
    for package in ("orstt_core", "orstt_api", "orstt_tui"):
        logging.getLogger(package).setLevel(asked)
    keep_addresses_out(level)
    logging.captureWarnings(True)


def _json() -> logging.Formatter:
    from pythonjsonlogger.json import JsonFormatter

    fields = "{asctime}{levelname}{name}{message}"
    return JsonFormatter(fields, style="{", rename_fields=JSON_FIELDS, datefmt="%Y-%m-%dT%H:%M:%S%z")
