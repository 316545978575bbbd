"""Bounds of a mean hold when they are looked at after every observation, and close in as was promised."""

from __future__ import annotations

import math

import numpy as np
import pytest
from numpy.typing import NDArray

from orstt_core.experiments.sequences import ConfidenceSequence, DifferenceSequence, log_capital

ALPHA = 0.05
THRESHOLD = math.log(2 / ALPHA)
RUNS, LONGEST = 1000, 600


def drawn(values: list[float], chances: list[float], seed: int = 1) -> NDArray[np.float64]:
    """Return observations of -1 to 1 as shares of 0 to 1, shape (RUNS, LONGEST)."""
    observed = np.random.default_rng(seed).choice(values, (RUNS, LONGEST), p=chances)
    shares: NDArray[np.float64] = (observed + 1) / 2
    return shares


@pytest.mark.parametrize(
    ("values", "chances"),
    [
        ([-1, 1], [0.5, 0.5]),  # judgements that never find both alike
        ([-1, 0, 1], [0.1, 0.8, 0.1]),
        ([-0.25, 0, 0.05], [0.15, 0.1, 0.75]),  # now and then far worse, mostly a little better: no difference
        ([-1, 0.1], [0.01, 0.99]),  # a mean that one seldom observation decides
        ([0.1, 0.3, 0.6], [0.2, 0.3, 0.5]),
    ],
)
def test_at_most_five_in_a_hundred_are_ever_wrong_though_looked_at_after_every_observation(
    values: list[float], chances: list[float]
) -> None:
    shares, mean = drawn(values, chances), (np.dot(values, chances) + 1) / 2
    above = (log_capital(shares, mean, ALPHA) >= THRESHOLD).any(axis=1)
    below = (log_capital(1 - shares, 1 - mean, ALPHA) >= THRESHOLD).any(axis=1)
    assert (above | below).mean() <= ALPHA


@pytest.mark.parametrize(
    ("values", "chances", "needed"),
    [  # rows of docs/experiments.md that are quick to find: with so many recordings, nine of ten experiments are sure
        ([-1, 0, 1], [0.15, 0.4, 0.45], 135),
        ([-0.1, 0, 0.2], [0.2, 0.5, 0.3], 200),
    ],
)
def test_a_difference_is_found_as_soon_as_the_page_says(values: list[float], chances: list[float], needed: int) -> None:
    above = log_capital(drawn(values, chances), 0.5, ALPHA) >= THRESHOLD
    assert above[:, :needed].any(axis=1).mean() >= 0.9


def test_two_observations_by_hand() -> None:
    sequence = ConfidenceSequence(0.0, 1.0, alpha=0.8)  # so large that one observation leaves something out
    assert tuple(sequence.interval) == (0, 1)
    sequence.add(1.0)
    # The bet is sqrt(2 log 2.5 / (1/4 log 2)) = 3.25, more than 1/2 / m where that counts; capital: 1/2 + 1/2 / m.
    assert sequence.interval == pytest.approx((0.25, 1.0))  # where it is 2 / alpha = 2.5
    sequence.add(1.0)
    # The stake is 21/41 now, and the bet 2.31. With u = 1 / m: (1 + u) / 2 * (20 + 21 u) / 41 = 2.5.
    assert sequence.interval == pytest.approx((42 / (math.sqrt(17221) - 41), 1.0))
    assert (sequence.count, sequence.mean) == (2, 1.0)


def test_the_bounds_are_where_the_capital_of_the_paper_ends_and_only_close_in() -> None:
    observed = np.random.default_rng(3).choice([-1.0, 0.0, 0.5, 1.0], 120, p=[0.1, 0.3, 0.3, 0.3]).tolist()
    sequence, before = ConfidenceSequence(), (-1.0, 1.0)
    for observation in observed:
        sequence.add(observation)
        assert before[0] <= sequence.interval.low < sequence.interval.high <= before[1]
        before = sequence.interval
    shares = [(observation + 1) / 2 for observation in observed]
    low, high = ((bound + 1) / 2 for bound in sequence.interval)
    assert 0 < low < high < 1
    for side, bound in ((shares, low), ([1 - share for share in shares], 1 - high)):
        assert greatest_capital(side, bound - 1e-6) >= 2 / ALPHA > greatest_capital(side, bound + 1e-6)


def greatest_capital(shares: list[float], mean: float) -> float:
    """Compute the capital of who bets that the mean is above a given one, step by step; return the most it ever was."""
    capital = most = 1.0
    total, squares, variance = 0.5, 0.25, 0.25
    for number, share in enumerate(shares, start=1):
        bet = math.sqrt(2 * math.log(2 / ALPHA) / (variance * number * math.log(number + 1)))
        capital *= 1 + min(bet, (1 - 20 / (number + 39)) / mean) * (share - mean)
        most = max(most, capital)
        total += share
        squares += (share - total / (number + 1)) ** 2
        variance = squares / (number + 1)
    return most


def test_observations_that_contradict_one_mean_say_where_it_was() -> None:
    sequence = ConfidenceSequence()
    sequence.extend([1.0] * 20)
    high = sequence.interval.low
    sequence.extend([-1.0] * 900)
    assert sequence.interval.low < 0 < high == pytest.approx(sequence.interval.high)


def test_two_models_with_recordings_of_their_own_are_told_apart() -> None:
    first, second = np.random.default_rng(4).choice([0.0, 0.2, 0.5], (2, 400), p=[0.5, 0.3, 0.2])
    second = second / 4
    sequence = DifferenceSequence()
    assert (sequence.mean, sequence.interval) == (None, (-1, 1))
    sequence.first.extend(first)
    sequence.second.extend(second)
    true = -0.75 * (0.3 * 0.2 + 0.2 * 0.5)
    assert sequence.interval.low < true < sequence.interval.high < 0
    assert sequence.mean == pytest.approx(second.mean() - first.mean())


def test_a_split_of_equal_models_seldom_finds_a_difference_however_often_it_is_looked_at() -> None:
    generator, runs = np.random.default_rng(5), 20
    for values, chances in (([0.0, 1.0], [0.5, 0.5]), ([0.0, 0.1, 0.2], [0.45, 0.3, 0.25])):
        wrong = 0
        for _ in range(runs):
            sequence = DifferenceSequence()
            sequence.first.extend(generator.choice(values, 200, p=chances))
            sequence.second.extend(generator.choice(values, 200, p=chances))
            wrong += not sequence.interval.low <= 0 <= sequence.interval.high  # bounds only close in: as at any look
        assert wrong <= ALPHA * runs


@pytest.mark.parametrize("observation", [-1.01, 1.01, math.nan, math.inf])
def test_what_is_outside_the_bounds_is_refused(observation: float) -> None:
    with pytest.raises(ValueError, match="between"):
        ConfidenceSequence().add(observation)


@pytest.mark.parametrize(("low", "high", "alpha"), [(1.0, 1.0, 0.05), (0.0, math.inf, 0.05), (0.0, 1.0, 0.0)])
def test_bounds_that_are_none_are_refused(low: float, high: float, alpha: float) -> None:
    with pytest.raises(ValueError, match="chance"):
        ConfidenceSequence(low, high, alpha)
