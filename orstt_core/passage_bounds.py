"""Whether corrected passages fit: their times between their neighbours, and all of them in the recording."""

from __future__ import annotations

from collections.abc import Collection, Iterable, Sequence
from itertools import pairwise

from orstt_core.errors import InvalidRequest
from orstt_core.types import Passage, Segment

SHOWN = 40
"""Characters of a text that name it in an error."""


def no_segment(place: int, segments: Sequence[Segment]) -> InvalidRequest:
    """Return the error of an edit of a segment that is not there."""
    return InvalidRequest(
        f"There is no segment {place}: this version has {len(segments)}, counted from 0.",
        hint="Read the transcript again.",
        field="segment",
    )


def check_parts(passages: Iterable[Passage], parts: Collection[tuple[int | None, int | None]]) -> None:
    """Make sure that passages are of channels or tracks that the recording was transcribed by.

    Args:
        passages: what comes.
        parts: channel and track of each segment that there is or was; none: there was no speech.

    Raises:
        InvalidRequest: one is of another.
    """
    for passage in passages:
        if (passage.channel, passage.track) in (parts or {(None, None)}):
            continue
        kind = "channel" if passage.channel or not passage.track else "track"
        raise InvalidRequest(
            f"The passage {_begun(passage)!r} has {kind} {passage.part or 'none'}, which no segment has.",
            hint="Give it the channel and the track of its neighbours.",
            field=kind,
        )


def check_bounds(segments: Sequence[Segment], replaced: range, passages: Sequence[Passage], duration: float) -> None:
    """Make sure that passages fit in the place of some segments.

    Those of one channel or track follow each other, and do not overlap unless the engine's did already.

    Args:
        segments: all of the transcript.
        replaced: the places of those that go.
        passages: what comes.
        duration: of the recording, in seconds.

    Raises:
        InvalidRequest: one does not fit; the message says which, and why.
    """
    timed = any(segment.start is not None for segment in segments)
    for part in sorted({passage.part for passage in passages}):
        before = next((segments[at] for at in reversed(range(replaced.start)) if segments[at].part == part), None)
        behind = range(replaced.stop, len(segments))
        after = next((segments[at] for at in behind if segments[at].part == part), None)
        old = [segments[at] for at in replaced if segments[at].part == part]
        measured = {time for segment in old for time in (segment.start, segment.end)}
        known = measured if _overlap([before, *old, after], duration) else set()
        earliest = 0.0 if before is None or before.end is None else before.end
        latest = duration if after is None or after.start is None else after.start
        for passage in (passage for passage in passages if passage.part == part):
            earliest = _check(passage, earliest, latest, known, timed=timed)


def _check(passage: Passage, earliest: float, latest: float, known: set[float | None], *, timed: bool) -> float:
    """Make sure that a passage fits, and return the time from which on the next one may begin."""
    if passage.start is None or passage.end is None:
        if timed or passage.start is not passage.end:
            raise _misplaced(passage, "needs a time at which it begins and one at which it ends")
        return earliest
    if passage.start > passage.end:
        raise _misplaced(passage, "would end before it begins")
    if passage.start < earliest and passage.start not in known:
        raise _misplaced(passage, f"may not begin before {earliest:.3f} seconds, where the one before it ends")
    if passage.end > latest and passage.end not in known:
        raise _misplaced(passage, f"may not end after {latest:.3f} seconds: there the next one begins, or all ends")
    return passage.end


def _overlap(segments: Iterable[Segment | None], duration: float) -> bool:
    """Return whether an engine's segments overlap, or go beyond the recording, as some do by a little."""
    there = [segment for segment in segments if segment is not None]
    times = [(one.start, one.end) for one in there if one.start is not None and one.end is not None]
    return any(end > duration for _, end in times) or any(start < end for (_, end), (start, _) in pairwise(times))


def _misplaced(passage: Passage, why: str) -> InvalidRequest:
    return InvalidRequest(f"The passage {_begun(passage)!r} {why}.", hint="Correct its times.", field="time")


def _begun(passage: Passage) -> str:
    return passage.text if len(passage.text) <= SHOWN else f"{passage.text[:SHOWN]}…"
