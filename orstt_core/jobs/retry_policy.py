"""RetryPolicy: how long a job that nobody waits for is put off when what stops it will pass by itself."""

from __future__ import annotations

from msgspec import Struct

from orstt_core.errors import Busy, ModelSuspended, OrsttError, StorageFull


class RetryPolicy(Struct, frozen=True, kw_only=True):
    """When a job is begun again by itself.

    Attributes:
        storage_full: seconds that a job which finds the disk full is put off: twice as long each time.
        longest: the longest of those pauses.
        tries: after so many it fails with that reason: that is more than a day, and nobody makes room any more.
    """

    storage_full: float = 5.0
    longest: float = 3600.0
    tries: int = 36

    def delay_after(self, error: OrsttError, no_room: int) -> float | None:
        """Return after how many seconds a job may be begun again by itself; None: it has failed.

        Args:
            error: what the attempt ended with. Other recordings were the death of the engine, or fill disk or machine.
            no_room: how many attempts in a row found the disk full, before this one.
        """
        match error:
            case ModelSuspended() | Busy():
                return error.retry_after
            case StorageFull() if no_room + 1 < self.tries:
                return min(self.storage_full * 2.0 ** min(no_room, 12), self.longest)
            case _:
                return None
