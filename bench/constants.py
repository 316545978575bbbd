"""`python -m bench.constants FOLDER`: a constant of decoding, chosen on half of the recordings, judged by the rest.

FOLDER is as `bench.accuracy` has it. Of each language every second recording, by name, is in the half to choose on, the
first one included. What is chosen has the fewest errors there, and of equals the least processor time.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator, Mapping
from itertools import groupby
from pathlib import Path
from typing import Any

from bench.accuracy import LONGEST, Score, clips, scored
from bench.ways import Way, loaded_ways
from orstt_core.audio import decode
from orstt_core.engines import window_decoder

PADDINGS = (150, 300, 600)
FAST = ("de", "en", "es", "fr", "it", "ko", "nl", "pt", "ru")
"""The languages that the fast decoder is the default for."""


def main() -> None:
    """Print a row for each value on each half, faster-whisper's default beside them."""
    folder = Path(sys.argv[1])
    loaded = loaded_ways()
    choosing, judging = _halves([clip for clip in clips(folder) if clip["language"] in FAST])
    print("| half | way | wrong | processor time |\n|---|---|---|---|")
    found = {padding: _shown("to choose on", loaded, choosing, folder, padding) for padding in PADDINGS}
    best = min(found, key=lambda padding: (found[padding].wrong, found[padding].cpu))
    print(f"chosen: {best}")
    for padding in PADDINGS:
        _shown("to judge on", loaded, judging, folder, padding)
    for name, half in (("to choose on", choosing), ("to judge on", judging)):
        _print(name, "default", _total({"default": loaded["default"]}, half, folder))


def _halves(found: list[dict[str, Any]]) -> tuple[list[dict[str, Any]], list[dict[str, Any]]]:
    ordered = sorted(found, key=lambda clip: (clip["language"], clip["file"]))
    by_language = [list(group) for _, group in groupby(ordered, key=lambda clip: clip["language"])]
    return [clip for group in by_language for clip in group[::2]], [
        clip for group in by_language for clip in group[1::2]
    ]


def _shown(half: str, loaded: Mapping[str, Way], found: list[dict[str, Any]], folder: Path, padding: int) -> Score:
    before = window_decoder.PADDING
    window_decoder.PADDING = padding
    try:
        total = _total({"ours": loaded["ours"]}, found, folder)
    finally:
        window_decoder.PADDING = before
    _print(half, f"ours, {padding} positions of padding", total)
    return total


def _total(way: Mapping[str, Way], found: list[dict[str, Any]], folder: Path) -> Score:
    wrong, total, cpu = zip(*_scores(way, found, folder), strict=True)
    return Score(sum(wrong), sum(total), sum(cpu))


def _scores(way: Mapping[str, Way], found: list[dict[str, Any]], folder: Path) -> Iterator[Score]:
    for clip in found:
        samples = decode(folder / clip["file"], max_seconds=LONGEST + 60).samples
        yield from scored(way, clip, samples).values()


def _print(half: str, way: str, total: Score) -> None:
    print(f"| {half} | {way} | {total.wrong} of {total.total} | {total.cpu:.1f} s |", flush=True)


if __name__ == "__main__":
    main()
