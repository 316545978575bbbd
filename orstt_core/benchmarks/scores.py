"""Scores: what the results of a benchmark come to, by model, and whether two differ by more than chance.

Intervals are by bootstrap over the recordings, each drawn with both its counts (Efron and Tibshirani, An Introduction
to the Bootstrap, 1993, chapters 13 and 16); of two models or runs by the recordings that both have, drawn as pairs
(Bisani and Ney, "Bootstrap estimates for confidence intervals in ASR performance evaluation", ICASSP 2004).
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence

import numpy as np
from numpy.typing import NDArray

from orstt_core.types import BenchmarkResult, Difference, Interval, MissedTerm, ModelScore, WorstRecording, WrongWord

RESAMPLINGS = 10_000
CONFIDENCE = 95.0
WORST, MOST_WRONG = 5, 15
"""Recordings, and words, that a score names."""
FEWEST = 2
"""Recordings that an interval needs."""


def model_scores(results: Iterable[BenchmarkResult], models: Sequence[str]) -> list[ModelScore]:
    """Return a score for each model, in their order; the last result of a recording counts."""
    found = _latest(results)
    return [_score(model, [each for (name, _), each in found.items() if name == model]) for model in models]


def difference(
    first: tuple[str, Iterable[BenchmarkResult]], second: tuple[str, Iterable[BenchmarkResult]]
) -> Difference | None:
    """Compare two sides, each a name and the results of one model; None: they have no recording in common."""
    ours, theirs = ({each.digest: each for each in results if each.errors} for _, results in (first, second))
    both = [digest for digest in ours if digest in theirs]
    if not both:
        return None
    one, other = ([side[digest] for digest in both] for side in (ours, theirs))
    counts = np.array([[*_counts(a), *_counts(b)] for a, b in zip(one, other, strict=True)])
    timed = [(a.seconds, b.seconds) for a, b in zip(one, other, strict=True) if a.seconds and b.seconds]
    times = [sum(values) for values in zip(*timed, strict=True)] if timed else []
    return Difference(
        first=first[0],
        second=second[0],
        recordings=len(both),
        points=float(_points(counts.sum(axis=0))),
        interval=_interval(_points(_drawn(counts))) if len(both) >= FEWEST else None,
        speed=times[0] / times[1] if times else None,
    )


def results_of(results: Iterable[BenchmarkResult], model: str) -> list[BenchmarkResult]:
    """Return the results of one model, the last of each recording."""
    return [each for (name, _), each in _latest(results).items() if name == model]


def _latest(results: Iterable[BenchmarkResult]) -> dict[tuple[str, str], BenchmarkResult]:
    return {(result.model, result.digest): result for result in results}


def _score(model: str, results: Sequence[BenchmarkResult]) -> ModelScore:
    scored = [each for each in results if each.errors]
    counts = np.array([_counts(each) for each in scored]).reshape(-1, 2)
    errors = [each.errors for each in scored if each.errors]
    wrong: Counter[tuple[str, str]] = Counter()
    for each in scored:
        wrong.update({(word.expected, word.heard): word.count for word in each.wrong})
    missed: Counter[str] = Counter()
    for each in scored:
        missed.update({term.term: term.count for term in each.missed_terms})
    units = {each.unit for each in errors}
    timed = [(each.audio_seconds, each.seconds) for each in scored if each.seconds]
    sound, seconds = (sum(values) for values in zip(*timed, strict=True)) if timed else (0.0, 0.0)
    worst = sorted(((each.recording, each.errors.rate) for each in scored if each.errors), key=lambda pair: -pair[1])
    total = sum(each.total for each in errors)
    return ModelScore(
        model=model,
        recordings=len(scored),
        failed=len(results) - len(scored),
        unit=units.pop() if len(units) == 1 else "units",
        total=total,
        substitutions=sum(each.substitutions for each in errors),
        deletions=sum(each.deletions for each in errors),
        insertions=sum(each.insertions for each in errors),
        rate=float(counts[:, 0].sum() / total) if total else None,
        interval=_interval(_rates(_drawn(counts))) if len(scored) >= FEWEST else None,
        terms=sum(each.terms for each in scored),
        missed=sum(each.missed for each in scored),
        missed_terms=[MissedTerm(term=term, count=count) for term, count in missed.most_common()],
        audio_seconds=sum(each.audio_seconds for each in scored),
        seconds=seconds,
        speed=sound / seconds if seconds else None,
        peak_memory=max((each.peak_memory for each in scored if each.peak_memory), default=None),
        worst=[WorstRecording(recording=name, rate=rate) for name, rate in worst[:WORST] if rate],
        wrong=[
            WrongWord(expected=expected, heard=heard, count=count)
            for (expected, heard), count in wrong.most_common(MOST_WRONG)
        ],
    )


def _counts(result: BenchmarkResult) -> tuple[int, int]:
    """Return what is wrong in a result, and of how much."""
    assert result.errors is not None
    return result.errors.wrong, result.errors.total


def _drawn(counts: NDArray[np.int64]) -> NDArray[np.int64]:
    """Return sums over recordings drawn with replacement, shape (RESAMPLINGS, columns); alike for the same counts."""
    chosen = np.random.default_rng(0).multinomial(len(counts), np.full(len(counts), 1 / len(counts)), RESAMPLINGS)
    sums: NDArray[np.int64] = chosen @ counts
    return sums


def _rates(sums: NDArray[np.int64]) -> NDArray[np.float64]:
    rates: NDArray[np.float64] = sums[..., 0] / sums[..., 1]
    return rates


def _points(sums: NDArray[np.int64]) -> NDArray[np.float64]:
    """Return how many percentage points the second rate is above the first, of columns wrong, total, wrong, total."""
    points: NDArray[np.float64] = 100 * (sums[..., 2] / sums[..., 3] - sums[..., 0] / sums[..., 1])
    return points


def _interval(values: NDArray[np.float64]) -> Interval:
    low, high = np.percentile(values, [(100 - CONFIDENCE) / 2, (100 + CONFIDENCE) / 2])
    return Interval(low=float(low), high=float(high))
