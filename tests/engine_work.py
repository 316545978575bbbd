"""Work for engine processes: decoded sound written directly, and what is needed to follow an answer."""

from __future__ import annotations

import asyncio
import dataclasses
from collections.abc import AsyncIterator, Callable
from contextlib import aclosing
from pathlib import Path
from typing import Any

import numpy as np

from orstt_core.runtime.pool import EnginePool
from orstt_core.runtime.protocol import EngineSpec, FromChild, Resume, SegmentMessage, SoundFile, Work
from orstt_core.settings import Settings
from orstt_core.types import Segment, TranscribeOptions


@dataclasses.dataclass
class Desk:
    """Makes work with one set of settings and one second of sound."""

    folder: Path
    settings: Settings

    def sound(self, seconds: float = 1.0, name: str = "sound") -> SoundFile:
        """Each second's samples have its number as their value. The file is written once, for all who read it."""
        path, samples = self.folder / f"{seconds}-{name}", round(seconds * 16_000)
        if not path.exists():
            np.repeat(np.arange(np.ceil(seconds), dtype=np.float32), 16_000)[:samples].tofile(path)
        return SoundFile(path=path, samples=samples, warnings=[])

    def work(
        self,
        engine: str,
        *,
        model: str = "any",
        sound: SoundFile | None = None,
        resume: Resume | None = None,
        **options: Any,
    ) -> Work:
        return Work(
            spec=spec(engine, model),
            sound=sound or self.sound(),
            options=TranscribeOptions(**options),
            settings=self.settings.for_engines,
            resume=resume,
        )

    def pool(self, on_change: Callable[[], None] = lambda: None, suspend_seconds: float = 30) -> EnginePool:
        return EnginePool(self.settings, on_change=on_change, suspend_seconds=suspend_seconds)


def spec(engine: str, model: str = "any") -> EngineSpec:
    return EngineSpec(
        model_type=engine.lower(), engine=f"troublesome:{engine}", model=model, device="cpu", compute_type="int8"
    )


def spoken_work(desk: Desk, name: str, **options: Any) -> Work:
    """Work for the base model, on samples that are written already."""
    path = desk.folder / f"{name}.f32"
    return Work(
        spec=EngineSpec(
            model_type="whisper",
            engine="orstt_core.engines.faster_whisper:FasterWhisperSTT",
            model="base",
            device="cpu",
            compute_type="int8",
        ),
        sound=SoundFile(path=path, samples=path.stat().st_size // 4, warnings=[]),
        options=TranscribeOptions(**options),
        settings=desk.settings.for_engines,
    )


async def run(pool: EnginePool, work: Work, keep_alive: float | None = None) -> list[FromChild]:
    async with pool.lease(work.spec, keep_alive) as process, aclosing(process.run(work)) as messages:
        return [message async for message in messages]


def segments(messages: list[FromChild]) -> list[Segment]:
    return [message.event.segment for message in messages if isinstance(message, SegmentMessage)]


def texts(messages: list[FromChild]) -> list[str]:
    return [segment.text for segment in segments(messages)]


async def until_a_segment(messages: AsyncIterator[FromChild]) -> AsyncIterator[FromChild]:
    async for message in messages:
        yield message
        if isinstance(message, SegmentMessage):
            return


async def until(true: Callable[[], bool], seconds: float = 20) -> None:
    async with asyncio.timeout(seconds):
        while not true():
            await asyncio.sleep(0.01)
