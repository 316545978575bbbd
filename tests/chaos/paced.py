"""The engine of the chaos suite: a word for each second of sound, and on some sounds what native code does at worst.

Each second of a recording holds one level throughout. It says which word is spoken and how the engine conducts
itself over it, so the right transcript can be computed from the recording alone, and a lost, doubled or
misplaced segment is seen. The tests import this module to make recordings; the server finds a copy of it in an
installed package, as it finds anybody's engine.
"""

from __future__ import annotations

import ctypes
import os
import signal
import time
from collections.abc import Callable, Iterator
from enum import IntEnum
from pathlib import Path

import numpy as np
from numpy.typing import NDArray

from orstt_core.audio import resample
from orstt_core.engines.base import BaseSTT
from orstt_core.types import Loading, Segment, TranscribeOptions

RATE = 16_000
FULL_SCALE = 32_768
WORDS = 3_000
"""Levels that one conduct takes up; the level within them is the word."""
DIARY = "ORSTT_CHAOS_DIARY"
"""Environment variable: a folder where engines take down what they were asked for; none: nowhere."""
UNLOADABLE = "unloadable"
"""The model that cannot be loaded."""
LEAK_BYTES = 16 << 20
LEAKS = 128
"""How often it leaks: 2 GiB in all, where nobody ends it before."""


class Conduct(IntEnum):
    """What the engine does over a second of sound."""

    QUICK = 0
    STEADY = 1
    SLOW = 2
    ABORTS = 3
    ABORTS_ONCE = 4
    HANGS = 5
    LEAKS = 6
    RAISES = 7


PACE = {Conduct.STEADY: 0.05, Conduct.SLOW: 0.4}
"""Seconds that a second of sound takes; the others take 2 ms."""


def level(word: int, conduct: Conduct = Conduct.QUICK) -> int:
    """Return the 16-bit sample that stands for a word, 1 to 2999, and a conduct."""
    return conduct * WORDS + word


def text_of(level: int) -> str:
    """Return what is heard in a second of this level."""
    return f"w{level % WORDS:04d}"


class PacedSTT(BaseSTT):
    """Hears one word a second."""

    title = "Paced"
    capabilities = frozenset({"segments"})

    def preprocess(self, audio_tuple: tuple[int, NDArray[np.generic]]) -> NDArray[np.float32]:
        return resample(audio_tuple)

    def transcribe(self, audio_data: NDArray[np.float32], language: str | None = "en") -> str:
        return self.text(audio_data, TranscribeOptions(language=language))

    def is_available(self) -> bool:
        return True

    def load(self, progress: Callable[[Loading], None] | None = None) -> None:
        if self.model_name == UNLOADABLE:
            raise RuntimeError("model.bin is incomplete")

    def segments(self, samples: NDArray[np.float32], options: TranscribeOptions) -> Iterator[Segment]:
        middles = samples[RATE // 2 :: RATE]
        for number, found in enumerate(round(float(sample) * FULL_SCALE) for sample in middles):
            _note(f"{self.model_name} {text_of(found)}")
            conduct = Conduct(abs(found) // WORDS)
            time.sleep(PACE.get(conduct, 0.002))
            _behave(conduct, found)
            yield Segment(id=number, start=float(number), end=number + 1.0, text=text_of(found), language="en")


def _behave(conduct: Conduct, found: int) -> None:
    match conduct:
        case Conduct.ABORTS:
            signal.raise_signal(signal.SIGABRT)
        case Conduct.ABORTS_ONCE if _first_time(found):
            signal.raise_signal(signal.SIGABRT)
        case Conduct.HANGS:
            # As the worst of native code: it holds the interpreter's lock, so that no thread here sees a cancel.
            ctypes.PyDLL(None).sleep(3600)
        case Conduct.LEAKS:
            leaked = []
            for _ in range(LEAKS):
                leaked.append(b"\1" * LEAK_BYTES)
                time.sleep(0.05)
        case Conduct.RAISES:
            raise KeyError("mel")


def _first_time(found: int) -> bool:
    try:
        (Path(os.environ[DIARY]) / f"aborted-{found}").touch(exist_ok=False)
    except FileExistsError:
        return False
    return True


def _note(line: str) -> None:
    if folder := os.environ.get(DIARY):
        try:
            with (Path(folder) / "asked").open("a") as diary:
                diary.write(f"{os.getpid()} {line}\n")
        except OSError:  # the disk is full, which is one of the attacks
            return
