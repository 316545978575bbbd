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
        self._position = self._first = 0.0
        self._began = time.monotonic()

    def line(self, stage: Stage) -> str:
        """Return how far it is, as `[####--------]  33% 12.3x 0:41 left`, or in words what it waits for."""
        match stage:
            case Started():
                self._began, self._first = time.monotonic(), self._position
            case Restarted(kept=0):
                self._position = 0.0
            case Progress(position=position, duration=duration) if duration:
                self._position = position
                return f"{bar(position / duration)} {position / duration:4.0%}{self._pace(duration - position)}"
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
        self._done = 0

    def finish(self, recording: Path) -> None:
        """Count a recording as done."""
        self._done += self._rest.pop(recording, 0)

    def left(self) -> str:
        """Return how long all others take, as fast as those that are done: `12:40 left of all`; empty: unknown."""
        rest = sum(self._rest.values())
        if not self._done or not rest:
            return ""
        return f"{clock((time.monotonic() - self._began) * rest / self._done)} left of all"


def bar(share: float) -> str:
    """Return a bar of which so much, from 0 to 1, is done."""
    done = round(BAR * min(max(share, 0.0), 1.0))
    return f"[{'#' * done}{'-' * (BAR - done)}]"
