"""TransferRate: how fast bytes come, and how long the rest will take."""

from __future__ import annotations

import time
from collections import deque
from collections.abc import Callable

WINDOW_SECONDS = 15.0
"""The rate is that of the last so many seconds: short enough to follow a network, long enough to be read."""
STEP_SECONDS = 0.2
"""Counts that follow each other faster are taken together."""
LEAST_COUNTS = 2
"""So many are kept: the last, and one from before the window."""
FIRST_SECONDS = 1.0
"""Nothing is said before so much time has passed."""


class TransferRate:
    """Bytes per second over the last seconds; it falls while nothing comes.

    Args:
        clock: seconds that only grow.
    """

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._counts: deque[tuple[float, int]] = deque()

    def note(self, count: int) -> None:
        """Take note of how many bytes have come in all."""
        now = self._clock()
        if len(self._counts) > 1 and now - self._counts[-2][0] < STEP_SECONDS:
            self._counts.pop()
        self._counts.append((now, count))
        while len(self._counts) > LEAST_COUNTS and now - self._counts[1][0] >= WINDOW_SECONDS:
            self._counts.popleft()

    def bytes_per_second(self) -> float | None:
        """Return the rate; None: it is not known yet."""
        if not self._counts:
            return None
        since, first = self._counts[0]
        elapsed = self._clock() - since
        return max(0, self._counts[-1][1] - first) / elapsed if elapsed >= FIRST_SECONDS else None

    def seconds_left(self, missing: int) -> float | None:
        """Return how long so many more bytes take; None: it is not known, or nothing comes."""
        rate = self.bytes_per_second()
        return missing / rate if rate else None
