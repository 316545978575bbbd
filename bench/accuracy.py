"""`python -m bench.accuracy FOLDER`: errors and processor time of each way of decoding, on recordings with transcripts.

FOLDER holds recordings and a `manifest.jsonl`: `file`, `language`, `transcript` and `alternatives`, that are right as
well; an entry with a `score` is none of these. Differences from faster-whisper's default have an interval of 95 % by
bootstrap over the recordings, each with both its counts: Efron and Tibshirani, An Introduction to the Bootstrap, 1993.
"""

from __future__ import annotations

import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

import numpy as np

from bench import manifest
from bench.manifest import LONGEST
from bench.plots import plot_errors
from bench.scoring import fewest_errors
from bench.ways import Samples, Way, cost, loaded_ways
from orstt_core.audio import decode

WAYS = ("ours", "ours, greedy", "default", "default, greedy", "batched, 8")
GROUPS = {"English": ("en",), "eight others": ("de", "fr", "es", "it", "pt", "nl", "ru", "ko"), "zh, ja": ("zh", "ja")}
RESAMPLINGS = 10_000


class Score(NamedTuple):
    """What one way made of one recording: wrong words or letters, of how many, and seconds of processor time."""

    wrong: int
    total: int
    cpu: float


def main() -> None:
    """Print a table by group and one by language, and draw errors against time."""
    folder = Path(sys.argv[1])
    ways = {name: way for name, way in loaded_ways().items() if name in WAYS}
    scores: dict[str, dict[str, list[Score]]] = {}
    for clip in clips(folder):
        samples = decode(folder / clip["file"], max_seconds=LONGEST + 60).samples
        for name, score in scored(ways, clip, samples).items():
            scores.setdefault(clip["language"], {}).setdefault(name, []).append(score)
    print("| recordings | way | wrong | rate | difference from the default, 95 % | CPU |\n|---|---|---|---|---|---|")
    groups = {**GROUPS, **{language: (language,) for language in sorted(scores)}}
    for group, languages in groups.items():
        _print(group, {name: [each for code in languages for each in scores[code][name]] for name in ways})
    pooled = {name: [each for found in scores.values() for each in found[name]] for name in ways}
    plot_errors({name: (_rate(each), sum(score.cpu for score in each)) for name, each in pooled.items()})


def clips(folder: Path) -> list[dict[str, Any]]:
    """Return the manifest's entries of a folder that are short, in a language of the groups and have a transcript."""
    known = {code for codes in GROUPS.values() for code in codes}
    return [clip for clip in manifest.clips(folder) if clip["language"] in known]


def scored(ways: Mapping[str, Way], clip: Mapping[str, Any], samples: Samples) -> dict[str, Score]:
    """Decode a clip in several ways and return what each made of it."""
    references = [clip["transcript"], *clip.get("alternatives", [])]
    found = {}
    for name, way in ways.items():
        spent, text = cost(way, samples, clip["language"])
        found[name] = Score(*fewest_errors(references, text, clip["language"]), spent.cpu)
    return found


def _print(group: str, found: Mapping[str, list[Score]]) -> None:
    for name, scores in found.items():
        low, high = _interval(scores, found["default"])
        wrong, total, cpu = (sum(values) for values in zip(*scores, strict=True))
        difference = "" if name == "default" else f"{low:+.1f} to {high:+.1f} points"
        print(
            f"| {group} | {name} | {wrong} of {total} | {100 * wrong / total:.1f} % | {difference} | {cpu:.1f} s |",
            flush=True,
        )


def _rate(scores: list[Score]) -> float:
    return 100 * sum(score.wrong for score in scores) / sum(score.total for score in scores)


def _interval(scores: list[Score], others: list[Score]) -> tuple[float, float]:
    """Return the bounds of the difference of two rates in points, by recordings drawn with replacement."""
    pairs = np.array([(one.wrong - other.wrong, one.total) for one, other in zip(scores, others, strict=True)])
    drawn = pairs[np.random.default_rng(0).integers(0, len(pairs), (RESAMPLINGS, len(pairs)))].sum(axis=1)
    low, high = np.percentile(100 * drawn[:, 0] / drawn[:, 1], [2.5, 97.5])
    return float(low), float(high)


if __name__ == "__main__":
    main()
