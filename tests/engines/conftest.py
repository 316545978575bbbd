"""What tests of engines share: base's real weights, and what is converted from them, once for all workers."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from pathlib import Path

import numpy as np
import pytest
from engines.converted import converted
from engines.faces import AUSTEN
from numpy.typing import NDArray

from orstt_core import BaseSTT, STTFactory
from orstt_core.audio import decode
from orstt_core.settings import EngineSettings, Settings

Samples = NDArray[np.float32]
Weights = Callable[..., Path]


@pytest.fixture(scope="session")
def settings(weights_cache: Path) -> EngineSettings:
    return Settings(cache_dir=weights_cache).for_engines


@pytest.fixture(scope="session")
def speech() -> Samples:
    """Somebody reads a sentence of 7.1 s: `orstt_core.engines.sentence.TEXT`."""
    return decode(AUSTEN, max_seconds=60).samples


@pytest.fixture(scope="session")
def faster(settings: EngineSettings) -> BaseSTT:
    """Base as the library has it that all others are compared with."""
    return STTFactory.build("faster-whisper", "base", "cpu", "int8", settings=settings)


@pytest.fixture(scope="session")
def weights(weights_cache: Path) -> Weights:
    """Return Whisper's weights as an engine reads them, which the first test that wants them has converted.

    Called with the engine's type, and the model where it is another than base.
    """

    return partial(converted, weights_cache)
