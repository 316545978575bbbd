"""What keeps weights that have just arrived from being taken for left over before a model refers to them."""

from __future__ import annotations

import fcntl
import os
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path


@contextmanager
def arrivals(cache_dir: Path, *, closed: bool = False) -> Iterator[None]:
    """Let weights arrive, or with `closed` none: whoever wants the other of the two waits, in any process.

    Held from the moment at which weights are in their place until a model refers to them, and while what no model
    needs is looked for and removed.

    Raises:
        OSError: the folder cannot be made.
    """
    cache_dir.mkdir(parents=True, exist_ok=True)
    folder = os.open(cache_dir, os.O_RDONLY)
    try:
        with suppress(OSError):  # a disk that knows no locks
            fcntl.flock(folder, fcntl.LOCK_EX if closed else fcntl.LOCK_SH)
        yield
    finally:
        os.close(folder)
