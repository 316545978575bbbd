"""What a disk says that takes no more."""

from __future__ import annotations

import errno

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
