"""JobQueue: the small interface between jobs and those who work on them.

`orstt_core.db.job_queue.DatabaseQueue` is the one behind it today: the database that holds the jobs hands them out.
To spread work over many machines, an existing queue engine takes this place. A queue only hands out: the job's row
stays the authority. `JobAttempts` begins each attempt there, and refuses what an attempt writes that lost the job;
why a job was put off is in its row too. So an entry handed out twice, or too late, does no harm.

How long a job stays a worker's without a heartbeat, and how it is found out that a worker is gone, is given to an
implementation when it is made. `tests/contract/test_queue_contract.py` is what every implementation must pass.
"""

from __future__ import annotations

from collections.abc import AsyncGenerator, Collection
from typing import Protocol

from orstt_core.db.job_records import Claim, ClaimedJob, LeaseStatus, Queue


class JobQueue(Protocol):
    """Hands out each queued job to one worker at a time. Every method may raise `DatabaseUnavailable`.

    Attributes:
        lease: seconds for which a job stays a worker's without a heartbeat.
    """

    lease: float

    async def enqueue(self, job: str, queue: Queue) -> None:
        """Put a job into a queue, as part of the transaction around it.

        A job in a worker's own queue stays there for as long as the worker's heartbeats come; when they end it goes
        back to the queue of its model and priority. Only a job that waits in the queue of its model and priority can
        be moved to a worker's own; for any other this does nothing.
        """
        ...

    async def waiting(self, worker: str) -> set[Queue]:
        """Return the queues from which a worker may claim a job now: its own, and those of models.

        A job whose worker is gone, or sent no heartbeat for too long, waits again; but never by its own worker's
        asking. After too many of such deaths it has failed instead.
        """
        ...

    async def claim(self, worker: str, queues: Collection[Queue]) -> ClaimedJob | None:
        """Begin an attempt at the next job of these queues and return it; None if there is none.

        Interactive jobs go before background ones, then the oldest; a background job that waited for
        `AGING_SECONDS` goes by its age alone, so none waits for ever.

        Args:
            worker: name of the process that claims it, unique in time and space.
            queues: those to claim from, as `waiting` named them; others may be empty, and are no error.
        """
        ...

    async def heartbeat(self, worker: str) -> LeaseStatus:
        """Keep a worker's jobs, running or in its own queue, and say which it still has and which to cancel."""
        ...

    async def release(self, claim: Claim, *, later: float = 0.0) -> bool:
        """Let another worker go on with a job, `later` seconds from now, in the queue of its model and priority.

        If somebody asked for its cancelling meanwhile, it ends.

        Returns:
            False if it was no longer this claim's, and nothing changed.
        """
        ...

    def listen(self) -> AsyncGenerator[None]:
        """Yield at first, and then whenever jobs may have come into a queue, whichever process put them there.

        It may yield for nothing, and an occasion that time alone brings is told by nobody: look now and then all
        the same. A lost connection is made again.
        """
        ...
