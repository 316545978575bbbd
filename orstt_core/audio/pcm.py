"""Reads bare PCM, whose layout somebody else tells."""

from __future__ import annotations

from collections.abc import Iterator
from typing import BinaryIO

from orstt_core.audio.blocks import BLOCK_VALUES, FULL_SCALE, Block, to_float
from orstt_core.audio.mono import MAX_CHANNELS, check_rate
from orstt_core.errors import AudioUnreadable
from orstt_core.types import SampleFormat


def check_format(layout: SampleFormat, label: str) -> None:
    """Refuse a layout that no recording has; `label` begins the message.

    Raises:
        AudioUnreadable: names what is wrong.
    """
    if layout.sample_type not in FULL_SCALE or not 1 <= layout.channels <= MAX_CHANNELS:
        raise AudioUnreadable(
            f"{label} has {layout.channels} channels of {layout.sample_type!r}, which is no sound.",
            hint=f"1 to {MAX_CHANNELS} channels of int16, int32, float32 or float64 can be read.",
        )
    check_rate(layout.rate, label)


def read_pcm(layout: SampleFormat, file: BinaryIO, warnings: list[str]) -> Iterator[Block]:
    """Yield the blocks of a file of little-endian, interleaved samples; the layout was checked."""
    import numpy as np

    kind = np.dtype(layout.sample_type).newbyteorder("<")
    frame = kind.itemsize * layout.channels
    step = BLOCK_VALUES // layout.channels * frame
    rest = b""
    file.seek(0)
    while data := file.read(step):
        data = rest + data  # a read may end anywhere, also within a frame
        whole = len(data) - len(data) % frame
        rest = data[whole:]
        yield Block(layout.rate, to_float(np.frombuffer(data[:whole], kind).reshape(-1, layout.channels)))
    if rest:
        warnings.append("The last sample is incomplete; it seems to be cut off.")
