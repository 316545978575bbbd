"""What server and client agree on beyond the types. Imports neither a web framework nor an HTTP client."""

from __future__ import annotations

import re
from urllib.parse import unquote

from msgspec import Struct

from orstt_core.types import Problem

API = "/api/v1"
"""Where our own REST API stands."""

JOBS = "/api/jobs"
"""Where jobs stand: beside the dashboard's endpoints, for whoever has no use for the rest."""

BENCHMARKS = f"{API}/benchmarks"
"""Where benchmarks stand."""

EXPERIMENTS = f"{API}/experiments"
"""Where experiments stand."""

VOCABULARIES = f"{API}/vocabularies"
"""Where lists of words to expect stand."""

ASR = "/asr"
DETECT_LANGUAGE = "/detect-language"
"""Where the API of whisper-asr-webservice stands."""

WEIGHTS = f"{API}/weights"
"""Where model files are asked for."""

ARCHIVE = "application/octet-stream"
"""Media type of an exported model."""

CSV = "text/csv"
"""Media type of a table."""

WAV = "audio/wav"
"""Media type of a job's sound."""

READY = "/health/ready"
"""Where the server says whether it takes another recording."""

PROBLEM_TYPE = "application/problem+json"
"""Media type of an error under `API` and `JOBS`."""

NOT_FOUND_PREFIX = "There is nothing at"
"""How the answer to an unknown address begins; a client recognises an older server by it."""

KEEP_ALIVE_SECONDS = 10.0
"""How often a stream with nothing to say sends a comment; the client may give up after a few of these."""

ERROR_EVENT = "error"
"""Name of the server-sent event that carries a problem instead of a result."""

_ID = re.compile(r"-?[0-9]{1,18}", re.ASCII)


class PullFailure(Struct, frozen=True, kw_only=True):
    """The line of a pull that failed: in words, as Ollama's clients read it, and as our own do."""

    error: str
    problem: Problem


def quote_ref(ref: int | str) -> str:
    """Return a reference as one segment of a path: a model's id in digits, a name percent-encoded throughout.

    Encoding every byte keeps a slash, a dot segment or a name of digits from being taken for something else.
    """
    if isinstance(ref, int):
        return str(ref)
    return "".join(f"%{byte:02X}" for byte in ref.encode("utf-8", "replace"))


def unquote_ref(segment: str) -> int | str:
    """Return the model reference in a path's segment as it came, still encoded."""
    return int(segment) if _ID.fullmatch(segment) else unquote(segment)
