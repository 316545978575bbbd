"""A part of a recording: its blocks from one time to another, cut while they come."""

from __future__ import annotations

import math
from collections.abc import Iterable, Iterator

from msgspec import Struct

from orstt_core.audio.blocks import Block
from orstt_core.errors import InvalidRequest


class Excerpt(Struct, frozen=True):
    """Which part, in seconds from the recording's start; an `end` of None is the recording's."""

    start: float = 0.0
    end: float | None = None

    def check(self) -> None:
        """Make sure that there can be such a part.

        Raises:
            InvalidRequest: it begins before the recording does, or does not end after it begins.
        """
        if not (math.isfinite(self.start) and self.start >= 0):
            raise InvalidRequest("A part of a recording begins at 0 seconds or later.", field="from")
        if self.end is not None and not (math.isfinite(self.end) and self.end > self.start):
            raise InvalidRequest("A part of a recording ends after it begins.", field="to")


def cut(blocks: Iterable[Block], excerpt: Excerpt | None, label: str) -> Iterator[Block]:
    """Yield what lies within an excerpt, and read no further than its end; None is all.

    Reading from the beginning keeps the times those of the transcript: a container may place a seek elsewhere.

    Raises:
        InvalidRequest: the recording ends before the excerpt begins.
    """
    if excerpt is None:
        yield from blocks
        return
    before = 0.0
    for block in blocks:
        if block.rate <= 0:  # whoever writes the blocks refuses it
            yield block
            return
        first = max(0, round((excerpt.start - before) * block.rate))
        last = None if excerpt.end is None else round((excerpt.end - before) * block.rate)
        if first < len(block.samples):
            yield block._replace(samples=block.samples[first:last])
        before += len(block.samples) / block.rate
        if excerpt.end is not None and before >= excerpt.end:
            return
    if 0 < before <= excerpt.start:
        raise InvalidRequest(f"{label} ends after {before:.1f} seconds, before {excerpt.start:g}.", field="from")
