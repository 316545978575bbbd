"""Comparisons: the transcripts of two jobs beside each other, as people ask for them."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable
from typing import Protocol

from orstt_core.corrected_pairs import is_reference
from orstt_core.errors import InvalidRequest
from orstt_core.measurements.comparison import SAME_LENGTH, Compared, Reference, compare
from orstt_core.types import Comparison, ComparisonQuery, Job, JobTranscript, Stats, StatsQuery


class Transcripts(Protocol):
    """Returns a version of a job's transcript; None: the newest."""

    def __call__(self, ref: str, version: int | None) -> Awaitable[JobTranscript]:
        """Look it up."""
        ...


class Comparisons:
    """Compares what is stored.

    Args:
        job: returns a job, whole.
        transcript: returns a version of its transcript.
        stats: returns what was measured of a model.
    """

    def __init__(
        self,
        job: Callable[[str], Awaitable[Job]],
        transcript: Transcripts,
        stats: Callable[[StatsQuery], Awaitable[list[Stats]]],
    ) -> None:
        self._job, self._transcript, self._stats = job, transcript, stats

    async def compare(self, query: ComparisonQuery) -> Comparison:
        """See `Backend.compare_jobs`."""
        first = await self._side(query.first, query.first_version)
        second = await self._side(query.second, query.second_version)
        if (first.job.id, first.found.version) == (second.job.id, second.found.version):
            raise InvalidRequest(
                "A transcript is not compared with itself.",
                hint="Name another job of the recording, or another version.",
                field="second",
            )
        lengths = [side.found.transcript.duration for side in (first, second)]
        if abs(lengths[0] - lengths[1]) >= SAME_LENGTH:
            raise InvalidRequest(
                f"These are not of the same recording: one is {lengths[0]:.1f} s long, the other {lengths[1]:.1f} s.",
                hint="Two jobs of one recording can be compared; `orstt jobs again` makes another one.",
                field="second",
            )
        return await asyncio.to_thread(compare, first, second, _reference(query, first, second))

    async def _side(self, ref: str, version: int | None) -> Compared:
        job = await self._job(ref)
        found = await self._transcript(job.id, version)
        stats = await self._stats(StatsQuery(model=found.transcript.model.name, here=True))
        return Compared(job, found, stats[0].peak_memory if stats else None)


def _reference(query: ComparisonQuery, *sides: Compared) -> Reference | None:
    """Return what errors are counted against: what is given, or what a person corrected of the first or the second."""
    if query.reference.strip():
        return Reference(query.reference)
    corrected = next((side.job for side in sides if is_reference(side.job)), None)
    return Reference(corrected.text, corrected.id, corrected.transcript_version) if corrected else None
