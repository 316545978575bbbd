"""`python -m bench.decoding [AUDIO]`: our decoding beside faster-whisper's, on the same weights and threads.

Everything is loaded and has decoded once before it is measured; the ways take turns. CPU seconds say more than wall
clock on a machine that does other things as well.
"""

from __future__ import annotations

import statistics
import sys
import time
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import NamedTuple

import numpy as np
from faster_whisper import BatchedInferencePipeline, WhisperModel
from numpy.typing import NDArray

from orstt_core import STTFactory
from orstt_core.audio import decode
from orstt_core.settings import load_settings
from orstt_core.types import TranscribeOptions
from orstt_core.weights import obtain

SENTENCE = Path(__file__).parent.parent / "tests/data/austen.wav"
TIMES = 5
BATCHES = (4, 8, 16)

Decoding = Callable[[NDArray[np.float32], str | None], object]


class Cost(NamedTuple):
    """Seconds of processor time of all threads, and by the wall."""

    cpu: float
    wall: float


def main() -> None:
    """Print what decoding costs in each way."""
    recordings = {"7 s": decode(SENTENCE, max_seconds=60).samples}
    if len(sys.argv) > 1:
        recordings[Path(sys.argv[1]).name] = decode(Path(sys.argv[1]), max_seconds=3600).samples
    ways = _ways()
    print("| recording | language | way | CPU | wall | CPU, ours is so many times less | wall, less |")
    print("|---|---|---|---|---|---|---|")
    for name, samples in recordings.items():
        for language in ("en", None):
            _compare(name, samples, language, ways)


def _ways() -> dict[str, Decoding]:
    engine = STTFactory.create("whisper", "base")
    engine.load()
    folder = obtain("ctranslate2-whisper", "base", cache_dir=load_settings().cache_dir, allow_download=False)
    bare = WhisperModel(str(folder), device="cpu", compute_type="int8")
    batched = BatchedInferencePipeline(bare)

    def ours(samples: NDArray[np.float32], language: str | None) -> object:
        return list(engine.segments(samples, TranscribeOptions(language=language)))

    def default(samples: NDArray[np.float32], language: str | None) -> object:
        return list(bare.transcribe(samples, language=language)[0])

    def in_batches(size: int) -> Decoding:
        return lambda samples, language: list(batched.transcribe(samples, language=language, batch_size=size)[0])

    return {"ours": ours, "default": default} | {f"batched, {size}": in_batches(size) for size in BATCHES}


def _compare(name: str, samples: NDArray[np.float32], language: str | None, ways: Mapping[str, Decoding]) -> None:
    found: dict[str, list[Cost]] = {way: [] for way in ways}
    for _ in range(TIMES + 1):
        for way, decoding in ways.items():
            found[way].append(_cost(decoding, samples, language))
    costs = {way: Cost(*map(statistics.median, zip(*each[1:], strict=True))) for way, each in found.items()}
    ours = costs["ours"]
    for way, cost in costs.items():
        ratios = f"{cost.cpu / ours.cpu:.2f} | {cost.wall / ours.wall:.2f}"
        print(
            f"| {name} | {language or 'detected'} | {way} | {cost.cpu:.2f} s | {cost.wall:.2f} s | {ratios} |",
            flush=True,
        )


def _cost(decoding: Decoding, samples: NDArray[np.float32], language: str | None) -> Cost:
    cpu, wall = time.process_time(), time.perf_counter()
    decoding(samples, language)
    return Cost(time.process_time() - cpu, time.perf_counter() - wall)


if __name__ == "__main__":
    main()
