"""Delays: how long a job that nobody waits for is put off when what stops it will pass by itself."""

from __future__ import annotations

from orstt_core.errors import Busy, ModelSuspended, OrsttError, StorageFull

NO_ROOM_PAUSE, NO_ROOM_LONGEST = 5.0, 3600.0
"""Seconds that a job which finds the disk full is put off: twice as long each time."""
NO_ROOM_TRIES = 36
"""After so many it fails with that reason: that is more than a day, and nobody makes room any more."""


def delay_after(error: OrsttError, no_room: int) -> float | None:
    """Return after how many seconds a job may be begun again by itself; None: it has failed.

    Args:
        error: what the attempt ended with. Other recordings were the death of the engine, or fill disk or machine.
        no_room: how many attempts in a row found the disk full, before this one.
    """
    match error:
        case ModelSuspended() | Busy():
            return error.retry_after
        case StorageFull() if no_room + 1 < NO_ROOM_TRIES:
            return min(NO_ROOM_PAUSE * 2.0 ** min(no_room, 12), NO_ROOM_LONGEST)
        case _:
            return None
