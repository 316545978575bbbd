"""An engine that is not Whisper: it knows languages that Whisper does not, one model of it only one of them."""

from __future__ import annotations

from collections.abc import Iterator

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
