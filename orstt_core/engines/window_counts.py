"""How many windows of a recording were decoded, and how many of them again, for whoever counts: an engine's host."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass


@dataclass
class WindowCounts:
    """Windows of one recording.

    Attributes:
        windows: how many were decoded.
        repeated: how many of them more than once, since the first text was not to be believed.
    """

    windows: int = 0
    repeated: int = 0


_counts: ContextVar[WindowCounts | None] = ContextVar("counts", default=None)


def count_window(*, repeated: bool) -> None:
    """Count a window that was decoded in the work that this thread does."""
    if (counts := _counts.get()) is not None:
        counts.windows += 1
        counts.repeated += repeated


@contextmanager
def windows_counted_in(counts: WindowCounts) -> Iterator[None]:
    """Do work in this thread, and count its windows here."""
    token = _counts.set(counts)
    try:
        yield
    finally:
        _counts.reset(token)
