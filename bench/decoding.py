"""`python -m bench.decoding [AUDIO]`: our decoding beside faster-whisper's, on the same weights and cores.

In one process everything is loaded and has decoded once before it is measured, and the ways take turns. Whole commands,
clips that come together and memory follow. CPU seconds say more than wall clock on a machine that does other things as
well.
"""

from __future__ import annotations

import statistics
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np

from bench.clips import compare_clips
from bench.commands import compare_commands
from bench.plots import plot_lengths
from bench.ways import Cost, Samples, Way, cost, loaded_ways
from orstt_core.audio import decode
from orstt_core.units import SAMPLE_RATE

SENTENCE = Path(__file__).parent.parent / "tests/data/austen.wav"
TIMES = 5
LONG_SECONDS, TIMES_OF_LONG = 900, 2
"""A recording longer than that is decoded fewer times: each takes minutes."""
LENGTHS = (5, 10, 20, 40, 80, 160)


def main() -> None:
    """Print what decoding costs in each way, then what a command, a crowd and the first words do."""
    audio = Path(sys.argv[1]) if len(sys.argv) > 1 else None
    sentence = decode(SENTENCE, max_seconds=60).samples
    ways = loaded_ways()
    print("| recording | language | way | CPU | wall | CPU, ours is so many times less | wall, less |")
    print("|---|---|---|---|---|---|---|")
    for language in ("en", None):
        _compare("7 s", sentence, language, ways, ["ours", "default", "batched, 8"])
    _compare("71 s, 90 % of them silence", _mostly_silent(sentence), "en", ways, ["ours", "with its VAD"])
    if audio:
        samples = decode(audio, max_seconds=36_000).samples
        _compare(audio.name, samples, "en", ways, ["ours", "default", *(way for way in ways if way[:7] == "batched")])
        _draw(samples, ways)
    print("\n| what | ours | theirs | ratio |\n|---|---|---|---|")
    compare_commands(SENTENCE, audio)
    compare_clips(SENTENCE, audio)


def _mostly_silent(sentence: Samples) -> Samples:
    silence = np.zeros_like(sentence)
    return np.concatenate([*[silence] * 4, sentence, *[silence] * 5])


def _compare(
    name: str, samples: Samples, language: str | None, ways: Mapping[str, Way], compared: Sequence[str]
) -> None:
    found: dict[str, list[Cost]] = {way: [] for way in compared}
    is_long = samples.size > LONG_SECONDS * SAMPLE_RATE
    for _ in range((TIMES_OF_LONG if is_long else TIMES) + 1):
        for way in list(found):
            found[way].append(cost(ways[way], samples, language)[0])
        _keep_best_batches(found)
    costs = {way: Cost(*map(statistics.median, zip(*each[1:], strict=True))) for way, each in found.items()}
    ours = costs["ours"]
    for way, spent in costs.items():
        ratios = f"{spent.cpu / ours.cpu:.2f} | {spent.wall / ours.wall:.2f}"
        print(
            f"| {name} | {language or 'detected'} | {way} | {spent.cpu:.2f} s | {spent.wall:.2f} s | {ratios} |",
            flush=True,
        )


def _keep_best_batches(found: dict[str, list[Cost]]) -> None:
    """Go on with the size of batches that was fastest in the first round alone: each takes its time."""
    batched = sorted((way for way in found if way.startswith("batched")), key=lambda way: found[way][0].wall)
    for way in batched[1:]:
        del found[way]


def _draw(samples: Samples, ways: Mapping[str, Way]) -> None:
    """Draw how fast each way is by length: the better of two runs."""
    lengths = [seconds for seconds in LENGTHS if seconds * SAMPLE_RATE <= samples.size]
    found: dict[str, list[float]] = {name: [] for name in ("ours", "default", "batched, 8")}
    for seconds in lengths:
        for name, walls in found.items():
            part = samples[: seconds * SAMPLE_RATE]
            walls.append(min(cost(ways[name], part, "en")[0].wall for _ in range(2)))
    plot_lengths(lengths, found)


if __name__ == "__main__":
    main()
