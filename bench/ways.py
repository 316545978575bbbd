"""The ways of decoding that are compared, on the same weights and cores, in one process: ours and faster-whisper's."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterable
from typing import NamedTuple, Protocol

import numpy as np
from faster_whisper import BatchedInferencePipeline, WhisperModel
from numpy.typing import NDArray

from orstt_core import BaseSTT, STTFactory
from orstt_core.settings import load_settings
from orstt_core.types import TranscribeOptions
from orstt_core.weights import obtain

Samples = NDArray[np.float32]
Way = Callable[[Samples, str | None], str]
"""Gives the text of float32 mono samples at 16 kHz, shape (n,), in a language; None: to be detected."""


class Cost(NamedTuple):
    """Seconds of processor time of all threads, and by the wall."""

    cpu: float
    wall: float


class _Said(Protocol):
    text: str


def cost(way: Way, samples: Samples, language: str | None) -> tuple[Cost, str]:
    """Decode once, and return what that took and the text."""
    cpu, wall = time.process_time(), time.perf_counter()
    text = way(samples, language)
    return Cost(time.process_time() - cpu, time.perf_counter() - wall), text


def loaded_ways(weights: str = "base") -> dict[str, Way]:
    """Load the weights for each library, as int8 on the CPU, and return the ways by name."""
    engine = STTFactory.build("whisper", weights)
    engine.load()
    folder = obtain("ctranslate2-whisper", weights, cache_dir=load_settings().cache_dir, allow_download=False)
    bare = WhisperModel(str(folder), device="cpu", compute_type="int8")
    batched = BatchedInferencePipeline(bare)

    def default(samples: Samples, language: str | None) -> str:
        return _joined(bare.transcribe(samples, language=language)[0])

    def greedy(samples: Samples, language: str | None) -> str:
        return _joined(bare.transcribe(samples, language=language, beam_size=1)[0])

    def without_silence(samples: Samples, language: str | None) -> str:
        return _joined(bare.transcribe(samples, language=language, vad_filter=True)[0])

    def in_batches(size: int) -> Way:
        return lambda samples, language: _joined(batched.transcribe(samples, language=language, batch_size=size)[0])

    return {
        "ours": _ours(engine),
        "ours, greedy": _ours(engine, beam_size=1),
        "default": default,
        "default, greedy": greedy,
        "with its VAD": without_silence,
        **{f"batched, {size}": in_batches(size) for size in (4, 8, 16)},
    }


def _ours(engine: BaseSTT, beam_size: int = 5) -> Way:
    def decode(samples: Samples, language: str | None) -> str:
        # As a transcript is made: without what nobody can say in that time.
        return engine.text(samples, TranscribeOptions(language=language, beam_size=beam_size))

    return decode


def _joined(segments: Iterable[_Said]) -> str:
    return " ".join(segment.text.strip() for segment in segments)
