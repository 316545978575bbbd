"""Confidence sequences: bounds of a mean that hold however often they are looked at, and whenever one stops.

The hedged capital process of Waudby-Smith and Ramdas, "Estimating means of bounded random variables by betting",
Journal of the Royal Statistical Society B 86 (2024), pages 1 to 27, arXiv 2010.09686, theorem 3. For each mean that may
be the true one, one bets that observations lie above it, and another that they lie below. At the true mean neither
capital grows but by luck: the chance that it ever reaches 2 / alpha is alpha / 2 at most (Ville's inequality). So means
at which a capital did are left out. For observations X of 0 to 1, a mean m, and what stands before observation t:

    bet(t) = sqrt(2 log(2 / alpha) / (variance(t - 1) * t * log(t + 1)))
    mean(t) = (1/2 + sum of X) / (t + 1), variance(t) = (1/4 + sum of (X(i) - mean(i))^2) / (t + 1)
    capital above(t) = product of 1 + min(bet(i), stake(i) / m) * (X(i) - m)
    capital below(t) = product of 1 - min(bet(i), stake(i) / (1 - m)) * (X(i) - m)

Their stake is 1/2 throughout. Here it begins so and grows, stake(t) = 1 - 20 / (t + 39): what they prove holds for
whatever is fixed before its observation and below 1, and small differences, as those of error rates are, are found with
a third fewer recordings. The capital above falls and the one below rises with m, so each bound is found by halving.

What is assumed: each observation lies within the bounds that are given, and its mean, given all those before, is the
same one. Neither a distribution nor independence is. Where the mean wanders, but on one side of zero, the answer to
"which is better" holds all the same: a capital that bets against the true side only falls by it.
"""

from __future__ import annotations

import math
from collections.abc import Iterable
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

HALVINGS = 40
"""Of the span of possible means; what is left is 1e-12 of it."""


class Bounds(NamedTuple):
    """Between which the mean is."""

    low: float
    high: float


class ConfidenceSequence:
    """Bounds of the mean of observations that come one by one.

        sequence = ConfidenceSequence(low=-1.0, high=1.0)
        for difference in differences:
            sequence.add(difference)
            if sequence.interval.low > 0:
                break  # above zero; wrong in one of forty such experiments at most, however often this was asked

    Args:
        low: least value that an observation may have.
        high: greatest value.
        alpha: chance that the mean is outside the bounds at any time; one half of it on each side.

    Raises:
        ValueError: `low` is not below `high`, or `alpha` not between 0 and 1.
    """

    def __init__(self, low: float = -1.0, high: float = 1.0, alpha: float = 0.05) -> None:
        if not (math.isfinite(low) and math.isfinite(high) and low < high and 0 < alpha < 1):
            raise ValueError(f"no bounds of observations, or no chance: {low}, {high}, {alpha}")
        self._low, self._span, self._alpha = low, high - low, alpha
        self._shares: list[float] = []
        self._known: tuple[int, Bounds] = (0, Bounds(low, high))

    def add(self, observation: float) -> None:
        """Take one observation in.

        Raises:
            ValueError: it is outside the bounds of observations.
        """
        share = (observation - self._low) / self._span
        if not 0 <= share <= 1:
            raise ValueError(f"{observation} is not between {self._low} and {self._low + self._span}")
        self._shares.append(share)

    def extend(self, observations: Iterable[float]) -> None:
        """Take several observations in, in their order."""
        for observation in observations:
            self.add(observation)

    @property
    def count(self) -> int:
        """How many observations there are."""
        return len(self._shares)

    @property
    def mean(self) -> float | None:
        """Mean of the observations; None before the first."""
        return self._low + self._span * math.fsum(self._shares) / self.count if self.count else None

    @property
    def interval(self) -> Bounds:
        """Where the mean is, by all that was observed until now; it only ever becomes narrower.

        Observations that contradict one mean for all let the bounds cross; the interval is then what lies between.
        """
        if self._known[0] != self.count:
            shares = np.array(self._shares)
            low, high = sorted((_lower(shares, self._alpha), 1 - _lower(1 - shares, self._alpha)))
            self._known = self.count, Bounds(self._low + self._span * low, self._low + self._span * high)
        return self._known[1]


class DifferenceSequence:
    """Bounds of how far the mean of one model's observations is above another's, of which each had its own recordings.

    Each side has bounds with half of the chance, so both hold together, and so does their difference. Where both models
    heard the same recordings, `ConfidenceSequence` of the differences needs far fewer of them.

    Args:
        low: least value that an observation may have.
        high: greatest value.
        alpha: chance that the difference is outside the bounds at any time.
    """

    def __init__(self, low: float = 0.0, high: float = 1.0, alpha: float = 0.05) -> None:
        self.first = ConfidenceSequence(low, high, alpha / 2)
        self.second = ConfidenceSequence(low, high, alpha / 2)

    @property
    def mean(self) -> float | None:
        """Mean of the second's observations less that of the first's; None while either has none."""
        first, second = self.first.mean, self.second.mean
        return None if first is None or second is None else second - first

    @property
    def interval(self) -> Bounds:
        """Where the second's mean less the first's is."""
        first, second = self.first.interval, self.second.interval
        return Bounds(second.low - first.high, second.high - first.low)


def log_capital(shares: NDArray[np.float64], mean: float, alpha: float) -> NDArray[np.float64]:
    """Return the logarithm of the capital of who bets that the true mean is above a given one.

    Args:
        shares: observations from 0 to 1, shape (..., observations); 1 less each for who bets that it is below.
        mean: the given one, from 0 to 1; likewise.
        alpha: decides how much is bet.

    Returns:
        The capital after each observation, of the shape of `shares`; it is 0 before the first.
    """
    numbers = np.arange(1, shares.shape[-1] + 1)
    means = (0.5 + np.cumsum(shares, axis=-1)) / (numbers + 1)
    variances = (0.25 + np.cumsum((shares - means) ** 2, axis=-1)) / (numbers + 1)
    before = np.concatenate([np.full((*shares.shape[:-1], 1), 0.25), variances[..., :-1]], axis=-1)
    bets = np.sqrt(2 * math.log(2 / alpha) / (before * numbers * np.log(numbers + 1)))
    most = (1 - 20 / (numbers + 39)) / mean if mean else np.inf
    logarithms: NDArray[np.float64] = np.cumsum(np.log1p(np.minimum(bets, most) * (shares - mean)), axis=-1)
    return logarithms


def _lower(shares: NDArray[np.float64], alpha: float) -> float:
    """Return the greatest mean below which every one was left out at some time, from 0 to 1."""
    low, high = 0.0, 1.0
    for _ in range(HALVINGS):
        middle = (low + high) / 2
        if log_capital(shares, middle, alpha).max() >= math.log(2 / alpha):
            low = middle
        else:
            high = middle
    return low
