"""`python -m bench.constants FOLDER`: a constant of decoding, chosen on half of the recordings, judged by the rest.

FOLDER is as `bench.accuracy` has it. Of each language every second recording, by name, is in the half to choose on, the
first one included. What is chosen has the fewest errors there, and of equals the least processor time.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from itertools import groupby
from pathlib import Path

from bench.accuracy import scored, wrong_in
from bench.recordings import Recording, recordings
from bench.ways import Way, loaded_ways
from orstt_core.benchmarks.scores import model_scores
from orstt_core.engines import window_decoder
from orstt_core.types import ModelScore

PADDINGS = (150, 300, 600)
FAST = ("de", "en", "es", "fr", "it", "ko", "nl", "pt", "ru")
"""The languages that the fast decoder is the default for."""


def main() -> None:
    """Print a row for each value on each half, faster-whisper's default beside them."""
    loaded = loaded_ways()
    choosing, judging = _halves([each for each in recordings(Path(sys.argv[1])) if each.language in FAST])
    print("| half | way | wrong | processor time |\n|---|---|---|---|")
    found = {padding: _shown("to choose on", loaded["ours"], choosing, padding) for padding in PADDINGS}
    best = min(found, key=lambda padding: (wrong_in(found[padding]), found[padding].seconds))
    print(f"chosen: {best}")
    for padding in PADDINGS:
        _shown("to judge on", loaded["ours"], judging, padding)
    for name, half in (("to choose on", choosing), ("to judge on", judging)):
        _print(name, "default", _total("default", loaded["default"], half))


def _halves(found: list[Recording]) -> tuple[list[Recording], list[Recording]]:
    ordered = sorted(found, key=lambda each: (each.language, each.reference.name))
    by_language = [list(group) for _, group in groupby(ordered, key=lambda each: each.language)]
    return [each for group in by_language for each in group[::2]], [
        each for group in by_language for each in group[1::2]
    ]


def _shown(half: str, ours: Way, found: Sequence[Recording], padding: int) -> ModelScore:
    before = window_decoder.PADDING
    window_decoder.PADDING = padding
    try:
        total = _total("ours", ours, found)
    finally:
        window_decoder.PADDING = before
    _print(half, f"ours, {padding} positions of padding", total)
    return total


def _total(name: str, way: Way, found: Sequence[Recording]) -> ModelScore:
    [score] = model_scores([result for recording in found for result in scored({name: way}, recording)], [name])
    return score


def _print(half: str, way: str, total: ModelScore) -> None:
    print(f"| {half} | {way} | {wrong_in(total)} of {total.total} | {total.seconds:.1f} s |", flush=True)


if __name__ == "__main__":
    main()
