"""Peaks of decoded sound: the largest amplitude of every tenth of a second, a byte each."""

from __future__ import annotations

from itertools import zip_longest
from typing import TYPE_CHECKING

from orstt_core.audio.mapped import release
from orstt_core.types.peaks import PEAKS_PER_SECOND
from orstt_core.units import SAMPLE_RATE

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

STEP = SAMPLE_RATE // PEAKS_PER_SECOND
BLOCK = 600 * STEP
"""A minute: what is looked at, and in memory, at once."""


def peaks_of(samples: NDArray[np.float32]) -> bytes:
    """Return the peaks of sound as `orstt_core.types.Peaks` has them.

    Args:
        samples: float32 mono at 16 kHz within [-1, 1], shape (n,); they may be mapped from a file.
    """
    import numpy as np

    found = bytearray()
    for start in range(0, samples.size, BLOCK):
        block = np.asarray(samples[start : start + BLOCK])
        steps = np.arange(0, block.size, STEP)
        highest = np.maximum(np.maximum.reduceat(block, steps), -np.minimum.reduceat(block, steps))
        found += np.rint(255 * np.sqrt(np.clip(highest, 0, 1))).astype(np.uint8).tobytes()
        release(samples)
    return bytes(found)


def louder(one: bytes, other: bytes) -> bytes:
    """Return the peaks of two sounds that are heard at once, such as the channels of a recording."""
    return bytes(max(pair) for pair in zip_longest(one, other, fillvalue=0))
