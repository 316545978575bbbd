"""How far recordings are, for commands and screens: a bar, the pace, and the time that is left."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from pathlib import Path

from orstt_core.types import Progress, Restarted, Started
from orstt_tui.event_text import Stage, short_stage
from orstt_tui.formatting import clock

BAR = 12
"""Characters of the bar."""
ENOUGH_SECONDS = 1.0
"""How long a transcription must run before what is left of it can be told."""


class RunMeter:
    """Measures one transcription.

    Args:
        now: returns the time in seconds; default: the clock that never goes back.
    """

    def __init__(self, now: Callable[[], float] | None = None) -> None:
        self.share = 0.0
        """How much is done, from 0 to 1."""
        self._now = now or time.monotonic
        self._position = self._first = self._duration = 0.0
        self._began = self._now()

    def note(self, stage: Stage) -> None:
        """Take in how far it is."""
        match stage:
            case Started():
                self._began, self._first = self._now(), self._position
            case Restarted(kept=0):
                self._position = self.share = 0.0
            case Progress(position=position, duration=duration) if duration:
                self._position, self._duration, self.share = position, duration, position / duration

    def line(self, stage: Stage) -> str:
        """Return how far it is, as `[####--------]  33% 12.3x 0:41 left`, or in words what it waits for."""
        self.note(stage)
        if isinstance(stage, Progress) and stage.duration:
            return " ".join([f"{bar(self.share)} {self.share:4.0%}", *self.pace()])
        return short_stage(stage)

    def lines(self, stage: Stage) -> list[str]:
        """Return `line`, then the same with ever fewer parts, for narrow places: bar, pace and time left go in turn."""
        whole = self.line(stage)
        if not (isinstance(stage, Progress) and stage.duration):
            return [whole]
        share, pace = f"{self.share:.0%}", self.pace()
        return list(dict.fromkeys([whole, " ".join([share, *pace]), " ".join([share, *pace[1:]]), share]))

    def pace(self) -> list[str]:
        """Return how many times faster than the sound it goes, `12.3x`, and `0:41 left`; nothing at first."""
        elapsed, done = self._now() - self._began, self._position - self._first
        if elapsed < ENOUGH_SECONDS or done <= 0:
            return []
        return [f"{done / elapsed:.1f}x", f"{clock((self._duration - self._position) * elapsed / done)} left"]


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
