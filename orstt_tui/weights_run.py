"""WeightsRun: a piece of work on a model as the screens follow it, such as a pull of its files."""

from __future__ import annotations

import time
from typing import Literal

from orstt_core.types import PullProgress
from orstt_tui.event_text import pull_progress
from orstt_tui.formatting import clock

Kind = Literal["pull", "verification", "export", "import", "tuning"]
UNDER_WAY: dict[Kind, str] = {
    "pull": "Pulling",
    "verification": "Verifying",
    "export": "Exporting",
    "import": "Importing",
    "tuning": "Tuning",
}


class WeightsRun:
    """Takes the steps of the work; the screens read it at their own pace.

    Args:
        kind: what is done.
        name: what it is done to: a model, or a file.
        total: bytes in all, where they are known before.
    """

    def __init__(self, kind: Kind, name: str, total: int | None = None) -> None:
        self.kind, self.name = kind, name
        self._total = total
        self._begun = time.monotonic()
        self._step = PullProgress(status="")

    def apply(self, step: PullProgress) -> None:
        """Take in one step of a pull."""
        self._step = step

    def say(self, words: str) -> None:
        """Take in what is being done."""
        self._step = PullProgress(status=words)

    def count(self, done: int) -> None:
        """Take in how many bytes of a file were written or read."""
        status = "reading" if self.kind == "import" else "writing"
        self._step = PullProgress(status=status, overall_completed=done, overall_total=self._total)

    @property
    def done(self) -> int:
        """Bytes so far."""
        return self._step.overall_completed or 0

    @property
    def progress(self) -> tuple[float, float] | None:
        """Bytes that are done, and in all; None: it is not known."""
        done, total = self._step.overall_completed, self._step.overall_total
        return None if done is None else (float(done), float(total or 0))

    @property
    def short(self) -> str:
        """How far it is for a cell of a table, such as `pulling 45 %`."""
        done, total = self.progress or (0.0, 0.0)
        word = UNDER_WAY[self.kind].lower()
        return f"{word} {done * 100 // total:.0f} %" if total else word

    @property
    def sentence(self) -> str:
        """How far it is for a person: what is known of the time left, or else the time that it has taken."""
        step = self._step
        parts = [f"{UNDER_WAY[self.kind]} {self.name}", pull_progress(step).removeprefix("pulling ")]
        if step.seconds_left is None:
            parts.append(f"{clock(time.monotonic() - self._begun)} elapsed")
        return " · ".join(filter(None, parts))
