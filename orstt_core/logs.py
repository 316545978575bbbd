"""What a log record carries beside its message: the id of the request that it belongs to."""

from __future__ import annotations

import logging
from contextvars import ContextVar

request_id: ContextVar[str] = ContextVar("request_id", default="")
"""The id of the request that is answered here; empty outside of one. Tasks begun for it inherit it."""


class RequestIdFilter(logging.Filter):
    """Gives every record the attribute `request_id`, where there is one."""

    def filter(self, record: logging.LogRecord) -> bool:
        """Let every record pass."""
        if found := request_id.get():
            record.request_id = found
        return True


def keep_addresses_out(level: str) -> None:
    """Let the HTTP client log nothing below a warning, except at debug level.

    It writes the whole address of each request, with the words that somebody looked for in transcripts.

    Args:
        level: from which on records are logged: debug, info, warning or error.
    """
    logging.getLogger("httpx2").setLevel(logging.NOTSET if level == "debug" else logging.WARNING)
