"""Loading, and the words of speech: in a script, in two objects side by side, and in a process as the program does."""

from __future__ import annotations

import asyncio
import contextlib
import os
import tempfile
from collections.abc import Iterator
from contextlib import aclosing
from pathlib import Path

import msgspec

from orstt_core.runtime.engine_process import EngineProcess
from orstt_core.runtime.protocol import EngineSpec, SegmentMessage, SoundFile, Work
from orstt_core.testing.subject import Subject, said
from orstt_core.testing.violation import require
from orstt_core.types import Loading, Segment
from orstt_core.units import SAMPLE_RATE

SHOWN = 200
"""Characters that a report shows of what was printed."""


def loads(subject: Subject) -> None:
    """The weights load, and whoever waits is told how far it is."""
    events: list[Loading] = []
    engine = subject.build()
    engine.load(events.append)
    subject.engine = engine
    require(all(isinstance(event, Loading) for event in events), "`load` tells what is no orstt_core.types.Loading.")
    capacity = engine.capacity
    require(isinstance(capacity, int) and capacity >= 1, f"Its capacity is {capacity!r}; a number from 1 on is due.")


def transcribes(subject: Subject) -> None:
    """`transcribe` gives the words of speech as one text."""
    samples = subject.engine.preprocess((SAMPLE_RATE, subject.speech))
    text = subject.engine.transcribe(samples, language=subject.language)
    require(isinstance(text, str), f"`transcribe` returns {type(text).__name__}, not a text.")
    require(any(map(str.isalnum, text)), "`transcribe` finds no words in speech.")
    require(any(map(str.isalnum, said(subject.heard))), "`segments` finds no words in speech.")


def prints_nothing(subject: Subject) -> None:
    """Nothing is printed while it loads and transcribes: a terminal program would have it on its screen."""
    engine = subject.build()
    with _output() as file:
        engine.load()
        subject.hear(subject.speech, engine=engine)
        engine.unload()
        text = Path(file).read_text(encoding="utf-8", errors="replace").strip()
    require(not text, f"It prints: {text[:SHOWN]}")


def loads_beside_another(subject: Subject) -> None:
    """Two objects work side by side; one is unloaded and loaded again, and hears the same."""
    other = subject.build()
    other.load()
    expected = said(subject.heard)
    require(said(subject.hear(subject.speech, engine=other)) == expected, "A second object hears something else.")
    other.unload()
    require(said(subject.hear(subject.speech)) == expected, "Where another object was unloaded, it hears otherwise.")
    other.load()
    require(said(subject.hear(subject.speech, engine=other)) == expected, "Loaded again, it hears something else.")
    other.unload()


def runs_in_the_program(subject: Subject) -> None:
    """In a process of its own, as the program runs it, it stands the probe and hears the same."""
    with tempfile.TemporaryDirectory(prefix="orstt-testing-") as folder:
        path = Path(folder, "speech.f32")
        subject.speech.tofile(path)
        segments = asyncio.run(_in_process(subject, SoundFile(path=path, samples=subject.speech.size, warnings=[])))
    require(said(segments) == said(subject.heard), "In the program's process it hears something else than in a script.")


async def _in_process(subject: Subject, sound: SoundFile) -> list[Segment]:
    asked, settings = subject.configuration, subject.settings
    spec = EngineSpec(
        model_type=asked.model_type,
        engine=asked.engine,
        model=asked.model,
        device=asked.device,
        compute_type=subject.compute_type,
        options=msgspec.json.encode(asked.options, order="sorted").decode(),
    )
    work = Work(spec=spec, sound=sound, options=subject.options(), settings=settings)
    process = await EngineProcess.start()
    try:
        async with aclosing(process.load(spec, settings, probe=True)) as messages:
            async for _ in messages:
                pass
        async with aclosing(process.run(work)) as messages:
            return [message.event.segment async for message in messages if isinstance(message, SegmentMessage)]
    finally:
        await process.close()


@contextlib.contextmanager
def _output() -> Iterator[str]:
    """Have what is printed, by native code too, in a file."""
    kept = [os.dup(1), os.dup(2)]
    with tempfile.NamedTemporaryFile(prefix="orstt-testing-") as file:
        try:
            os.dup2(file.fileno(), 1)
            os.dup2(file.fileno(), 2)
            yield file.name
        finally:
            for number, descriptor in enumerate(kept, start=1):
                os.dup2(descriptor, number)
                os.close(descriptor)


CHECKS = (loads, transcribes, prints_nothing, loads_beside_another, runs_in_the_program)
