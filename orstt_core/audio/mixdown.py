"""Many channels -> one: each with the weight of its speaker, and none cancelled out by another."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

FRONT, CENTRE, SURROUND, BASS = 0.7071, 1.0, 0.5, 0.0
WEIGHTS = {
    "FC": CENTRE,
    **dict.fromkeys(("FL", "FR", "FLC", "FRC", "DL", "DR"), FRONT),
    **dict.fromkeys(("LFE", "LFE2"), BASS),
}
"""By FFmpeg's name of a speaker: ITU-R BS.775-3, table 2, from 3/2 to 1/0, which is also what FFmpeg's resampler does
by default. The bass effects (LFE) are not part of a downmix. Any other speaker counts as a surround."""
UNSTATED = {6: ("FL", "FR", "FC", "", "BL", "BR"), 8: ("FL", "FR", "FC", "", "BL", "BR", "SL", "SR")}
"""Which speakers so many channels are for, where a file does not say: 5.1 and 7.1. The fourth may be the bass, or that
of a fourth microphone, so it is not left out."""
VORBIS = {
    3: ("FL", "FC", "FR"),
    4: ("FL", "FR", "BL", "BR"),
    5: ("FL", "FC", "FR", "BL", "BR"),
    6: ("FL", "FC", "FR", "BL", "BR", "LFE"),
    7: ("FL", "FC", "FR", "SL", "SR", "BC", "LFE"),
    8: ("FL", "FC", "FR", "SL", "SR", "BL", "BR", "LFE"),
}
"""The order of channels in Ogg: Vorbis I, section 4.3.9, and RFC 7845, section 5.1.1.2."""
CANCELLED = 0.05
"""Share of the channels' energy that is left where a mix counts as cancelled: of two equal sides all is left, of
independent ones and of one beside silence half, of opposite ones nothing (as of a cable that is wired wrongly)."""


def mix_down(block: NDArray[np.float32], speakers: Sequence[str] = ()) -> NDArray[np.float32]:
    """Return a block of shape (n, channels) as one channel, shape (n,), within the range of the others.

    Args:
        block: the samples.
        speakers: FFmpeg's names of what the channels are for; empty: not known, so all count alike.
    """
    import numpy as np

    channels = block.shape[1]
    if channels == 1:
        return block[:, 0]
    weights = _weights(channels, speakers)
    # A product with a vector is twenty times faster than mean() over so short an axis.
    mix: NDArray[np.float32] = block @ weights
    energy = float(np.dot(mix, mix))
    if energy >= CANCELLED * float(weights.max()) * float(np.vdot(block, block)):
        return mix
    energies = np.einsum("ij,ij->j", block, block)
    if not energies[weights > 0].any():  # all that there is, is in channels that a mix leaves out
        return np.asarray(block @ np.full(channels, 1 / channels, np.float32), np.float32)
    if energy >= CANCELLED * float(energies @ weights):
        return mix
    loudest = block[:, (energies * weights).argmax()]
    return np.asarray(block @ np.where(loudest @ block < 0, -weights, weights), np.float32)


def _weights(channels: int, speakers: Sequence[str]) -> NDArray[np.float32]:
    import numpy as np

    weights = np.ones(channels, np.float32)
    if len(speakers) == channels:
        weights[:] = [WEIGHTS.get(name, SURROUND) for name in speakers]
    total = weights.sum()
    return weights / total if total else np.full(channels, 1 / channels, np.float32)
