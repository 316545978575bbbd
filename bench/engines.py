"""`just bench-engines TYPE=MODEL …`: print a table of engines as Markdown: size, memory, speed, errors, what they lack.

Each engine works in a process of its own, as in the program, by turns with faster-whisper's base: what else the machine
does slows both. `--recordings FOLDER` has pairs NAME.wav and NAME.txt; without it, one sentence of OR-STT's is heard.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import platform
import statistics
import tempfile
from collections.abc import AsyncIterator, Iterable
from contextlib import aclosing, asynccontextmanager
from dataclasses import dataclass, field
from importlib.metadata import PackageNotFoundError, distribution, packages_distributions, requires
from pathlib import Path
from typing import NamedTuple, get_args

import numpy as np
from numpy.typing import NDArray
from packaging.requirements import Requirement

from orstt_core.audio import decode
from orstt_core.engines import registry, sentence
from orstt_core.engines.base import BaseSTT
from orstt_core.engines.inspection import title_of
from orstt_core.languages import languages_in_words
from orstt_core.runtime.engine_process import EngineProcess
from orstt_core.runtime.protocol import EngineSpec, Finished, SegmentMessage, SoundFile, Work
from orstt_core.settings import load_settings
from orstt_core.tuning.words import wrong_words
from orstt_core.types import Capability, TranscribeOptions
from orstt_core.units import MIB

BASE = ("whisper", "base")
ROUNDS = 3
MOST_SECONDS = 3600.0
SAMPLE_SECONDS = 0.05


class Recording(NamedTuple):
    """Decoded sound, and what is said in it."""

    file: SoundFile
    words: str


@dataclass
class Engine:
    """A loaded engine, and what was measured of it."""

    kind: type[BaseSTT]
    spec: EngineSpec
    process: EngineProcess
    seconds: list[float] = field(default_factory=list)
    wrong: int = 0
    memory: int = 0


def main() -> None:
    """Measure what the command line names."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("engines", nargs="*", metavar="TYPE=MODEL")
    parser.add_argument("--recordings", type=Path, help="folder with NAME.wav and NAME.txt")
    parser.add_argument("--language", default=sentence.LANGUAGE)
    given = parser.parse_args()
    named = [tuple(pair.partition("=")[::2]) for pair in given.engines]
    with tempfile.TemporaryDirectory(prefix="orstt-bench-") as folder:
        recordings = list(_recordings(given.recordings, Path(folder)))
        words = sum(len(recording.words.split()) for recording in recordings)
        seconds = sum(recording.file.duration for recording in recordings)
        machine = f"{platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}"
        print(f"{machine}; {len(recordings)} recordings, {seconds:.0f} s, {words} words, {given.language}\n")
        print("| engine | model | installed | memory | speed | wrong words | languages | it cannot |")
        print("|---|---|---|---|---|---|---|---|", flush=True)
        for model_type, model in dict.fromkeys([BASE, *named]):
            print(asyncio.run(_row(model_type, model, recordings, given.language)), flush=True)


async def _row(model_type: str, model: str, recordings: list[Recording], language: str) -> str:
    async with _loaded(*BASE) as base, _loaded(model_type, model) as engine:
        for number in range(ROUNDS + 1):
            for each in (base, engine):
                await _measure(each, recordings, language, counts=number > 0)
        speed = statistics.median(b / e for b, e in zip(base.seconds, engine.seconds, strict=True))
        words = sum(len(recording.words.split()) for recording in recordings)
        lacking = [name for name in get_args(Capability) if name not in engine.kind.capabilities]
        cells = (
            f"{title_of(engine.kind)} (`{model_type}`)",
            f"{engine.spec.title}, {engine.spec.compute_type}",
            f"{installed_bytes(engine.kind.requires) / 1e6:.0f} MB",
            f"{engine.memory / MIB:.0f} MiB",
            f"{speed:.2f}",
            f"{100 * engine.wrong / words:.1f} %",
            languages_in_words(engine.kind.languages(model)),
            ", ".join(f"`{name}`" for name in lacking) or "-",
        )
        return f"| {' | '.join(cells)} |"


async def _measure(engine: Engine, recordings: list[Recording], language: str, *, counts: bool) -> None:
    """Transcribe all recordings once; the first time is not counted."""
    spent, wrong = 0.0, 0
    for recording in recordings:
        options = TranscribeOptions(language=language)
        work = Work(spec=engine.spec, sound=recording.file, options=options, settings=load_settings().for_engines)
        watching = asyncio.create_task(_watch(engine))
        texts: list[str] = []
        async with aclosing(engine.process.run(work)) as messages:
            async for message in messages:
                if isinstance(message, SegmentMessage):
                    texts.append(message.event.segment.text)
                elif isinstance(message, Finished):
                    spent += message.seconds
        watching.cancel()
        wrong += wrong_words(recording.words, " ".join(texts))
    if counts:
        engine.seconds.append(spent)
        engine.wrong = wrong


async def _watch(engine: Engine) -> None:
    while True:
        engine.memory = max(engine.memory, engine.process.memory)
        await asyncio.sleep(SAMPLE_SECONDS)


@asynccontextmanager
async def _loaded(model_type: str, model: str) -> AsyncIterator[Engine]:
    kind = registry.engine_class(model_type)
    offered = kind.devices().get("cpu", [])
    compute_type = "int8" if not offered or "int8" in offered else offered[0]
    location = registry.location(model_type)
    spec = EngineSpec(model_type=model_type, engine=location, model=model, device="cpu", compute_type=compute_type)
    process = await EngineProcess.start()
    try:
        yield Engine(kind, spec, process)
    finally:
        await process.close()


def _recordings(folder: Path | None, scratch: Path) -> Iterable[Recording]:
    if folder is None:
        yield _decoded(sentence.sentence(), sentence.TEXT, scratch / "sentence.f32")
        return
    for text in sorted(folder.glob("*.txt")):
        samples = decode(text.with_suffix(".wav"), max_seconds=MOST_SECONDS).samples
        yield _decoded(samples, text.read_text(encoding="utf-8"), scratch / f"{text.stem}.f32")


def _decoded(samples: NDArray[np.float32], words: str, path: Path) -> Recording:
    samples.tofile(path)
    return Recording(SoundFile(path=path, samples=samples.size, warnings=[]), words)


def installed_bytes(modules: Iterable[str]) -> int:
    """Return the size of what modules' packages and all that they need have installed, as far as it is here."""
    found: dict[str, int] = {}
    homes = packages_distributions()
    waiting = [Requirement(package) for module in modules for package in homes[module.partition(".")[0]]]
    while waiting:
        requirement = waiting.pop()
        if requirement.name in found:
            continue
        try:
            files = distribution(requirement.name).files or []
        except PackageNotFoundError:  # for another system, or not needed here
            continue
        found[requirement.name] = sum(
            path.stat().st_size for file in files if (path := Path(str(file.locate()))).is_file()
        )
        needed = map(Requirement, requires(requirement.name) or [])
        waiting += [one for one in needed if one.marker is None or one.marker.evaluate({"extra": ""})]
    return sum(found.values())


if __name__ == "__main__":
    main()
