"""Drift: models that do worse of late than before, by their own figures.

The days and thresholds are this program's own choice, of no standard: far enough apart that recordings of another kind
do not look like a fault, and near enough that a fault is seen within a week.
"""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Iterable, Iterator
from datetime import date, timedelta

from msgspec import Struct

from orstt_core.text import readable_bytes
from orstt_core.types import Stats, StatsQuery

RECENT_DAYS, PAST_DAYS = 7, 30
"""Days that are judged, and days before them that they are compared with."""
FEWEST_TRANSCRIPTIONS, LEAST_SECONDS = 20, 20 * 60
"""Transcriptions, and seconds of sound in them, that each side needs to say anything."""
SLOWER = 1.25
"""Times as long for a second of sound."""
LESS_SURE = 0.05
"""Confidence lost, of 1."""
MORE_REPEATED, LEAST_REPEATED = 2.0, 0.02
"""Times as large a share of windows decoded again; and a share below which that says nothing."""
MORE_MEMORY = 1.5
"""Times as much memory at most."""
ROUNDING = 1e-9
"""What a sum of fractions may be off: a change of just the threshold counts."""


class FigureChange(Struct, frozen=True, kw_only=True):
    """A figure of a model, of late and before.

    Attributes:
        model: its configured name.
        figure: speed, confidence, repeated_share or peak_memory, as `Stats` name them.
        recent: the figure of the last `RECENT_DAYS`.
        past: that of the `PAST_DAYS` before.
        is_worse: whether it changed for the worse by the threshold or more.
        sentence: the same in words, with both figures.
    """

    model: str
    figure: str
    recent: float
    past: float
    is_worse: bool
    sentence: str


async def changes_lately(ask: Callable[[StatsQuery], Awaitable[list[Stats]]], today: date) -> list[FigureChange]:
    """Return how the figures of each model changed on the machine that answers.

    Args:
        ask: `Backend.stats`; what it raises goes on to the caller.
        today: the last of the days that are judged, in UTC.
    """
    begin = today - timedelta(days=RECENT_DAYS - 1)
    recent = await ask(StatsQuery(since=begin, here=True))
    past = await ask(StatsQuery(since=begin - timedelta(days=PAST_DAYS), until=begin - timedelta(days=1), here=True))
    return changes(recent, past)


def changes(recent: Iterable[Stats], past: Iterable[Stats]) -> list[FigureChange]:
    """Compare the statistics of models of late with those before; a model with too few transcriptions has none."""
    before = {stats.model: stats for stats in past if _suffices(stats)}
    return [
        change
        for stats in recent
        if stats.model in before and _suffices(stats)
        for change in _changes(stats, before[stats.model])
    ]


def sentences(changes: Iterable[FigureChange]) -> dict[str, str]:
    """Return which models do worse of late than before, each with all that is worse of it, in a sentence."""
    worse: dict[str, list[str]] = {}
    for change in changes:
        if change.is_worse:
            worse.setdefault(change.model, []).append(change.sentence)
    spans = f"In the last {RECENT_DAYS} days, against the {PAST_DAYS} before, "
    return {model: f"{spans}{'; '.join(each)}." for model, each in worse.items()}


def _suffices(stats: Stats) -> bool:
    return stats.transcriptions >= FEWEST_TRANSCRIPTIONS and stats.audio_seconds >= LEAST_SECONDS


def _changes(recent: Stats, past: Stats) -> Iterator[FigureChange]:
    if recent.speed and past.speed:
        yield _change(
            recent,
            "speed",
            (recent.speed, past.speed),
            f"it works at {recent.speed:.1f} times real time, {past.speed:.1f} before",
            is_worse=past.speed / recent.speed >= SLOWER - ROUNDING,
        )
    if recent.confidence is not None and past.confidence is not None:
        yield _change(
            recent,
            "confidence",
            (recent.confidence, past.confidence),
            f"its mean confidence is {recent.confidence:.1%}, {past.confidence:.1%} before",
            is_worse=past.confidence - recent.confidence >= LESS_SURE - ROUNDING,
        )
    if recent.repeated_share is not None and past.repeated_share is not None:
        least = max(LEAST_REPEATED, MORE_REPEATED * past.repeated_share)
        yield _change(
            recent,
            "repeated_share",
            (recent.repeated_share, past.repeated_share),
            f"it decoded {recent.repeated_share:.1%} of the windows again, {past.repeated_share:.1%} before",
            is_worse=recent.repeated_share >= least - ROUNDING,
        )
    if recent.peak_memory and past.peak_memory:
        yield _change(
            recent,
            "peak_memory",
            (recent.peak_memory, past.peak_memory),
            f"it took up to {readable_bytes(recent.peak_memory)} of memory, {readable_bytes(past.peak_memory)} before",
            is_worse=recent.peak_memory / past.peak_memory >= MORE_MEMORY - ROUNDING,
        )


def _change(stats: Stats, figure: str, sides: tuple[float, float], sentence: str, *, is_worse: bool) -> FigureChange:
    recent, past = sides
    return FigureChange(
        model=stats.model, figure=figure, recent=recent, past=past, is_worse=is_worse, sentence=sentence
    )
