"""What keeps weights that have just arrived from being taken for left over before a model refers to them."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from orstt_core.disk import folder_lock


@contextmanager
def arrivals(cache_dir: Path, *, closed: bool = False) -> Iterator[None]:
    """Let weights arrive, or with `closed` none: whoever wants the other of the two waits, in any process.

    Held from the moment at which weights are in their place until a model refers to them, and while what no model
    needs is looked for and removed.

    Raises:
        OSError: the folder cannot be made.
    """
    with folder_lock(cache_dir, shared=not closed):
        yield
