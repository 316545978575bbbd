"""Engines that are not Whisper: of languages that Whisper does not know, of one language, and one that detects them."""

from __future__ import annotations

from collections.abc import Iterator
from typing import ClassVar

import numpy as np
from numpy.typing import NDArray
from troublesome import Plain

from orstt_core.types import Segment, TranscribeOptions


class Polyglot(Plain):
    """Says which language it was asked for, by its own code."""

    def segments(self, samples: NDArray[np.float32], options: TranscribeOptions) -> Iterator[Segment]:
        yield Segment(id=0, start=None, end=None, text=f"asked for {options.language}", language=options.language)


class Gaelic(Polyglot):
    known_models = ("wide", "narrow")

    @classmethod
    def languages(cls, model_name: str) -> tuple[str, ...]:
        return ("ga",) if model_name == "narrow" else ("ga", "gd", "gv")


class EnglishOnly(Polyglot):
    @classmethod
    def languages(cls, model_name: str) -> tuple[str, ...]:
        return ("en",)


class Detecting(Plain):
    """Takes every recording for English, as surely as the name of its model says."""

    capabilities: ClassVar = frozenset({"segments", "language_detection"})

    def segments(self, samples: NDArray[np.float32], options: TranscribeOptions) -> Iterator[Segment]:
        sure = float(self.model_name)
        yield Segment(id=0, start=0.0, end=1.0, text="yes", language="en", language_probability=sure)
