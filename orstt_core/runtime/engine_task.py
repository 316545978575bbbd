"""EngineTask: one piece of work in an engine's process, which its host may pause, continue or cancel meanwhile."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable

from orstt_core.engines.cancellation import Cancellation
from orstt_core.engines.window_counts import WindowCounts
from orstt_core.runtime.protocol import FromChild, Paused


class EngineTask:
    """Carries what the host wants from the thread that reads it to the thread that works.

    Paused work keeps its thread, and with it the engine's generator: nothing is computed twice when it goes on.

    Attributes:
        number: what the host calls it.
        cancellation: whether the host wants no more of it, for the engine to see.
        left_out: how many of its segments were, because nobody can say so much in so short a time.
        windows: what the engine counts of them.
    """

    def __init__(self, number: int) -> None:
        self.number = number
        self.cancellation = Cancellation()
        self.left_out = self._untold = 0
        self.windows = WindowCounts()
        self._began = time.perf_counter()
        self._changed = threading.Condition()
        self._pausing = False
        self._resting = False

    @property
    def cancelled(self) -> bool:
        """Whether the host wants no more of it."""
        return self.cancellation.requested

    @property
    def seconds(self) -> float:
        """How long it has worked since `begin`, without pauses."""
        return time.perf_counter() - self._began

    def begin(self) -> None:
        """Count from now on."""
        self._began = time.perf_counter()

    def leave_out(self) -> None:
        """Count a segment that is not sent."""
        self.left_out += 1
        self._untold += 1

    def take_invented(self) -> int:
        """Return how many were left out that the host was not told of; it is told of them now."""
        untold, self._untold = self._untold, 0
        return untold

    def pause(self) -> None:
        """Rest from the next boundary on."""
        with self._changed:
            self._pausing = True

    def proceed(self) -> None:
        """Go on."""
        with self._changed:
            self._resting = False
            self._changed.notify()

    def cancel(self) -> None:
        """Stop at the next boundary, or where it rests or waits."""
        with self._changed:
            self.cancellation.request()
            self._changed.notify()

    def boundary(self, send: Callable[[int, FromChild], None]) -> bool:
        """Say so and rest here where that is wanted; return whether to go on.

        Args:
            send: sends the host a message about work with this number.
        """
        if self._pausing and not self.cancelled:
            seconds = self.seconds
            with self._changed:  # it may be paused anew before it notices that it was to go on
                self._pausing, self._resting = False, True
            send(self.number, Paused(seconds=seconds))
            with self._changed:
                self._changed.wait_for(lambda: self.cancelled or not self._resting)
            self._began = time.perf_counter() - seconds
        return not self.cancelled
