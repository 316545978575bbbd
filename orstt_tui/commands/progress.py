"""How far recordings are, on one line: a bar, how many times faster than the sound, and the time that is left."""

from __future__ import annotations

import time
from collections.abc import Mapping
from pathlib import Path

from orstt_core.types import Progress, Restarted, Started
from orstt_tui.event_text import Stage, short_stage
from orstt_tui.formatting import clock

BAR = 12
"""Characters of the bar."""
ENOUGH_SECONDS = 1.0
"""How long a transcription must run before what is left of it can be told."""


class RunMeter:
    """Measures one transcription."""

    def __init__(self) -> None:
        self.share = 0.0
        """How much is done, from 0 to 1."""
        self._position = self._first = 0.0
        self._began = time.monotonic()

    def line(self, stage: Stage) -> str:
        """Return how far it is, as `[####--------]  33% 12.3x 0:41 left`, or in words what it waits for."""
        match stage:
            case Started():
                self._began, self._first = time.monotonic(), self._position
            case Restarted(kept=0):
                self._position = self.share = 0.0
            case Progress(position=position, duration=duration) if duration:
                self._position, self.share = position, position / duration
                return f"{bar(self.share)} {self.share:4.0%}{self._pace(duration - position)}"
        return short_stage(stage)

    def _pace(self, rest: float) -> str:
        elapsed, done = time.monotonic() - self._began, self._position - self._first
        if elapsed < ENOUGH_SECONDS or done <= 0:
            return ""
        return f" {done / elapsed:.1f}x {clock(rest * elapsed / done)} left"


class BatchMeter:
    """Tells what is left of several recordings by the sizes of their files: how long each lasts only decoding shows.

    Args:
        sizes: in bytes, by recording.
    """

    def __init__(self, sizes: Mapping[Path, int]) -> None:
        self._rest = dict(sizes)
        self._began = time.monotonic()
        self._current = Path()
        self._done = 0

    def begin(self, recording: Path) -> None:
        """Say which recording is worked on from now on."""
        self._current = recording

    def finish(self, recording: Path) -> None:
        """Count a recording as done."""
        self._done += self._rest.pop(recording, 0)

    def left(self, share: float) -> str:
        """Return how long all that are left take, as fast as those before: `12:40 left of all`.

        Args:
            share: how much of the recording that is worked on is done, from 0 to 1.

        Returns:
            Nothing while that cannot be told, and for the last one, which tells it itself.
        """
        part = share * self._rest.get(self._current, 0)
        done, rest = self._done + part, sum(self._rest.values()) - part
        if not done or len(self._rest) == 1:
            return ""
        return f"{clock((time.monotonic() - self._began) * rest / done)} left of all"


def bar(share: float) -> str:
    """Return a bar of which so much, from 0 to 1, is done."""
    done = round(BAR * min(max(share, 0.0), 1.0))
    return f"[{'#' * done}{'-' * (BAR - done)}]"
