"""How many recordings it takes to be sure of a difference: `python -m bench.sequences`, simulated."""

from __future__ import annotations

import math

import numpy as np
from numpy.typing import NDArray

from orstt_core.experiments.sequences import log_capital

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


def main() -> None:
    """Print a row for each difference."""
    print(f"| difference | deviation | {' | '.join(f'{share} % are sure' for share in SHARES)} | wrongly sure of A |")
    print("|---|---|" + "---|" * len(SHARES) + "---|")
    for words, (values, chances) in DIFFERENCES.items():
        mean = np.dot(values, chances)
        deviation = math.sqrt(np.dot(np.square(values), chances) - mean**2)
        counts, wrong = needed(values, chances)
        cells = [f"{count:,.0f}" if math.isfinite(count) else "never" for count in counts]
        print(f"| {words} | {deviation:.3f} | {' | '.join(cells)} | {wrong:.1%} |")


if __name__ == "__main__":
    main()
