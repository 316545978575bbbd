"""A place in a recording, as people write it."""

from __future__ import annotations

import re

from orstt_core.errors import InvalidRequest

COLONS = re.compile(r"(?:(?:(\d+):)?(\d+):)?(\d+(?:\.\d+)?)")
"""`1:02:03`, `2:03`, `62` or `61.5`."""
UNITS = re.compile(r"(?=.)(?:(\d+)h)?(?:(\d+)m(?:in)?)?(?:(\d+(?:\.\d+)?)s)?")
"""`1h2m3s`, `1m2s`, `2min` or `62s`."""


def parse_time(text: str) -> float:
    """Return the seconds from the start of a recording that a text stands for, such as `1:02:03`, `62` or `1m2s`.

    Raises:
        InvalidRequest: it stands for none.
    """
    written = "".join(text.lower().split()).replace(",", ".")
    match = COLONS.fullmatch(written) or UNITS.fullmatch(written)
    if match is None:
        raise InvalidRequest(f"{text.strip()[:20]!r} is no time.", hint="Write it as 1:02:03, 62 or 1m2s.")
    hours, minutes, seconds = (float(part or 0) for part in match.groups())
    return hours * 3600 + minutes * 60 + seconds
