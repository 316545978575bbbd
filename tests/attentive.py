"""Engines that can be told words to expect: by hotwords, two terms at most, or by a prompt."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import numpy as np
from numpy.typing import NDArray
from troublesome import Plain

from orstt_core.types import Segment, TranscribeOptions


class Attentive(Plain):
    """Says the words that it was told, each once."""

    title = "Attentive"
    capabilities = frozenset({"hotwords", "prompt"})

    def fitting_terms(self, terms: Sequence[str], options: TranscribeOptions) -> list[str]:
        return list(terms[:2])

    def segments(self, samples: NDArray[np.float32], options: TranscribeOptions) -> Iterator[Segment]:
        yield Segment(id=0, start=None, end=None, text=str(options.hotwords), language="en")


class Prompted(Attentive):
    """Says its prompt."""

    title = "Prompted"
    capabilities = frozenset({"prompt"})

    def segments(self, samples: NDArray[np.float32], options: TranscribeOptions) -> Iterator[Segment]:
        yield Segment(id=0, start=None, end=None, text=str(options.initial_prompt), language="en")
