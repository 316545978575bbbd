"""What decoded sound is like: how loud over its background, how much of it, and up to which frequency.

Levels are those of frames of 25 ms. The quietest tenth stands for the background and the loudest tenth for what is
heard over it; in speech the pauses between words are background enough (the idea of minimum statistics: Martin, "Noise
power spectral density estimation based on optimal smoothing and minimum statistics", IEEE Transactions on Speech and
Audio Processing 9 (5), 2001). Of a long recording passages that lie evenly in it are looked at, so that it takes
milliseconds whatever its length.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from orstt_core.audio.mapped import release
from orstt_core.types import SoundFacts
from orstt_core.units import SAMPLE_RATE

if TYPE_CHECKING:
    import numpy as np
    from numpy.typing import NDArray

FRAME = SAMPLE_RATE // 40
PASSAGE = SAMPLE_RATE
MOST_PASSAGES = 60
"""Seconds that are looked at, one by one."""
FEWEST_FRAMES = 20
"""Half a second: of less nothing is told."""
SILENCE_DB = -90.0
"""Frames below it are digital silence, which is no background."""
SHARE = 10.0
"""The quietest, and the loudest, of a hundred frames that stand for background and speech."""
LEAST_SNR = 3.0
"""From which on loud frames can be told from the others, in dB."""
BAND_DB = 60.0
"""How far below the strongest frequency another one still counts: what a telephone's filter leaves lies lower."""


def facts_of(samples: NDArray[np.float32]) -> SoundFacts:
    """Return what sound is like.

    Args:
        samples: float32 mono at 16 kHz within [-1, 1], shape (n,); they may be mapped from a file.
    """
    import numpy as np

    duration = samples.size / SAMPLE_RATE
    frames = _frames(samples)
    levels = 10 * np.log10(np.mean(np.square(frames), axis=1) + 1e-12)
    frames, levels = frames[levels > SILENCE_DB], levels[levels > SILENCE_DB]
    if levels.size < FEWEST_FRAMES:
        return SoundFacts(duration=duration)
    quiet, loud = (float(level) for level in np.percentile(levels, [SHARE, 100 - SHARE]))
    snr = loud - quiet
    middle = (quiet + loud) / 2
    return SoundFacts(
        duration=duration,
        active_share=round(float(np.mean(levels > middle)), 3) if snr >= LEAST_SNR else None,
        snr=round(snr, 1),
        bandwidth=_bandwidth(frames[levels >= middle]),
    )


def _frames(samples: NDArray[np.float32]) -> NDArray[np.float32]:
    """Return frames of passages of the sound, shape (frames, FRAME)."""
    import numpy as np

    count = samples.size // PASSAGE
    if count <= MOST_PASSAGES:
        whole = np.array(samples[: samples.size // FRAME * FRAME])
    else:
        starts = np.linspace(0, samples.size - PASSAGE, MOST_PASSAGES).astype(int)
        whole = np.empty(MOST_PASSAGES * PASSAGE, np.float32)
        for number, start in enumerate(starts):
            whole[number * PASSAGE : (number + 1) * PASSAGE] = samples[start : start + PASSAGE]
            release(samples)  # a look at one sample may bring megabytes around it
    release(samples)
    return whole.reshape(-1, FRAME)


def _bandwidth(frames: NDArray[np.float32]) -> float | None:
    """Return the highest frequency that is heard in frames, in Hz."""
    import numpy as np

    power = np.mean(np.square(np.abs(np.fft.rfft(frames * np.hanning(FRAME), axis=1))), axis=0)
    heard = np.flatnonzero(power > power.max() * 10 ** (-BAND_DB / 10))
    return float(heard[-1]) * SAMPLE_RATE / FRAME if power.max() > 0 else None
