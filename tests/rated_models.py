"""Models, and what benchmarks say of them, for tests of which one `auto` takes."""

from __future__ import annotations

from typing import Any
from zlib import crc32

from msgspec.structs import replace
from stored_jobs import BASE

from orstt_core.selection.knowledge import Benchmarked
from orstt_core.types import BenchmarkResult, ErrorRate, Model, SoundFacts, UsedModel

CLEAN = SoundFacts(duration=60.0, snr=30.0, bandwidth=8000.0)
NOISY = SoundFacts(duration=60.0, snr=5.0, bandwidth=8000.0)


def model(name: str, **changes: Any) -> Model:
    """A whisper model, or as the changes say."""
    return replace(BASE, **{"name": name, "model": name, "id": crc32(name.encode()), "is_active": False, **changes})


def result(
    name: str, wrong: int, sound: SoundFacts, *, seconds: float = 6.0, language: str = "en", engine: str = "whisper"
) -> Benchmarked:
    """What a model made of 100 words."""
    used = UsedModel(name=name, type=engine, device="cpu", compute_type="int8")
    errors = ErrorRate(substitutions=wrong, deletions=0, insertions=0, rate=wrong / 100, total=100, unit="words")
    return Benchmarked(
        BenchmarkResult(
            model=name, recording="a.wav", digest="0" * 64, language=language, used=used,
            audio_seconds=sound.duration, sound=sound, seconds=seconds, errors=errors,
        ),
        here=True,
    )  # fmt: skip
