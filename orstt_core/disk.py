"""What a disk says that takes no more."""

from __future__ import annotations

import errno

FULL = frozenset({errno.ENOSPC, errno.EDQUOT, errno.EFBIG})
"""No room on the disk, none left of the user's share, and a file at the process's limit."""


def is_full(error: OSError) -> bool:
    """Return whether something cannot be written because there is no room for it."""
    return error.errno in FULL
