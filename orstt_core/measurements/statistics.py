"""Statistics: what sums of measured transcriptions come to, as one row for all that belong together."""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable
from typing import TypeVar

from orstt_core.db.measurement_records import Measured, Totals
from orstt_core.types import MeasuredSetup, Stats

Key = TypeVar("Key", bound=Hashable)


def joined(measured: Iterable[Measured], key: Callable[[Measured], Key]) -> list[Stats]:
    """Return a row of statistics for all that have the same key, in the order in which the keys first come."""
    groups: dict[Key, list[Measured]] = {}
    for each in measured:
        groups.setdefault(key(each), []).append(each)
    return [_stats(group) for group in groups.values()]


def _stats(group: list[Measured]) -> Stats:
    totals = sum((each.totals for each in group), Totals())
    setups = list({each.setup_number: each.setup for each in group}.values())
    return Stats(
        model=group[0].model,
        setup=_common(setups),
        setups=len(setups),
        first_day=min(each.first_day for each in group),
        last_day=max(each.last_day for each in group),
        at=group[0].at,
        transcriptions=totals.transcriptions,
        audio_seconds=totals.audio_seconds,
        speech_seconds=totals.speech_seconds if totals.speech_count else None,
        seconds=totals.seconds if totals.timed_audio_seconds else None,
        speed=_mean(totals.timed_audio_seconds, totals.seconds),
        first_segment_seconds=_mean(totals.first_segment_seconds, totals.first_segment_count),
        load_seconds=_mean(totals.load_seconds, totals.load_count),
        peak_memory=totals.peak_memory or None,
        confidence=_mean(totals.confidence, totals.confidence_count),
        repeated_share=_mean(totals.repeated_windows, totals.windows),
    )


def _mean(total: float, count: float) -> float | None:
    return total / count if count else None


def _common(setups: list[MeasuredSetup]) -> MeasuredSetup:
    """Return what all of them have in common."""
    first = setups[0]
    shared = {
        name: getattr(first, name)
        for name in first.__struct_fields__
        if all(getattr(other, name) == getattr(first, name) for other in setups)
    }
    return MeasuredSetup(**shared)
