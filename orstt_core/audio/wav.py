"""Sound as a WAV file: 16-bit mono at 16 kHz, which every player knows, in parts that can be sent one by one."""

from __future__ import annotations

import struct
from collections.abc import Iterator
from typing import TYPE_CHECKING

from orstt_core.units import SAMPLE_RATE

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

HEADER = struct.Struct("<4sI4s4sIHHIIHH4sI")
"""RIFF, WAVE with a `fmt ` chunk of 16 bytes, and the head of the `data` chunk."""
PCM, CHANNELS, WIDTH = 1, 1, 2
PART_SAMPLES = 1 << 16
LARGEST = 0xFFFFFFFF
"""A size of 32 bits that does not fit says so with all bits set; players then read to the end."""


def wav_parts(samples: NDArray[np.float32]) -> Iterator[bytes]:
    """Yield a WAV file of samples, header first.

    Args:
        samples: float32 mono at 16 kHz within [-1, 1], shape (n,); they may be mapped from a file.
    """
    import numpy as np

    yield _header(samples.size * WIDTH)
    for start in range(0, samples.size, PART_SAMPLES):
        part = np.rint(samples[start : start + PART_SAMPLES] * np.float32(32767))
        yield part.astype("<i2").tobytes()


def _header(size: int) -> bytes:
    rest = HEADER.size - 8
    return HEADER.pack(
        b"RIFF", min(size + rest, LARGEST), b"WAVE",
        b"fmt ", 16, PCM, CHANNELS, SAMPLE_RATE, SAMPLE_RATE * WIDTH, WIDTH, 8 * WIDTH,
        b"data", min(size, LARGEST),
    )  # fmt: skip
