"""GGML weights of Whisper as a file: its sizes, and whether it is whole, which whisper.cpp notices by chance only.

The layout is that of whisper.cpp's models/convert-pt-to-ggml.py.
"""

from __future__ import annotations

import os
import struct
from pathlib import Path
from typing import Any, BinaryIO, NamedTuple

from orstt_core.errors import WeightsDamaged

MAGIC = 0x67676D6C
BLOCKS = {
    0: (1, 4),
    1: (1, 2),
    2: (32, 18),
    3: (32, 20),
    6: (32, 22),
    7: (32, 24),
    8: (32, 34),
    10: (256, 84),
    11: (256, 110),
    12: (256, 144),
    13: (256, 176),
    14: (256, 210),
}
"""Number of a type -> values and bytes of a block, of F32, F16, Q4, Q5, Q8_0 and the K quants (ggml-common.h)."""
MOST_DIMENSIONS = 4


class Sizes(NamedTuple):
    """What tells models apart: tokens, and layers of encoder and decoder."""

    vocabulary: int
    audio_layers: int
    text_layers: int


def checked_sizes(path: Path) -> Sizes:
    """Return the sizes of a model whose file is whole; its weights are not read.

    Raises:
        WeightsDamaged: the file is cut short, or holds no GGML weights of Whisper.
    """
    try:
        with path.open("rb") as file:
            return _sizes(file)
    except (OSError, ValueError, struct.error) as error:
        raise damaged(path) from error


def damaged(path: Path) -> WeightsDamaged:
    """Return the error for a file that is none of whole weights."""
    return WeightsDamaged(
        f"{path.name} cannot be loaded: it is damaged, or holds no GGML weights of Whisper.", hint="Bring it again."
    )


def _sizes(file: BinaryIO) -> Sizes:
    magic, vocabulary, _, _, _, audio_layers, _, _, _, text_layers, *_ = _read(file, 12)
    if magic != MAGIC:
        raise ValueError("another magic number")
    bands, frequencies = _read(file, 2)
    file.seek(4 * bands * frequencies, os.SEEK_CUR)
    (tokens,) = _read(file, 1)
    for _ in range(tokens):
        file.seek(_read(file, 1)[0], os.SEEK_CUR)
    end = os.fstat(file.fileno()).st_size
    if file.tell() >= end:
        raise ValueError("no tensors")
    while file.tell() < end:
        _skip_tensor(file)
    if file.tell() != end:
        raise ValueError("the last tensor is cut")
    return Sizes(vocabulary, audio_layers, text_layers)


def _skip_tensor(file: BinaryIO) -> None:
    dimensions, name, kind = _read(file, 3)
    if not 0 < dimensions <= MOST_DIMENSIONS or kind not in BLOCKS:
        raise ValueError("no tensor")
    values = 1
    for size in _read(file, dimensions):
        values *= size
    each, size = BLOCKS[kind]
    if name < 0 or values <= 0:
        raise ValueError("no tensor")
    file.seek(name + values // each * size, os.SEEK_CUR)


def _read(file: BinaryIO, count: int) -> tuple[Any, ...]:
    return struct.unpack(f"<{count}i", file.read(4 * count))
