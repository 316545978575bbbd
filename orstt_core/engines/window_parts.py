"""Parts of a window that are decoded by themselves."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

from orstt_core.engines.alignment import POSITION_SECONDS
from orstt_core.engines.voice_activity import POSITION, Chunk

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

HALF_SECONDS = 1.0
"""What is decoded again in two parts is parted no nearer to its ends."""


class Sound(NamedTuple):
    """Samples, shape (n,), and whether each position of 20 ms of them holds speech, as a `Chunk` has them."""

    samples: NDArray[np.float32]
    speech: NDArray[np.bool_]


def passage(chunk: Chunk, place: slice) -> Sound:
    """Return what lies at these positions of a chunk."""
    return Sound(chunk.samples[place.start * POSITION : place.stop * POSITION], chunk.speech[place])


def halves(chunk: Chunk) -> list[Sound]:
    """Return the chunk parted in the middle of its longest pause; nothing where it has none."""
    import numpy as np

    margin = round(HALF_SECONDS / POSITION_SECONDS)
    edges = np.flatnonzero(np.diff(chunk.speech.astype(np.int8), prepend=1, append=1))
    pauses = [pair for pair in edges.reshape(-1, 2).tolist() if margin < sum(pair) / 2 < chunk.speech.size - margin]
    if not pauses:
        return []
    first, last = max(pauses, key=lambda pair: pair[1] - pair[0])
    middle = (first + last) // 2
    sample = middle * POSITION
    return [Sound(chunk.samples[:sample], chunk.speech[:middle]), Sound(chunk.samples[sample:], chunk.speech[middle:])]
