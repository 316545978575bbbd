"""How a job stands, in a word, a shape and a colour: whoever sees no colours has the other two."""

from __future__ import annotations

from typing import NamedTuple

from orstt_core.types import Job, JobState
from orstt_tui.event_text import queue_position
from orstt_tui.formatting import clock
from orstt_tui.terminal import draws_unicode


class Look(NamedTuple):
    """How a state is shown.

    Attributes:
        mark: its shape.
        typed: the same where the terminal has ASCII only.
        colour: a variable of the theme; empty: that of text.
        weight: bold or not.
    """

    mark: str
    typed: str
    colour: str
    weight: str = "not bold"

    @property
    def shape(self) -> str:
        """Its shape, as far as the terminal has it."""
        return self.mark if draws_unicode() else self.typed


LOOKS: dict[JobState, Look] = {
    "queued": Look("○", "o", ""),
    "running": Look("▶", ">", "text-primary", "bold"),
    "done": Look("✓", "+", "text-success"),
    "failed": Look("✗", "x", "text-error", "bold"),
    "cancelled": Look("■", "-", "text-warning"),
}


def mark_of(state: JobState) -> str:
    """Return the shape of a state, as far as the terminal has it."""
    return LOOKS[state].shape


def style_of(state: JobState) -> str:
    """Return how a state is written, for `Content`."""
    look = LOOKS[state]
    return f"{look.weight} ${look.colour}" if look.colour else look.weight


def job_state(job: Job) -> str:
    """Return how a job stands, in words, and what it is for where that is no transcript."""
    return _state(job) + for_what(job)


def for_what(job: Job) -> str:
    """Return what is said behind the state of a job that nobody wants the transcript of; of any other nothing."""
    return "" if job.purpose == "transcript" else f", {job.purpose}"


def _state(job: Job) -> str:
    if job.state == "queued":
        return f"queued, {queue_position(job.ahead)}"
    if job.state == "running":
        return f"running, {clock(job.position)} of {clock(job.duration)}" if job.duration else "running"
    return job.state
