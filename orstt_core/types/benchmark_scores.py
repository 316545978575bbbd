"""What benchmarks come to: scores of models, how two differ, and the report that has both."""

from __future__ import annotations

from msgspec import Struct

from orstt_core.types.benchmarks import Benchmark, MissedTerm, WrongWord


class Interval(Struct, frozen=True, kw_only=True):
    """Bounds between which a figure is by a confidence of 95 %."""

    low: float
    high: float


class WorstRecording(Struct, frozen=True, kw_only=True):
    """A recording of which a model got much wrong.

    Attributes:
        recording: its name in the set.
        rate: errors over what was said.
    """

    recording: str
    rate: float


class ModelScore(Struct, frozen=True, kw_only=True):
    """What one model came to.

    Attributes:
        recordings: those that it transcribed.
        failed: those that it could not.
        unit: what is counted, words or letters; `units` where some languages are counted in one and some in the other.
        total: how many the references have.
        rate: wrong, left out and added ones over the total.
        interval: of the rate; null with fewer than two recordings.
        terms: those of the list that were said.
        missed: those of them that were not recognised.
        missed_terms: which ones, those most often missed first.
        audio_seconds: length of the sound.
        seconds: time that the model took for it.
        speed: times real time; null: not measured.
        peak_memory: most bytes that its process took; null: not measured.
        worst: recordings with most errors in proportion.
        wrong: words most often wrong.
    """

    model: str
    recordings: int
    failed: int
    unit: str
    total: int
    substitutions: int
    deletions: int
    insertions: int
    rate: float | None
    interval: Interval | None
    terms: int
    missed: int
    missed_terms: list[MissedTerm]
    audio_seconds: float
    seconds: float
    speed: float | None
    peak_memory: int | None
    worst: list[WorstRecording]
    wrong: list[WrongWord]


class Difference(Struct, frozen=True, kw_only=True):
    """How two sides differ on the recordings that both have.

    Attributes:
        first: what the difference is from.
        second: what is compared with it.
        recordings: how many both have.
        points: rate of the second less that of the first, in percentage points.
        interval: of that; null with fewer than two recordings.
        speed: times as fast as the first; null: not measured.
    """

    first: str
    second: str
    recordings: int
    points: float
    interval: Interval | None
    speed: float | None

    @property
    def is_more_than_chance(self) -> bool:
        """Whether the interval leaves zero out."""
        return self.interval is not None and not self.interval.low <= 0 <= self.interval.high


class BenchmarkReport(Struct, frozen=True, kw_only=True):
    """What a benchmark comes to; as JSON, the report that programs read.

    Attributes:
        scores: one for each model, in the order in which they were named.
        differences: of each further model from the first.
        sentences: these in words, and which model has the fewest errors, and which are faster.
    """

    benchmark: Benchmark
    scores: list[ModelScore]
    differences: list[Difference]
    sentences: list[str]
