"""Writes blocks of any rate and channel count as float32 mono at 16 kHz, and enforces the limits meanwhile.

Blocks go out as they come: the recording never stands in memory, unless that is where it is written to. Limits are
checked against samples that were really decoded, so no header can evade them.
"""

from __future__ import annotations

import math
import os
from collections.abc import Callable
from dataclasses import dataclass
from numbers import Real
from typing import TYPE_CHECKING, BinaryIO, cast

from orstt_core.audio.mixdown import mix_down
from orstt_core.errors import AudioEmpty, AudioUnreadable, TooLarge
from orstt_core.types.sample_format import MAX_CHANNELS, MAX_RATE, MIN_RATE
from orstt_core.units import MIB, SAMPLE_BYTES, SAMPLE_RATE

if TYPE_CHECKING:
    import numpy as np
    import soxr
    from numpy.typing import NDArray

    from orstt_core.audio.blocks import Block

ToMono = Callable[["NDArray[np.float32]", tuple[str, ...]], "NDArray[np.float32]"]

MAX_SAMPLE = 2.0**33
"""Beyond any scaling of PCM (32-bit integers stored as floats reach 2**31): such numbers are not sound."""
USUAL_OVERSHOOT = 1.5
"""Decoders of lossy formats go this far over full scale on loud recordings; it is no news to anyone."""

RESCALED_BYTES = MIB
"""How much of the result is in memory at once while it is divided by its peak."""


@dataclass(frozen=True, slots=True)
class Limits:
    """How much a recording may hold; without arguments anything goes.

    Attributes:
        seconds: the longest recording.
        samples: the most samples as recorded, all channels together.
        reserve: told before they are written how many bytes the sound takes in all, without silence; may raise.
    """

    seconds: float = math.inf
    samples: float = math.inf
    reserve: Callable[[int], None] = lambda _: None


