"""A waveform in characters: peaks as columns of dots, mirrored about a middle line; in letters where there is no UTF-8.

Two rows of braille have two columns of dots a character, and four dots up and four down in each.
"""

from __future__ import annotations

import math
from collections.abc import Sequence

from orstt_core.types import Peaks

BRAILLE = 0x2800
DOTS = 4
"""Dots above each other in a character."""
LEFT, RIGHT = (0x01, 0x02, 0x04, 0x40), (0x08, 0x10, 0x20, 0x80)
"""Unicode's bits of the dots of a braille pattern, from the top."""
UP, DOWN = "_.:|", " ':|"
"""The same in ASCII, one column a character: nothing, little, more, much."""


def levels(peaks: Peaks, start: float, seconds: float, columns: int) -> list[float]:
    """Return how loud a part of a recording is, from 0 to 1, the loudest peak of the whole recording.

    Args:
        peaks: of the recording.
        start: where the part begins, in seconds.
        seconds: how long it is.
        columns: how many numbers to return; of those behind the recording's end each is 0.
    """
    loudest = max(peaks.peaks, default=0) or 1
    step = seconds * peaks.per_second / columns
    first = start * peaks.per_second
    found = (
        peaks.peaks[math.floor(first + column * step) : max(math.ceil(first + (column + 1) * step), 1)]
        for column in range(columns)
    )
    return [max(part, default=0) / loudest for part in found]


def braille_rows(loudness: Sequence[float]) -> tuple[str, str]:
    """Return the two rows of a waveform, a character for two columns; silence is a line of single dots."""
    heights = [round(level * DOTS) for level in loudness]
    pairs = list(zip(heights[::2], heights[1::2], strict=True))
    above = "".join(_cell(LEFT[DOTS - max(left, 1) :], RIGHT[DOTS - max(right, 1) :]) for left, right in pairs)
    below = "".join(_cell(LEFT[:left], RIGHT[:right]) for left, right in pairs)
    return above, below


def ascii_rows(loudness: Sequence[float]) -> tuple[str, str]:
    """Return the two rows of a waveform, a letter for a column."""
    steps = [round(level * (len(UP) - 1)) for level in loudness]
    return "".join(UP[step] for step in steps), "".join(DOWN[step] for step in steps)


def _cell(left: Sequence[int], right: Sequence[int]) -> str:
    return chr(BRAILLE + sum(left) + sum(right))
