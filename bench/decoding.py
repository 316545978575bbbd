"""`python -m bench.decoding [AUDIO]`: our decoding beside faster-whisper's, on the same weights and cores.

In one process everything is loaded and has decoded once before it is measured, and the ways take turns. Whole commands,
clips that come together and memory follow. CPU seconds say more than wall clock on a machine that does other things as
well.
"""

from __future__ import annotations

import statistics
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import NamedTuple

import numpy as np
from faster_whisper import BatchedInferencePipeline, WhisperModel
from numpy.typing import NDArray

from bench.clips import compare_clips
from bench.commands import compare_commands
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
    """Print what decoding costs in each way, then what a command, a crowd and the first words do."""
    audio = Path(sys.argv[1]) if len(sys.argv) > 1 else None
    sentence = decode(SENTENCE, max_seconds=60).samples
    ways = _ways()
    print("| recording | language | way | CPU | wall | CPU, ours is so many times less | wall, less |")
    print("|---|---|---|---|---|---|---|")
    for language in ("en", None):
        _compare("7 s", sentence, language, ways, ["ours", "default", "batched, 8"])
    _compare("71 s, 90 % of them silence", _mostly_silent(sentence), "en", ways, ["ours", "with its VAD"])
    if audio:
        batched = [f"batched, {size}" for size in BATCHES]
        _compare(audio.name, decode(audio, max_seconds=36_000).samples, "en", ways, ["ours", "default", *batched])
    print("\n| what | ours | theirs | ratio |\n|---|---|---|---|")
    compare_commands(SENTENCE, audio)
    compare_clips(SENTENCE, audio)


def _mostly_silent(sentence: NDArray[np.float32]) -> NDArray[np.float32]:
    silence = np.zeros_like(sentence)
    return np.concatenate([*[silence] * 4, sentence, *[silence] * 5])


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

    def without_silence(samples: NDArray[np.float32], language: str | None) -> object:
        return list(bare.transcribe(samples, language=language, vad_filter=True)[0])

    return {"ours": ours, "default": default, "with its VAD": without_silence} | {
        f"batched, {size}": in_batches(size) for size in BATCHES
    }


def _compare(
    name: str, samples: NDArray[np.float32], language: str | None, ways: Mapping[str, Decoding], compared: Sequence[str]
) -> None:
    found: dict[str, list[Cost]] = {way: [] for way in compared}
    for _ in range(TIMES + 1):
        for way in list(found):
            found[way].append(_cost(ways[way], samples, language))
        _keep_best_batches(found)
    costs = {way: Cost(*map(statistics.median, zip(*each[1:], strict=True))) for way, each in found.items()}
    ours = costs["ours"]
    for way, cost in costs.items():
        ratios = f"{cost.cpu / ours.cpu:.2f} | {cost.wall / ours.wall:.2f}"
        print(
            f"| {name} | {language or 'detected'} | {way} | {cost.cpu:.2f} s | {cost.wall:.2f} s | {ratios} |",
            flush=True,
        )


def _keep_best_batches(found: dict[str, list[Cost]]) -> None:
    """Go on with the size of batches that was fastest in the first round alone: each takes its time."""
    batched = sorted((way for way in found if way.startswith("batched")), key=lambda way: found[way][0].wall)
    for way in batched[1:]:
        del found[way]


def _cost(decoding: Decoding, samples: NDArray[np.float32], language: str | None) -> Cost:
    cpu, wall = time.process_time(), time.perf_counter()
    decoding(samples, language)
    return Cost(time.process_time() - cpu, time.perf_counter() - wall)


if __name__ == "__main__":
    main()
