"""RecordingQueue: recordings that are transcribed one after the other, as they were put in line."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

from orstt_tui.formatting import count
from orstt_tui.progress import BatchMeter, RunMeter
from orstt_tui.recording_lengths import length_text, stated_length

QueueState = Literal["waiting", "running", "done", "failed", "cancelled"]


@dataclass
class QueuedRecording:
    """One recording in line.

    Attributes:
        path: the file.
        size: in bytes.
        length: in seconds, by its header; None: not known, or not looked at.
        state: what became of it.
        job: the id of the job that it became; empty: none yet.
        reason: why it failed.
    """

    path: Path
    size: int = 0
    length: float | None = None
    state: QueueState = "waiting"
    job: str = ""
    reason: str = ""


def queued(path: Path, length: float | None = None) -> QueuedRecording:
    """Return a recording to put in line; its size and length are looked up. Not for the event loop."""
    try:
        size = path.stat().st_size
    except OSError:  # it is said when its turn comes
        return QueuedRecording(path)
    return QueuedRecording(path, size, length if length is not None else stated_length(path))


class RecordingQueue:
    """The line, in its order."""

    def __init__(self) -> None:
        self.items: list[QueuedRecording] = []
        self._meter: BatchMeter | None = None

    def add(self, recordings: Iterable[QueuedRecording]) -> int:
        """Put recordings at the end, but for those that wait already; return how many."""
        waiting = {item.path for item in self.items if item.state == "waiting"}
        new = [item for item in recordings if item.path not in waiting]
        self.items += new
        self._meter = None
        return len(new)

    def remove(self, place: int) -> QueuedRecording | None:
        """Take one out of the line; what runs stays."""
        if not 0 <= place < len(self.items) or self.items[place].state == "running":
            return None
        self._meter = None
        return self.items.pop(place)

    def move(self, place: int, step: int) -> int:
        """Let one change places with its neighbour; return its place then."""
        target = place + step
        if not (0 <= place < len(self.items) and 0 <= target < len(self.items)):
            return place
        self.items[place], self.items[target] = self.items[target], self.items[place]
        return target

    def clear_ended(self) -> None:
        """Take out what was done, has failed or was cancelled."""
        self.items = [item for item in self.items if item.state in ("waiting", "running")]

    @property
    def waiting(self) -> list[QueuedRecording]:
        """Those that have not begun."""
        return [item for item in self.items if item.state == "waiting"]

    @property
    def running(self) -> QueuedRecording | None:
        """The one that is worked on."""
        return next((item for item in self.items if item.state == "running"), None)

    def begin(self) -> QueuedRecording | None:
        """Return the next one, which is worked on from now on; None: nothing waits."""
        item = next(iter(self.waiting), None)
        if item is not None:
            if self._meter is None:
                self._meter = BatchMeter({each.path: each.size for each in self.waiting})
            item.state, item.reason = "running", ""
            self._meter.begin(item.path)
        return item

    def end(self, item: QueuedRecording, state: QueueState, reason: str = "") -> None:
        """Note what became of one."""
        item.state, item.reason = state, reason
        if self._meter is not None:
            self._meter.finish(item.path)

    def put_back(self, item: QueuedRecording, reason: str) -> None:
        """Let one wait again whose turn came to nothing for no fault of its own."""
        item.state, item.reason = "waiting", reason
        self._meter = None

    def left(self, meter: RunMeter) -> str:
        """Return how long all that are left take, as `12:40 left of all`, as soon as that can be told.

        Args:
            meter: that of the one that is worked on.
        """
        return self._meter.left(meter) if self._meter is not None and self.running else ""

    def summary(self) -> str:
        """Return how many there are, how long they are together, and how many of them are done."""
        known = [item.length for item in self.items if item.length is not None]
        length = f"{length_text(sum(known))}{'+' if len(known) < len(self.items) else ''}" if known else ""
        done = sum(item.state == "done" for item in self.items)
        failed = sum(item.state == "failed" for item in self.items)
        parts = [count(len(self.items), "recording"), length]
        parts += [f"{done} done" if done else "", f"{failed} failed" if failed else ""]
        return " · ".join(part for part in parts if part)
