"""Recordings of a reference set, decoded: what `orstt bench` reads is what everything here measures on."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

import numpy as np
from numpy.typing import NDArray

from orstt_core.audio import decode
from orstt_core.benchmarks.reference_set import Reference, read_set
from orstt_core.errors import TooLarge
from orstt_core.units import SAMPLE_RATE

LONGEST = 35.0
"""Seconds: what is longer would weigh more in sums than all others together."""


class Recording(NamedTuple):
    """What is said in a recording, and its sound as float32 mono samples at 16 kHz, shape (n,)."""

    reference: Reference
    samples: NDArray[np.float32]

    @property
    def seconds(self) -> float:
        """How long it is."""
        return self.samples.size / SAMPLE_RATE

    @property
    def language(self) -> str:
        """What is spoken, as an ISO code; empty: the set does not say."""
        return self.reference.language or ""


def recordings(folder: Path) -> Iterator[Recording]:
    """Yield the recordings of a set that are not too long, by name."""
    for reference in read_set(folder):
        assert isinstance(reference.audio, Path)
        with suppress(TooLarge):
            yield Recording(reference, decode(reference.audio, max_seconds=LONGEST).samples)
