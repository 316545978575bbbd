"""What server and client agree on beyond the types. Imports neither a web framework nor an HTTP client."""

from __future__ import annotations

import re
from urllib.parse import unquote

from orstt_core.errors import OrsttError

API = "/api/v1"
"""Where our own REST API stands."""

KEEP_ALIVE_SECONDS = 10.0
"""How often a stream with nothing to say sends a comment; the client may give up after a few of these."""

ERROR_EVENT = "error"
"""Name of the server-sent event that carries a problem instead of a result."""

_PROBLEM = "orstt:"
_ID = re.compile(r"-?[0-9]{1,18}", re.ASCII)


def problem_type(error: OrsttError) -> str:
    """Return the problem type that names the error's class."""
    return f"{_PROBLEM}{error.code}"


def problem_code(kind: str) -> str:
    """Return the error code that a problem type names."""
    return kind.removeprefix(_PROBLEM)


def quote_ref(ref: int | str) -> str:
    """Return a model reference as one segment of a path: an id in digits, a name percent-encoded throughout.

    Encoding every byte keeps a slash, a dot segment or a name of digits from being taken for something else.
    """
    if isinstance(ref, int):
        return str(ref)
    return "".join(f"%{byte:02X}" for byte in ref.encode("utf-8", "replace"))


def unquote_ref(segment: str) -> int | str:
    """Return the model reference in a path's segment as it came, still encoded."""
    return int(segment) if _ID.fullmatch(segment) else unquote(segment)
