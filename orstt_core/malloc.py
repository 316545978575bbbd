"""Gives memory that was freed back to the system, which glibc keeps for what may come (mallopt(3), malloc_trim(3)).

Everything here does nothing where the C library has no such function.
"""

from __future__ import annotations

import ctypes

M_MMAP_THRESHOLD = -3
"""The parameter's number in malloc.h."""
THRESHOLD_BYTES = 64 * 1024
"""From where on a buffer is mapped on its own; a threshold that is set does not move."""


def set_mmap_threshold() -> None:
    """Have large buffers mapped on their own, and therefore unmapped when they are freed, from now on in this process.

    docs/performance.md promises that a crowd of uploads does not leave its buffers' memory with the server; uvicorn
    holds back some 64 KiB of each upload. Smaller buffers come from the heap, whose end moves back only when everything
    behind it is free as well. What counts as large begins at 128 KiB and rises with the first such buffer that is
    freed: after two hundred uploads at once a server kept 35 MB that nobody used, and keeps a fifth of it with a
    threshold below those 64 KiB.
    """
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
    if mallopt is not None:
        mallopt(M_MMAP_THRESHOLD, THRESHOLD_BYTES)


def trim() -> None:
    """Give back what is free now, wherever it lies; takes milliseconds.

    Of the model base, int8, that was let go of, 258 MB stayed with the process, and 132 MB after this.
    """
    malloc_trim = getattr(ctypes.CDLL(None), "malloc_trim", None)
    if malloc_trim is not None:
        malloc_trim(0)
