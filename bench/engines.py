"""`just bench-engines`: print the table of engines in docs/engines.md: size, memory, speed, errors, what they lack.

Without TYPE=MODEL every engine is measured that is installed, those for Whisper with base's weights. Each works in a
process of its own, as in the program, between two runs of faster-whisper's base, whose speed is 1. What it hears is
OR-STT's own sentence or, with `--recordings FOLDER`, what its `manifest.jsonl` names (`bench.manifest`), the shortest
first. An engine for another language is compared with recordings in that one; its speed is that for the same sound.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import platform
import tempfile
from collections.abc import AsyncIterator, Iterable, Iterator
from contextlib import aclosing, asynccontextmanager
from importlib.metadata import PackageNotFoundError, distribution, packages_distributions, requires
from pathlib import Path
from typing import NamedTuple, get_args

import numpy as np
from numpy.typing import NDArray
from packaging.requirements import Requirement

from bench.converted import models
from bench.manifest import clips
from bench.scoring import fewest_errors
from orstt_core.audio import decode
from orstt_core.engines import registry, sentence
from orstt_core.engines.base import BaseSTT
from orstt_core.engines.inspection import title_of
from orstt_core.errors import OrsttError
from orstt_core.languages import language_name, languages_in_words, normalize_language
from orstt_core.runtime.engine_process import EngineProcess
from orstt_core.runtime.protocol import EngineSpec, Finished, Loaded, SegmentMessage, SoundFile, Work
from orstt_core.settings import load_settings
from orstt_core.types import Capability, TranscribeOptions
from orstt_core.units import MIB

BASE = ("whisper", "base")
MOST_SECONDS = 60.0
BY_LETTERS = ("ja", "ko", "zh")
"""Languages that are written without spaces, or with spaces that are a matter of taste."""
SAMPLE_SECONDS = 0.05


class Recording(NamedTuple):
    """Decoded sound, and what is said in it: any of some texts."""

    file: SoundFile
    texts: list[str]
    language: str


class Engine(NamedTuple):
    """An engine in a process, and the compute type that it really uses."""

    kind: type[BaseSTT]
    spec: EngineSpec
    process: EngineProcess
    compute_type: str


class Measured(NamedTuple):
    """What one run over recordings took and gave; words are those of recordings in a language that it knows."""

    seconds: float
    memory: int
    wrong: int
    words: int


def main() -> None:
    """Measure what the command line names."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("engines", nargs="*", metavar="TYPE=MODEL", help="only these, beside base")
    parser.add_argument("--recordings", type=Path, help="folder with recordings and a manifest.jsonl")
    parser.add_argument("--language", default=sentence.LANGUAGE, help="of the recordings that all engines hear")
    parser.add_argument("--seconds", type=float, default=MOST_SECONDS, help="of recordings in a language, at most")
    given = parser.parse_args()
    with tempfile.TemporaryDirectory(prefix="orstt-bench-") as folder:
        scratch = Path(folder)
        named = [tuple(pair.partition("=")[::2]) for pair in given.engines] or list(models(scratch))
        known = list(_recordings(given.recordings, scratch, given.seconds))
        _head([recording for recording in known if recording.language == given.language], given.language)
        asyncio.run(_rows([pair for pair in dict.fromkeys(named) if pair != BASE], known, given.language))


def _head(recordings: list[Recording], language: str) -> None:
    words = sum(len(recording.texts[0].split()) for recording in recordings)
    seconds = sum(recording.file.duration for recording in recordings)
    machine = f"{platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}"
    said = f"{len(recordings)} recordings in {language_name(language)}, {seconds:.0f} s, {words} words"
    print(f"{machine}; {said}\n")
    print("| engine | model | installed | memory | speed | wrong words | languages | it cannot |")
    print("|---|---|---|---|---|---|---|---|", flush=True)


async def _rows(named: list[tuple[str, ...]], known: list[Recording], language: str) -> None:
    """Print a row for base and one for each other engine, and below what could not be measured."""
    recordings, failures = [recording for recording in known if recording.language == language], []
    async with _loaded(*BASE) as base:
        await _measured(base, recordings[:1])  # the first time is not like others
        before = await _measured(base, recordings)
        _print(base, before, 1.0, language)
        for model_type, model in named:
            try:
                async with _loaded(model_type, model) as engine:
                    await _measured(engine, recordings[:1])
                    found = await _measured(engine, recordings)
                    own = _own_language(engine, language)
                    if own != language:
                        others = await _measured(engine, [each for each in known if each.language == own])
                        found = found._replace(wrong=others.wrong, words=others.words)
            except OrsttError as error:
                failures.append(f"{model_type}: {error}")
                continue
            after = await _measured(base, recordings)
            _print(engine, found, (before.seconds + after.seconds) / 2 / found.seconds, own)
            before = after
    print("\n".join(["", *failures]))


