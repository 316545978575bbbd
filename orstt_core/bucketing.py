"""Bucketing: a number between 0 and 1 for each recording in an experiment, always the same, that anybody can work out.

https://en.wikipedia.org/wiki/SHA-2 of the experiment's id and the recording's: recordings are spread evenly, and two
experiments spread them independently of each other.
"""

from __future__ import annotations

import hashlib

BYTES = 8
"""Of the digest, the first of which make the number."""


def bucket(experiment: str, recording: str) -> float:
    """Return the number, at least 0 and below 1, of a recording in an experiment; both by their ids."""
    digest = hashlib.sha256(f"{experiment}:{recording}".encode()).digest()
    return int.from_bytes(digest[:BYTES]) / float(1 << (8 * BYTES))
