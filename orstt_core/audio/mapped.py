"""Decoded sound that is mapped from its file: only what was looked at lately is in memory."""

from __future__ import annotations

import mmap
from pathlib import Path
from typing import TYPE_CHECKING

from orstt_core.units import SAMPLE_BYTES

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


def map_samples(path: Path, count: int) -> NDArray[np.float32]:
    """Return the first samples of a file of bare float32, shape (count,), read-only.

    Raises:
        OSError: the file cannot be opened.
        ValueError: it is shorter.
    """
    import numpy as np

    if count == 0:
        return np.zeros(0, np.float32)  # there is no mapping of nothing
    with path.open("rb") as file:
        return np.frombuffer(mmap.mmap(file.fileno(), count * SAMPLE_BYTES, access=mmap.ACCESS_READ), np.float32)


def release(samples: NDArray[np.float32]) -> None:
    """Give back the memory of what was looked at of mapped samples; who looks again gets it from the file.

    Of samples that are not mapped nothing is given back.
    """
    mapping = _mapping(samples)
    if mapping is not None and hasattr(mmap, "MADV_DONTNEED"):  # not on every system
        mapping.madvise(mmap.MADV_DONTNEED)


def _mapping(samples: NDArray[np.float32]) -> mmap.mmap | None:
    import numpy as np

    owner: object = samples
    while isinstance(owner, np.ndarray) and not owner.flags.writeable:
        owner = owner.base
    if isinstance(owner, memoryview):
        owner = owner.obj
    return owner if isinstance(owner, mmap.mmap) else None
