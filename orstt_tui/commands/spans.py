"""How long something takes or is ago, in the one unit that a person would use."""

from __future__ import annotations

from datetime import UTC, datetime

UNITS = (("days", 86400.0), ("h", 3600.0), ("min", 60.0), ("s", 1.0))
FEWEST = 2
"""Of the larger unit, below which the smaller one says it better."""


def span(seconds: float) -> str:
    """Return a time as `45 s`, `4 min`, `30 h` or `12 days`."""
    unit, length = next((unit for unit in UNITS if seconds >= FEWEST * unit[1]), UNITS[-1])
    return f"{max(seconds, 0) / length:.0f} {unit}"


def since(when: datetime) -> str:
    """Return how long ago that was."""
    return span((datetime.now(UTC) - when).total_seconds())


def until(when: datetime) -> str:
    """Return how far ahead that is."""
    return span((when - datetime.now(UTC)).total_seconds())