class MonoWriter:
    """The growing result.

    Args:
        sink: where it goes, as bare samples: an empty file in memory or on disk, open for reading and writing.
        limits: what is accepted.
        label: what messages call the recording; begins a sentence.
        to_mono: makes one channel of a block's samples, given what they are for.
    """

    def __init__(self, sink: BinaryIO, limits: Limits, label: str, to_mono: ToMono = mix_down) -> None:
        self._sink = sink
        self._to_mono = to_mono
        self._limits = limits
        self._label = label
        self._rate = 0.0
        self._stream: soxr.ResampleStream | None = None
        self._peak = 0.0
        self._peak_written = 0.0
        self._seconds = 0.0
        self._samples = 0
        self._written = 0
        self._stored = 0
        self._ends_in_hole = False

    def add(self, block: Block) -> None:
        """Take the next block.

        Rate and channels may change from block to block: joined Ogg streams and broadcasts do that.

        Raises:
            AudioUnreadable: a rate, channel count or sample that cannot be sound.
            TooLarge: the recording holds more than the limits allow.
            OSError: the sink takes no more.
        """
        import numpy as np

        rate, samples, speakers = block
        frames, channels = samples.shape
        if not 1 <= channels <= MAX_CHANNELS:
            raise AudioUnreadable(f"{self._label} has {channels} channels; 1 to {MAX_CHANNELS} can be read.")
        if rate != self._rate:
            self._start(check_rate(rate, self._label))
        if frames == 0:
            return
        self._seconds += frames / self._rate
        self._samples += samples.size
        self._check_limits()
        self._measure(float(samples.max()), float(samples.min()))
        self._append(np.ascontiguousarray(self._to_mono(samples, speakers), np.float32))

    def finish(self) -> tuple[int, list[str]]:
        """Return how many samples were written, all within [-1, 1], and what a person should know about them.

        Raises:
            AudioEmpty: no sample was added.
            OSError: the sink takes no more.
        """
        if not self._seconds:
            raise AudioEmpty(f"{self._label} has no sound in it.")
        self._flush()
        if not self._written:
            # Of a sound of very few samples at a high rate nothing may remain: one silent sample stands for it.
            self._written = self._sink.write(bytes(SAMPLE_BYTES)) // SAMPLE_BYTES
        if self._ends_in_hole:
            self._sink.seek(-SAMPLE_BYTES, os.SEEK_CUR)
            self._sink.write(bytes(SAMPLE_BYTES))
        if max(self._peak, self._peak_written) > 1:
            # Engines take [-1, 1] for granted. Dividing keeps the shape of the wave; cutting it off distorts it.
            self._rescale(max(self._peak, 1.0))
        if self._peak <= USUAL_OVERSHOOT:
            return self._written, []
        return self._written, [f"Samples reach {self._peak:.4g} instead of 1: all were divided by that."]

    def _check_limits(self) -> None:
        if self._seconds > self._limits.seconds:
            raise TooLarge(
                f"{self._label} is longer than the limit of {self._limits.seconds / 3600:.3g} hours.",
                hint="Cut it, or raise the setting max_audio_hours (ORSTT_MAX_AUDIO_HOURS).",
            )
        if self._samples > self._limits.samples:
            raise TooLarge(
                f"{self._label} holds more than {self._limits.samples:,} samples on all its channels together.",
                hint="Cut it, or raise the setting max_decoded_samples (ORSTT_MAX_DECODED_SAMPLES).",
            )

    def _start(self, rate: float) -> None:
        import soxr

        self._flush()
        self._rate = rate
        self._stream = None if rate == SAMPLE_RATE else soxr.ResampleStream(rate, SAMPLE_RATE, 1)

    def _measure(self, highest: float, lowest: float) -> None:
        if not is_sound(highest, lowest):
            raise AudioUnreadable(
                f"{self._label} holds values that are not sound: NaN, infinite or beyond all measure.",
                hint="Export it again from its source.",
            )
        self._peak = max(self._peak, highest, -lowest)

    def _append(self, mono: NDArray[np.float32], *, last: bool = False) -> None:
        resampled = self._stream.resample_chunk(mono, last) if self._stream else mono
        if resampled.size:
            peak = max(float(resampled.max()), -float(resampled.min()))
            self._peak_written = max(self._peak_written, peak)
            self._written += resampled.size
            self._ends_in_hole = not peak
            if peak:
                self._stored += resampled.nbytes
                self._limits.reserve(self._stored)
                self._sink.write(resampled.data)
            else:  # silence needs no room: the file has a hole there, which is read as zeros
                self._sink.seek(resampled.nbytes, os.SEEK_CUR)

    def _rescale(self, divisor: float) -> None:
        """Divide what was written, block by block: the whole may be more than fits in memory."""
        import numpy as np

        place = self._sink.seek(0)
        while data := self._sink.read(RESCALED_BYTES):
            samples = np.frombuffer(data, np.float32) / np.float32(divisor)
            if samples.any():  # a hole stays one
                np.clip(samples, -1, 1, out=samples)  # resampling sharp edges overshoots a little
                self._sink.seek(place)
                self._sink.write(samples.data)
            place = self._sink.seek(place + len(data))

    def _flush(self) -> None:
        import numpy as np

        if self._stream:
            self._append(np.empty(0, np.float32), last=True)
            self._stream = None


def is_sound(highest: float, lowest: float) -> bool:
    """Whether samples can be sound, by the highest and the lowest of them, which are NaN where one is."""
    return max(highest, -lowest) <= MAX_SAMPLE


def check_rate(rate: object, label: str) -> float:
    """Return the rate in Hz.

    Raises:
        AudioUnreadable: it is no number, or none that a recorder makes.
    """
    if not isinstance(rate, Real) or not MIN_RATE <= cast("float", rate) <= MAX_RATE:
        raise AudioUnreadable(f"{label} has a sample rate of {rate!r}; {MIN_RATE} to {MAX_RATE} Hz can be read.")
    return float(rate)
