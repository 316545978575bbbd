"""JobQueue: the small interface between jobs and those who work on them.

`orstt_core.db.job_queue.DatabaseQueue` is the one behind it today: the database that holds the jobs hands them out. To
spread work over many machines, an existing queue engine takes this place; what fences the results stays.
"""

from __future__ import annotations

from collections.abc import Callable, Collection
from typing import Protocol

from orstt_core.db.job_records import Claim, ClaimedJob, LeaseStatus


class JobQueue(Protocol):
    """Hands out each queued job to one worker at a time. Every method may raise `DatabaseUnavailable`."""

    async def take(
        self,
        worker: str,
        *,
        lease: float,
        only: Collection[str] | None = None,
        busy: Collection[str] = (),
        is_dead: Callable[[str], bool],
    ) -> ClaimedJob | None:
        """Claim the oldest job that waits, or one whose worker died, and return it; None if there is none.

        Args:
            worker: name of the process that takes it, unique in time and space.
            lease: seconds for which it is the worker's, unless renewed.
            only: nothing but jobs that are reserved for this worker, and these; None: any.
            busy: names of models of which none is wanted now; others go first then.
            is_dead: tells of another worker's name whether its process certainly is gone, so that its lease need
                not be waited for.
        """
        ...

    async def renew(self, worker: str, *, lease: float) -> LeaseStatus:
        """Say how a worker's jobs stand, and keep all of them: for two thirds of `lease` at least, or all of a short one."""
        ...

    async def give_back(self, claim: Claim, *, later: float = 0.0, why: str = "", no_room: int = 0) -> bool:
        """Let another worker go on with a job, `later` seconds from now; False if it was no longer this claim's.

        `why` is for whoever looks at the job meanwhile; `no_room` comes along with its next `ClaimedJob`.
        """
        ...
