"""Gives the memory of large buffers back to the system once they are free.

docs/performance.md promises that a crowd of uploads does not leave its buffers' memory with the server; uvicorn holds
back some 64 KiB of each upload. glibc maps large buffers on their own and unmaps them when they are freed; smaller ones
come from the heap, whose end moves back only when everything behind it is free as well. What counts as large begins at
128 KiB and rises with the first such buffer that is freed (mallopt(3)): after two hundred uploads at once a server kept
35 MB that nobody used, and keeps a fifth of it with a threshold below those 64 KiB.
"""

from __future__ import annotations

import ctypes

M_MMAP_THRESHOLD = -3
"""The parameter's number in malloc.h."""
THRESHOLD_BYTES = 64 * 1024
"""From where on a buffer is mapped on its own; a threshold that is set does not move."""


def set_mmap_threshold() -> None:
    """Set the threshold of this process; does nothing where the C library has none."""
    mallopt = getattr(ctypes.CDLL(None), "mallopt", None)
    if mallopt is not None:
        mallopt(M_MMAP_THRESHOLD, THRESHOLD_BYTES)
