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
ENOUGH_SECONDS = 2.0
"""How long after its first progress a transcription must run before what is left can be told: engines report in bursts,
and the first report alone says little about the pace."""


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
        self._began: float | None = None
        self._reported: float | None = None

    @property
    def worked(self) -> float:
        """Seconds since the recording itself is worked on; waiting and loading are none of it."""
        return self._now() - self._began if self._began is not None else 0.0

    @property
    def settled(self) -> bool:
        """Whether it has gone on for long enough to tell its pace."""
        return self._reported is not None and self._now() - self._reported >= ENOUGH_SECONDS

    def note(self, stage: Stage) -> None:
        """Take in how far it is."""
        match stage:
            case Started():
                self._began, self._first, self._reported = self._now(), self._position, None
            case Restarted(kept=kept):
                self._began = self._reported = None
                if not kept:
                    self._position = self.share = 0.0
            case Progress(position=position, duration=duration) if duration:
                self._position, self._duration, self.share = position, duration, position / duration
                if self._reported is None and position > self._first:
                    self._reported = self._now()

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
        elapsed, done = self.worked, self._position - self._first
        if not self.settled or not elapsed or done <= 0:
            return []
        return [f"{done / elapsed:.1f}x", f"{clock((self._duration - self._position) * elapsed / done)} left"]


class BatchMeter:
    """Tells what is left of several recordings by the sizes of their files: how long each lasts only decoding shows.

    Args:
        sizes: in bytes, by recording.
    """

    def __init__(self, sizes: Mapping[Path, int]) -> None:
        self._rest = dict(sizes)
        self._current = Path()
        self._meter: RunMeter | None = None
        self._worked = 0.0
        self._done = 0

    def begin(self, recording: Path) -> None:
        """Say which recording is worked on from now on."""
        self._current, self._meter = recording, None

    def finish(self, recording: Path) -> None:
        """Count a recording as done; one that never was worked on says nothing of the pace."""
        size = self._rest.pop(recording, 0)
        if self._meter is not None and self._meter.share:
            self._worked += self._meter.worked
            self._done += size
        self._meter = None

    def left(self, meter: RunMeter) -> str:
        """Return how long all that are left take, as fast as the work so far: `12:40 left of all`.

        Args:
            meter: that of the recording that is worked on.

        Returns:
            Nothing while that cannot be told, and for the last one, which tells it itself.
        """
        self._meter = meter
        part = meter.share * self._rest.get(self._current, 0)
        done, rest = self._done + part, sum(self._rest.values()) - part
        if not done or len(self._rest) == 1 or not (self._done or meter.settled):
            return ""
        return f"{clock((self._worked + meter.worked) * rest / done)} left of all"


def bar(share: float) -> str:
    """Return a bar of which so much, from 0 to 1, is done."""
    done = round(BAR * min(max(share, 0.0), 1.0))
    return f"[{'#' * done}{'-' * (BAR - done)}]"
