"""Blocks of samples: what every reader hands over, and arrays in memory as such blocks."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import TYPE_CHECKING, BinaryIO, NamedTuple

from orstt_core.errors import AudioEmpty, AudioUnreadable

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray


class Block(NamedTuple):
    """What a reader hands over.

    Attributes:
        rate: in Hz.
        samples: of shape (n, channels), with full scale at 1.
        speakers: FFmpeg's names of what the channels are for, as FC; empty where that is not known.
    """

    rate: float
    samples: NDArray[np.float32]
    speakers: tuple[str, ...] = ()


Reader = Callable[[BinaryIO, list[str]], Iterator[Block]]
"""Reads a file from its beginning; adds to the list what a person should know about it."""

BLOCK_VALUES = 1 << 18
"""How many values (samples times channels) a reader hands over at once: 1 MiB."""
FULL_SCALE = {"int8": 2**7, "uint8": 2**7, "int16": 2**15, "int32": 2**31, "float32": 1, "float64": 1}
"""What counts as 1, by the name of the dtype."""
MOST_LEADING_CHANNELS = 8
"""An array whose first dimension is at most this, and smaller than its second, has its channels first."""


class DecoderFailed(Exception):
    """A library could not read a file; its own error is the cause."""


def array_blocks(rate: float, samples: object, label: str) -> Iterator[Block]:
    """Yield an array in blocks.

    Args:
        rate: in Hz.
        samples: shape (n,) or (n, channels); (channels, n) where it cannot be anything else.
        label: what messages call the recording; begins a sentence.

    Raises:
        AudioEmpty: it has no samples.
        AudioUnreadable: a dtype or shape that is not sound.
    """
    frames = as_frames(samples, label)
    step = max(1, BLOCK_VALUES // frames.shape[1])
    for start in range(0, len(frames), step):
        yield Block(rate, to_float(frames[start : start + step]))


def as_frames(samples: object, label: str) -> NDArray[np.generic]:
    """Return samples as an array of shape (n, channels).

    Raises:
        AudioEmpty, AudioUnreadable: as `array_blocks`.
    """
    return _frames_first(_as_array(samples, label), label)


def _as_array(samples: object, label: str) -> NDArray[np.generic]:
    import numpy as np

    try:
        array = np.asarray(samples)
    except ValueError as error:  # lists of different lengths
        raise AudioUnreadable(f"{label} is no array of samples: {error}.") from error
    if array.dtype.name not in FULL_SCALE:
        raise AudioUnreadable(f"{label} holds {array.dtype} values; samples are one of {', '.join(FULL_SCALE)}.")
    return array


def _frames_first(array: NDArray[np.generic], label: str) -> NDArray[np.generic]:
    if array.ndim not in (1, 2):
        raise AudioUnreadable(f"{label} has {array.ndim} dimensions; samples have shape (n,) or (n, channels).")
    if array.size == 0:
        raise AudioEmpty(f"{label} has no sound in it.")
    if array.ndim == 1:
        return array[:, None]
    # Taken the other way it would be at most 8 samples, half a millisecond, of more channels than that.
    return array.T if array.shape[0] <= MOST_LEADING_CHANNELS < array.shape[1] else array


def to_float(block: NDArray[np.generic]) -> NDArray[np.float32]:
    """Return samples of one of the dtypes above with full scale at 1."""
    import numpy as np

    name = block.dtype.name
    # A float64 beyond float32 becomes infinite, which is refused with a message, as is NaN.
    with np.errstate(over="ignore", invalid="ignore"):
        values = block.astype(np.float32)
        if name == "uint8":
            values -= FULL_SCALE[name]
        values /= np.float32(FULL_SCALE[name])
    return values
