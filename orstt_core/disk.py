"""What a disk says that takes no more, and how programs keep each other from a folder."""

from __future__ import annotations

import errno
import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

FULL = {
    errno.ENOSPC: "the disk is full",
    errno.EDQUOT: "your share of the disk (quota) is used up",
    errno.EFBIG: "the disk, or a limit of this process, allows no larger file",
}
"""Why there is no room, by the number of the error."""


def is_full(error: OSError) -> bool:
    """Return whether something cannot be written because there is no room for it."""
    return error.errno in FULL


def why_not(error: OSError) -> str:
    """Return in words why something cannot be written or read."""
    return FULL.get(error.errno or 0) or error.strerror or str(error)


@contextmanager
def folder_lock(folder: Path, *, shared: bool = False) -> Iterator[None]:
    """Hold a folder, which is made if need be: whoever wants to hold it too waits, in any process.

    Args:
        folder: the folder. No other file says that it is held, and nothing stays behind a process that is killed.
        shared: with others that share it; whoever wants it alone waits.

    Raises:
        OSError: the folder cannot be made or opened.
    """
    folder.mkdir(parents=True, exist_ok=True)
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        with suppress(OSError):  # a disk that knows no locks
            fcntl.flock(descriptor, fcntl.LOCK_SH if shared else fcntl.LOCK_EX)
        yield
    finally:
        os.close(descriptor)
