"""How many recordings it takes to be sure of a difference: `python -m bench.sequences`, simulated."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from orstt_core.experiments.sequences import DifferenceSequence, log_capital

ALPHA = 0.05
RUNS, LONGEST = 1000, 20_000
SHARES = (50, 90)
DIFFERENCES = {
    "judged by people: 55 % for B, 25 % for A": ([-1, 0, 1], [0.25, 0.2, 0.55]),
    "judged by people: 45 % for B, 15 % for A": ([-1, 0, 1], [0.15, 0.4, 0.45]),
    "judged by people: 45 % for B, 35 % for A": ([-1, 0, 1], [0.35, 0.2, 0.45]),
    "4 points fewer errors; half of the recordings the same": ([-0.1, 0, 0.2], [0.2, 0.5, 0.3]),
    "1 point fewer errors; half of the recordings the same": ([-0.1, 0, 0.1], [0.2, 0.5, 0.3]),
    "1 point fewer errors; 92 of 100 recordings the same": ([-0.1, 0, 0.2], [0.02, 0.92, 0.06]),
    "0.5 points fewer errors; 90 of 100 recordings the same": ([-0.1, 0, 0.1], [0.025, 0.9, 0.075]),
    "none, though all recordings differ by 10 points": ([-0.1, 0.1], [0.5, 0.5]),
}
"""What a recording may add to the difference, and how often."""
SPLITS = {
    "8 % errors against 4 %": ([0, 0.1, 0.2], [0.45, 0.3, 0.25], [0.65, 0.3, 0.05]),
    "8 % errors against 6 %": ([0, 0.1, 0.2], [0.45, 0.3, 0.25], [0.55, 0.3, 0.15]),
    "8 % errors against 7 %": ([0, 0.1, 0.2], [0.45, 0.3, 0.25], [0.5, 0.3, 0.2]),
    "8 % errors both": ([0, 0.1, 0.2], [0.45, 0.3, 0.25], [0.45, 0.3, 0.25]),
    "half of the recordings all wrong, both": ([0, 1], [0.5, 0.5], [0.5, 0.5]),
}
"""What share of a recording may be wrong, and how often it is where A heard it, and where B did."""
SPLIT_RUNS, LENGTHS = 400, (500, 2500, LONGEST)
MIDDLES = 9
"""Means between A's and B's that both are asked to be apart from."""
LOOKED = 1000
"""Recordings of each model after which it is counted how often a split says what is wrong: bounds only close in."""


def needed(values: list[float], chances: list[float]) -> tuple[list[float], float]:
    """Return after how many recordings shares of the runs are sure that B is better, and how many ever say A is."""
    generator = np.random.default_rng(1)
    found, wrong = [], 0
    for _ in range(RUNS):
        shares: NDArray[np.float64] = (generator.choice(values, LONGEST, p=chances) + 1) / 2
        sure = log_capital(shares, 0.5, ALPHA) >= math.log(2 / ALPHA)
        found.append(float(sure.argmax()) + 1 if sure.any() else math.inf)
        wrong += bool((log_capital(1 - shares, 0.5, ALPHA) >= math.log(2 / ALPHA)).any())
    return np.percentile(found, SHARES, method="higher").tolist(), wrong / RUNS


def needed_of_split(values: list[float], of_a: list[float], of_b: list[float]) -> tuple[list[float], float]:
    """Return after how many recordings of both shares of the runs are sure that B is better, and how many err."""
    generator = np.random.default_rng(1)
    means = np.linspace(np.dot(values, of_b), np.dot(values, of_a), MIDDLES)
    found, wrong = [], 0
    for _ in range(SPLIT_RUNS):
        a, b = (generator.choice(values, LONGEST, p=chances) for chances in (of_a, of_b))
        found.append(_told_apart(a, b, means) if means[0] < means[-1] else math.inf)
        sequence = DifferenceSequence(alpha=ALPHA)
        sequence.first.extend(b[:LOOKED])
        sequence.second.extend(a[:LOOKED])
        wrong += not sequence.interval.low <= means[-1] - means[0] <= sequence.interval.high
    return (2 * np.percentile(found, SHARES, method="higher")).tolist(), wrong / SPLIT_RUNS


def _told_apart(a: NDArray[np.float64], b: NDArray[np.float64], means: NDArray[np.float64]) -> float:
    """Return after how many recordings of each a mean is known that A's errors are above, and B's below."""
    for length in LENGTHS:  # most are told apart long before the last
        sure = min(max(_apart(a[:length], mean), _apart(1 - b[:length], 1 - mean)) for mean in means)
        if math.isfinite(sure):
            return sure
    return math.inf


def _apart(shares: NDArray[np.float64], mean: float) -> float:
    """Return after how many observations it is sure that their mean is above another; infinite: never.

    Each side of a split has half of the chance of being wrong.
    """
    sure = log_capital(shares, mean, ALPHA / 2) >= math.log(4 / ALPHA)
    return float(sure.argmax()) + 1 if sure.any() else math.inf


def main() -> None:
    """Print a row for each difference, of pairs and of splits."""
    heads = " | ".join(f"{share} % are sure" for share in SHARES)
    print(f"| difference | deviation | {heads} | wrongly sure of A |")
    print("|---|---|" + "---|" * len(SHARES) + "---|")
    for words, (values, chances) in DIFFERENCES.items():
        mean = np.dot(values, chances)
        deviation = math.sqrt(np.dot(np.square(values), chances) - mean**2)
        counts, wrong = needed(values, chances)
        print(f"| {words} | {deviation:.3f} | {_cells(counts)} | {wrong:.1%} |")
    print(f"\n| split | {heads} | bounds leave out the true difference |")
    print("|---|" + "---|" * len(SHARES) + "---|")
    for words, (values, of_a, of_b) in SPLITS.items():
        counts, wrong = needed_of_split(values, of_a, of_b)
        print(f"| {words} | {_cells(counts)} | {wrong:.1%} |", flush=True)


def _cells(counts: list[float]) -> str:
    return " | ".join(f"{count:,.0f}" if math.isfinite(count) else "never" for count in counts)


if __name__ == "__main__":
    main()
