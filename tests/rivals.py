"""Two models of one engine that hear the same: one says it right, the other makes mistakes and is less sure."""

from __future__ import annotations

import time
from collections.abc import Iterator
from pathlib import Path

import numpy as np
from counting import RATE
from numpy.typing import NDArray
from troublesome import Plain

from orstt_core.engines.cancellation import current
from orstt_core.errors import EngineFailed
from orstt_core.types import Segment, TranscribeOptions

WORDS = ("apple", "river", "stone", "cloud", "candle", "garden", "window", "silver", "letter", "market")


def said(seconds: int) -> str:
    """What a recording of so many whole seconds says."""
    return " ".join(WORDS[:seconds])


class Rival(Plain):
    """Says a word for each second; `poor` gets every second one wrong, and `broken` fails."""

    title = "Rival"
    known_models = ("good", "poor", "broken")
    capabilities = frozenset({"segments"})

    def segments(self, samples: NDArray[np.float32], options: TranscribeOptions) -> Iterator[Segment]:
        if self.model_name == "broken":
            raise EngineFailed("It broke.")
        seconds = round(len(samples) / RATE)
        words = said(seconds).split()
        poor = self.model_name == "poor"
        text = " ".join(f"{word}ish" if poor and place % 2 else word for place, word in enumerate(words))
        yield Segment(id=0, start=0.0, end=float(seconds), text=text, language="en", confidence=0.5 if poor else 0.9)


class Distant(Rival):
    """Likewise, as if it ran on another machine."""

    sends_sound = True


class Patient(Plain):
    """Says one segment, notes in its model's folder that it did, and says the other when a file `go` is there."""

    title = "Patient"
    capabilities = frozenset({"segments"})

    def segments(self, samples: NDArray[np.float32], options: TranscribeOptions) -> Iterator[Segment]:
        folder, middle = Path(self.model_name), len(samples) / 32_000
        resumed = len(samples) < 2 * RATE  # the rest of two seconds, of which the first was transcribed
        if not resumed:
            yield Segment(id=0, start=0.0, end=middle, text="begun", language="en")
        with (folder / "begun").open("a") as begun:
            begun.write("rest\n" if resumed else "all\n")
        while not (folder / "go").exists():
            current().check()
            time.sleep(0.01)
        yield Segment(id=1, start=middle, end=2 * middle, text="done", language="en")
