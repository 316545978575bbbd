"""Peaks: how loud a recording is over its time, to draw it without having it."""

from __future__ import annotations

from msgspec import Struct

PEAKS_PER_SECOND = 10
"""600 bytes a minute: a strip of 140 columns with two dots each shows half a minute of it dot by dot."""


class SpeechSpan(Struct, frozen=True):
    """A part of a recording, in seconds."""

    start: float
    end: float


class Peaks(Struct, frozen=True, kw_only=True):
    """What was measured when the recording was decoded.

    Attributes:
        per_second: how many peaks a second has.
        peaks: each 255 times the square root of the largest amplitude in its time, which is 1 at full scale: quiet
            speech shows beside loud. Empty: not decoded yet, or by a version that did not measure.
        speech: the passages in which the engine found speech, in order; empty also
            where it was not looked for.
    """

    per_second: int = PEAKS_PER_SECOND
    peaks: list[int] = []
    speech: list[SpeechSpan] = []
