"""`python -m bench.accuracy FOLDER`: errors and processor time of each way of decoding, on recordings with transcripts.

FOLDER is a reference set as `orstt bench` reads it; recordings in other languages than those of the groups are left
out. Errors, and the intervals of differences from faster-whisper's default, are those of `orstt bench`. What differs is
what is run: ways of decoding, most of them no model of ours, in one process and by processor time, which other programs
disturb least.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from bench.plots import plot_errors
from bench.recordings import Recording, recordings
from bench.ways import Way, cost, loaded_ways
from orstt_core.benchmarks.results import Heard, judged
from orstt_core.benchmarks.scores import difference, model_scores, results_of
from orstt_core.types import BenchmarkResult, ModelScore

WAYS = ("ours", "ours, greedy", "default", "default, greedy", "batched, 8")
GROUPS = {"English": ("en",), "eight others": ("de", "fr", "es", "it", "pt", "nl", "ru", "ko"), "zh, ja": ("zh", "ja")}


def main() -> None:
    """Print a table by group and one by language, and draw errors against time."""
    ways = {name: way for name, way in loaded_ways().items() if name in WAYS}
    known = {code for codes in GROUPS.values() for code in codes}
    found = [
        result
        for recording in recordings(Path(sys.argv[1]))
        if recording.language in known
        for result in scored(ways, recording)
    ]
    print("| recordings | way | wrong | rate | difference from the default, 95 % | CPU |\n|---|---|---|---|---|---|")
    groups = {**GROUPS, **{code: (code,) for code in sorted({result.language or "" for result in found})}}
    for group, languages in groups.items():
        _print(group, [result for result in found if result.language in languages])
    scores = model_scores(found, list(ways))
    plot_errors({score.model: (100 * (score.rate or 0.0), score.seconds) for score in scores})


def scored(ways: Mapping[str, Way], recording: Recording) -> Iterator[BenchmarkResult]:
    """Decode a recording in several ways, and yield what each made of it; its seconds are of processor time."""
    for name, way in ways.items():
        spent, text = cost(way, recording.samples, recording.language)
        yield judged(
            name, recording.reference, Heard(text=text, audio_seconds=recording.seconds, seconds=spent.cpu or None)
        )


def wrong_in(score: ModelScore) -> int:
    """Return how many words, or letters, are wrong, left out or added."""
    return score.substitutions + score.deletions + score.insertions


def _print(group: str, found: Sequence[BenchmarkResult]) -> None:
    default = results_of(found, "default")
    for score in model_scores(found, WAYS):
        against = difference(("default", default), (score.model, results_of(found, score.model)))
        bounds = against.interval if against and score.model != "default" else None
        told = f"{bounds.low:+.1f} to {bounds.high:+.1f} points" if bounds else ""
        rate = f"{100 * (score.rate or 0.0):.1f} %"
        wrong = f"{wrong_in(score)} of {score.total}"
        print(f"| {group} | {score.model} | {wrong} | {rate} | {told} | {score.seconds:.1f} s |", flush=True)


if __name__ == "__main__":
    main()