def _print(engine: Engine, found: Measured, speed: float, language: str) -> None:
    lacking = [name for name in get_args(Capability) if name not in engine.kind.capabilities]
    cells = (
        f"{title_of(engine.kind)} (`{engine.spec.model_type}`)",
        f"{engine.spec.title}, {engine.compute_type}",
        f"{installed_bytes(engine.kind.requires) / 1e6:.0f} MB",
        f"{found.memory / MIB:.0f} MiB",
        f"{speed:.2f}",
        _share(found, language),
        languages_in_words(engine.kind.languages(engine.spec.model)),
        ", ".join(f"`{name}`" for name in lacking) or "-",
    )
    print(f"| {' | '.join(cells)} |", flush=True)


def _share(found: Measured, language: str) -> str:
    what = "letters" if language in BY_LETTERS else "words"
    share = f"{100 * found.wrong / found.words:.1f} % of {found.words} {what}" if found.words else "-"
    return f"{share} in {language_name(language)}"


def _own_language(engine: Engine, language: str) -> str:
    """Return the language that is to be heard, or the first that an engine knows if it does not know that one."""
    codes = [normalize_language(code) for code in engine.kind.languages(engine.spec.model)]
    return language if language in codes or not codes else codes[0]


async def _measured(engine: Engine, recordings: list[Recording]) -> Measured:
    """Transcribe all recordings once."""
    found = Measured(0.0, 0, 0, 0)
    for recording in recordings:
        own = _own_language(engine, recording.language)
        options = TranscribeOptions(language=own)
        work = Work(spec=engine.spec, sound=recording.file, options=options, settings=load_settings().for_engines)
        texts: list[str] = []
        peak = asyncio.create_task(_peak(engine.process))
        async with aclosing(engine.process.run(work)) as messages:
            async for message in messages:
                if isinstance(message, SegmentMessage):
                    texts.append(message.event.segment.text)
                elif isinstance(message, Finished):
                    found = found._replace(seconds=found.seconds + message.seconds)
        peak.cancel()
        found = found._replace(memory=max(found.memory, engine.process.memory, await _ended(peak)))
        if own == recording.language:
            letters = own in BY_LETTERS
            wrong, words = fewest_errors(recording.texts, " ".join(texts), own, by_letters=letters)
            found = found._replace(wrong=found.wrong + wrong, words=found.words + words)
    return found


async def _peak(process: EngineProcess) -> int:
    """Return the most memory that a process had until this is cancelled."""
    memory = 0
    try:
        while True:
            memory = max(memory, process.memory)
            await asyncio.sleep(SAMPLE_SECONDS)
    except asyncio.CancelledError:
        return memory


async def _ended(peak: asyncio.Task[int]) -> int:
    try:
        return await peak
    except asyncio.CancelledError:  # it had not begun
        return 0


@asynccontextmanager
async def _loaded(model_type: str, model: str) -> AsyncIterator[Engine]:
    kind = registry.engine_class(model_type)
    offered = kind.devices().get("cpu", [])
    compute_type = "int8" if not offered or "int8" in offered else offered[0]
    location = registry.location(model_type)
    spec = EngineSpec(model_type=model_type, engine=location, model=model, device="cpu", compute_type=compute_type)
    process = await EngineProcess.start()
    try:
        async with aclosing(process.load(spec, load_settings().for_engines, probe=False)) as messages:
            async for message in messages:
                if isinstance(message, Loaded):
                    compute_type = message.compute_type
        yield Engine(kind, spec, process, compute_type)
    finally:
        await process.close()


def _recordings(folder: Path | None, scratch: Path, most: float) -> Iterator[Recording]:
    if folder is None:
        yield _decoded(sentence.sentence(), [sentence.TEXT], sentence.LANGUAGE, scratch / "sentence.f32")
        return
    left: dict[str, float] = {}
    for clip in sorted(clips(folder), key=lambda clip: clip["duration_s"]):
        language, seconds = clip["language"], clip["duration_s"]
        left[language] = left.get(language, most) - seconds
        if left[language] >= 0:
            samples = decode(folder / clip["file"], max_seconds=2 * most).samples
            texts = [clip["transcript"], *clip.get("alternatives", [])]
            yield _decoded(samples, texts, language, scratch / f"{clip['file']}.f32")


def _decoded(samples: NDArray[np.float32], texts: list[str], language: str, path: Path) -> Recording:
    samples.tofile(path)
    return Recording(SoundFile(path=path, samples=samples.size, warnings=[]), texts, language)


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
