"""Engines whose transcript can be told from the recording, so that a lost or doubled segment shows; recordings too."""

from __future__ import annotations

import signal
import time
from collections.abc import Iterator
from pathlib import Path
from typing import ClassVar

import numpy as np
import soundfile
from numpy.typing import NDArray
from troublesome import Plain

from orstt_core.types import Segment, TranscribeOptions

RATE = 16_000
STEP = 0.005
"""Loudness that stands for one second's number."""


def write_count(path: Path, seconds: int) -> Path:
    """Write a recording in which every second says its number, by its loudness."""
    samples = np.repeat(np.arange(1, seconds + 1) * STEP, RATE)
    soundfile.write(path, samples, RATE, subtype="FLOAT")
    return path


def count_of(seconds: int) -> str:
    """The right transcript of such a recording."""
    return " ".join(map(str, range(1, seconds + 1)))


class Counting(Plain):
    """Says each second's number; its model's name is `ANY`, or a folder that tells it how to behave.

    In the folder, a file `pause` holds seconds to wait before each segment; `die-at` the number at which it dies, once;
    `always-die` lets it die at the first; `hang-at` the number at which it sleeps for a minute. `asked` is written to:
    the first number of each call.
    """

    capabilities: ClassVar = frozenset({"segments"})

    def segments(self, samples: NDArray[np.float32], options: TranscribeOptions) -> Iterator[Segment]:
        folder = Path(self.model_name)
        numbers = [round(float(samples[second * RATE + RATE // 2]) / STEP) for second in range(len(samples) // RATE)]
        if folder.is_dir():
            with (folder / "asked").open("a") as asked:
                asked.write(f"{numbers[0] if numbers else 0}\n")
        for second, number in enumerate(numbers):
            self._behave(folder, number)
            yield Segment(id=second, start=float(second), end=second + 1.0, text=str(number), language="en")

    def _behave(self, folder: Path, number: int) -> None:
        if (folder / "always-die").exists():
            signal.raise_signal(signal.SIGABRT)
        if read(folder / "die-at") == number:
            (folder / "die-at").unlink()
            signal.raise_signal(signal.SIGSEGV)
        if read(folder / "hang-at") == number:
            time.sleep(60)
        time.sleep(read(folder / "pause") or 0)


class CountingTogether(Counting):
    """The same, four recordings at once."""

    capacity = 4


class CountingWithoutTimes(Counting):
    """The same, but it measures no times, so nobody can go on in the middle."""

    def segments(self, samples: NDArray[np.float32], options: TranscribeOptions) -> Iterator[Segment]:
        for segment in super().segments(samples, options):
            yield Segment(id=segment.id, start=None, end=None, text=segment.text, language="en")


def read(path: Path) -> float | None:
    """The number in a file; None if there is none."""
    try:
        return float(path.read_text())
    except FileNotFoundError:
        return None
