"""Channels and tracks of a recording, where each is transcribed by itself."""

from __future__ import annotations

from collections.abc import Sequence

from msgspec.structs import replace

from orstt_core.runtime.protocol import Parts
from orstt_core.types import Segment, TranscribeOptions


def parts_of(options: TranscribeOptions) -> Parts | None:
    """Return what of the recording is to be transcribed each by itself; None: nothing."""
    if options.tracks == "all":
        return "tracks"
    return "channels" if options.channels == "separate" else None


def first_part(options: TranscribeOptions, segments: Sequence[Segment]) -> int:
    """Return the part to begin with, or to go on with where there are segments; 0: all that there is."""
    if not parts_of(options):
        return 0
    return segments[-1].part or 1 if segments else 1


def by_time(segments: list[Segment]) -> list[Segment]:
    """Return the segments of several channels or tracks by their times, numbered anew; others as they are."""
    if not any(segment.part for segment in segments):
        return segments
    in_order = sorted(segments, key=lambda segment: (segment.start or 0.0, segment.part))
    return [replace(segment, id=number) for number, segment in enumerate(in_order)]
