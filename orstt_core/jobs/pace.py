"""Pace: every time that whoever works on jobs or follows them waits, in one place."""

from __future__ import annotations

from msgspec import Struct

from orstt_core.jobs.retry_policy import RetryPolicy


class Pace(Struct, frozen=True, kw_only=True):
    """Seconds; tests give shorter ones.

    Attributes:
        heartbeat: how often it is looked whether somebody cancelled, and the lease renewed: a cancel takes effect
            within a second.
        poll: how often the queue is looked at for what nobody tells: jobs that are due again, or of dead workers.
        follow: pause between two looks at the row of a job that runs elsewhere, or waits.
        checkpoint: pause between two writes of what was found: progress is told at most so often.
        gather: how long what was found waits for more, so that a job that is over by then costs no extra write.
        retry_write: pause before an end that could not be written is written again; twice as long each time.
        longest_retry: the longest of those pauses.
        confirm: pause before each look at whether a job was stored although the answer to that was lost.
        retry: how long a job is put off.
    """

    heartbeat: float = 0.5
    poll: float = 2.0
    follow: float = 0.5
    checkpoint: float = 0.5
    gather: float = 0.05
    retry_write: float = 0.2
    longest_retry: float = 5.0
    confirm: float = 1.0
    retry: RetryPolicy = RetryPolicy()
