"""Arrays in memory as samples that can be sent: what `soundfile.read` and microphones give."""

from __future__ import annotations

from numbers import Real
from typing import TYPE_CHECKING, Any

from orstt_core.audio.blocks import as_frames
from orstt_core.audio.mono import check_rate
from orstt_core.errors import AudioUnreadable
from orstt_core.types import RawAudio

if TYPE_CHECKING:
    from numpy.typing import ArrayLike

LABEL = "The audio"


def split_pair(audio: Any) -> tuple[object, object]:
    """Return the rate and the samples of a pair.

    Raises:
        AudioUnreadable: it is no pair, or its parts are swapped.
    """
    try:
        rate, samples = audio
    except (TypeError, ValueError) as error:
        raise AudioUnreadable(f"{LABEL} must be a pair: rate in Hz, samples.") from error
    if isinstance(samples, Real) and not isinstance(rate, Real):
        raise AudioUnreadable(
            f"{LABEL} has its samples first and its rate second.",
            hint="Swap them: (rate, samples). soundfile.read returns them the other way round.",
        )
    return rate, samples


def raw_audio(audio: tuple[float, ArrayLike]) -> RawAudio:
    """Return `(rate in Hz, samples)` as bare PCM of the same rate, channels and precision.

    Args:
        audio: samples have shape (n,) or (n, channels), also (channels, n) where it is plain, of int8, uint8, int16,
            int32, float32 or float64.

    Raises:
        AudioEmpty: there are no samples.
        AudioUnreadable: a rate, dtype or shape that cannot be sound, or the pair is swapped.
    """
    rate, samples = split_pair(audio)
    hertz = check_rate(rate, LABEL)
    frames = as_frames(samples, LABEL)
    return RawAudio(
        data=frames.astype(frames.dtype.newbyteorder("<"), copy=False).tobytes(),
        rate=round(hertz),
        channels=frames.shape[1],
        sample_type=frames.dtype.name,  # type: ignore[arg-type]  # one of those: as_frames refuses others
    )
