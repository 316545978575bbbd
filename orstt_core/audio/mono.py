"""Collects blocks of any rate and channel count as float32 mono at 16 kHz, and enforces the limits meanwhile.

What is kept costs 4 bytes a sample of the result: the recording never stands in memory at its own rate or with
its own channels. Limits are checked against samples that were really decoded, so no header can evade them.
"""

from __future__ import annotations

from numbers import Real
from typing import TYPE_CHECKING, cast

from orstt_core.errors import AudioEmpty, AudioUnreadable, TooLarge

if TYPE_CHECKING:
    import numpy as np
    import soxr
    from numpy.typing import NDArray

SAMPLE_RATE = 16_000
"""Hz; what every Whisper model was trained on."""
MIN_RATE, MAX_RATE = 1_000, 768_000
"""Hz; no recorder makes less or more, so a header that says so is damaged or forged."""
MAX_CHANNELS = 64
"""The most that studio interfaces (MADI) and ambisonics carry."""
MAX_SAMPLE = 2.0**33
"""Beyond any scaling of PCM (32-bit integers stored as floats reach 2**31): such numbers are not sound."""
USUAL_OVERSHOOT = 1.5
"""Decoders of lossy formats go this far over full scale on loud recordings; it is no news to anyone."""


class MonoBuffer:
    """The growing result.

    Args:
        max_seconds: the longest recording that is accepted.
        label: what messages call the recording; begins a sentence.
    """

    def __init__(self, max_seconds: float, label: str) -> None:
        self._max_seconds = max_seconds
        self._label = label
        # Grows in place (realloc); joining arrays at the end would take twice the room.
        self._data = bytearray()
        self._rate = 0.0
        self._stream: soxr.ResampleStream | None = None
        self._peak = 0.0
        self._seconds = 0.0

    def add(self, rate: float, block: NDArray[np.float32]) -> None:
        """Take the next `block` of shape (n, channels) with full scale at 1, at `rate` Hz.

        Rate and channels may change from block to block: joined Ogg streams and broadcasts do that.

        Raises:
            AudioUnreadable: a rate, channel count or sample that cannot be sound.
            TooLarge: the recording is longer than the limit.
        """
        import numpy as np

        frames, channels = block.shape
        if not 1 <= channels <= MAX_CHANNELS:
            raise AudioUnreadable(f"{self._label} has {channels} channels; 1 to {MAX_CHANNELS} can be read.")
        if rate != self._rate:
            self._start(check_rate(rate, self._label))
        if frames == 0:
            return
        self._seconds += frames / self._rate
        if self._seconds > self._max_seconds:
            raise TooLarge(
                f"{self._label} is longer than the limit of {self._max_seconds / 3600:.3g} hours.",
                hint="Cut it, or raise the setting max_audio_hours (ORSTT_MAX_AUDIO_HOURS).",
            )
        self._measure(float(block.max()), float(block.min()))
        # A product with a vector is twenty times faster than mean() over so short an axis.
        mono = block[:, 0] if channels == 1 else block @ np.full(channels, 1 / channels, np.float32)
        self._append(np.ascontiguousarray(mono, np.float32))

    def finish(self) -> tuple[NDArray[np.float32], list[str]]:
        """Return the samples, shape (n,) within [-1, 1], and what a person should know about them.

        Raises:
            AudioEmpty: no sample was added.
        """
        import numpy as np

        if not self._seconds:
            raise AudioEmpty(f"{self._label} has no sound in it.")
        self._flush()
        # Of a sound of very few samples at a high rate nothing may remain: one silent sample stands for it.
        samples = np.frombuffer(self._data or bytearray(4), np.float32)
        warnings = []
        if self._peak > 1:
            # Engines take [-1, 1] for granted. Dividing keeps the shape of the wave; cutting it off distorts it.
            samples /= np.float32(self._peak)
            if self._peak > USUAL_OVERSHOOT:
                warnings.append(f"Samples reach {self._peak:.4g} instead of 1: all were divided by that.")
        np.clip(samples, -1, 1, out=samples)  # resampling sharp edges overshoots a little
        return samples, warnings

    def _start(self, rate: float) -> None:
        import soxr

        self._flush()
        self._rate = rate
        self._stream = None if rate == SAMPLE_RATE else soxr.ResampleStream(rate, SAMPLE_RATE, 1)

    def _measure(self, highest: float, lowest: float) -> None:
        peak = max(highest, -lowest)
        if not peak <= MAX_SAMPLE:  # so that NaN, which max() and min() pass on, is caught too
            raise AudioUnreadable(
                f"{self._label} holds values that are not sound: NaN, infinite or beyond all measure.",
                hint="Export it again from its source.",
            )
        self._peak = max(self._peak, peak)

    def _append(self, mono: NDArray[np.float32], *, last: bool = False) -> None:
        resampled = self._stream.resample_chunk(mono, last) if self._stream else mono
        self._data += resampled.data

    def _flush(self) -> None:
        import numpy as np

        if self._stream:
            self._append(np.empty(0, np.float32), last=True)
            self._stream = None


def check_rate(rate: object, label: str) -> float:
    """Return the rate in Hz.

    Raises:
        AudioUnreadable: it is no number, or none that a recorder makes.
    """
    if not isinstance(rate, Real) or not MIN_RATE <= cast("float", rate) <= MAX_RATE:
        raise AudioUnreadable(f"{label} has a sample rate of {rate!r}; {MIN_RATE} to {MAX_RATE} Hz can be read.")
    return float(rate)
