"""`just bench-engines`: print the table of engines in docs/engines.md: size, memory, speed, errors, what they lack.

Without TYPE=MODEL every engine is measured that is installed, those for Whisper with base's weights. Each works in a
process of its own, as in the program, between two runs of faster-whisper's base, whose speed is 1. What it hears is
OR-STT's own sentence or, with `--recordings FOLDER`, a reference set as `orstt bench` reads it (`bench.recordings`),
the shortest first. An engine for another language is compared with recordings in that one; its speed is that for the
same sound. Errors are judged and added up as by `orstt bench`, and what a transcription takes is measured as by `orstt
tune`: engines need not be configured here, and their turns with base make the speeds comparable on a busy machine.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import platform
import tempfile
from collections.abc import AsyncIterator, Iterable, Iterator, Sequence
from contextlib import asynccontextmanager
from importlib.metadata import PackageNotFoundError, distribution, packages_distributions, requires
from pathlib import Path
from typing import NamedTuple, get_args

from packaging.requirements import Requirement

from bench.converted import models
from bench.recordings import Recording, recordings
from orstt_core.benchmarks.reference_set import Reference
from orstt_core.benchmarks.results import Heard, judged
from orstt_core.benchmarks.scores import model_scores
from orstt_core.engines import registry, sentence
from orstt_core.engines.base import BaseSTT
from orstt_core.engines.inspection import title_of
from orstt_core.engines.shown_name import shown_name
from orstt_core.errors import OrsttError
from orstt_core.languages import language_name, languages_in_words, normalize_language
from orstt_core.runtime.measured_engine import MeasuredEngine
from orstt_core.runtime.protocol import EngineSpec, SoundFile
from orstt_core.settings import load_settings
from orstt_core.types import Capability, ModelScore, TranscribeOptions
from orstt_core.types.models import ONLY_COMPUTE_TYPE
from orstt_core.units import MIB

BASE = ("whisper", "base")
MOST_SECONDS = 60.0
BY_LETTERS = ("ja", "ko", "zh")
"""Languages that are written without spaces, or with spaces that are a matter of taste."""


class Clip(NamedTuple):
    """A recording as engines get it, and what is said in it."""

    sound: SoundFile
    reference: Reference

    @property
    def language(self) -> str:
        """What is spoken, as an ISO code."""
        return self.reference.language or sentence.LANGUAGE


class Engine(NamedTuple):
    """An engine with a model in a process."""

    kind: type[BaseSTT]
    spec: EngineSpec
    process: MeasuredEngine


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
        known = list(_clips(given.recordings, scratch, given.seconds))
        _head([clip for clip in known if clip.language == given.language], given.language)
        asyncio.run(_rows([pair for pair in dict.fromkeys(named) if pair != BASE], known, given.language))


def _head(clips: list[Clip], language: str) -> None:
    words = sum(len(clip.reference.texts[0].split()) for clip in clips)
    seconds = sum(clip.sound.duration for clip in clips)
    machine = f"{platform.machine()}, {os.cpu_count()} cores, Python {platform.python_version()}"
    said = f"{len(clips)} recordings in {language_name(language)}, {seconds:.0f} s, {words} words"
    print(f"{machine}; {said}\n")
    print("| engine | model | installed | memory | speed | wrong words | languages | it cannot |")
    print("|---|---|---|---|---|---|---|---|", flush=True)


async def _rows(named: list[tuple[str, ...]], known: list[Clip], language: str) -> None:
    """Print a row for base and one for each other engine, and below what could not be measured."""
    clips, failures = [clip for clip in known if clip.language == language], []
    async with _loaded(*BASE) as base:
        await _measured(base, clips[:1])  # the first time is not like others
        before = await _measured(base, clips)
        _print(base, before, before, 1.0, language)
        for model_type, model in named:
            try:
                async with _loaded(model_type, model) as engine:
                    await _measured(engine, clips[:1])
                    found = heard = await _measured(engine, clips)
                    own = _own_language(engine, language)
                    if own != language:
                        heard = await _measured(engine, [each for each in known if each.language == own])
            except OrsttError as error:
                failures.append(f"{model_type}: {error}")
                continue
            after = await _measured(base, clips)
            _print(engine, found, heard, (before.seconds + after.seconds) / 2 / found.seconds, own)
            before = after
    print("\n".join(["", *failures]))


def _print(engine: Engine, found: ModelScore, heard: ModelScore, speed: float, language: str) -> None:
    compute_type = "" if engine.process.compute_type == ONLY_COMPUTE_TYPE else engine.process.compute_type
    lacking = [name for name in get_args(Capability) if name not in engine.kind.capabilities]
    errors = f"{100 * heard.rate:.1f} % of {heard.total} {heard.unit}" if heard.rate is not None else "-"
    cells = (
        f"{title_of(engine.kind)} (`{engine.spec.model_type}`)",
        ", ".join(filter(None, (shown_name(engine.spec.model), compute_type))),
        f"{installed_bytes(engine.kind.requires) / 1e6:.0f} MB",
        f"{(found.peak_memory or 0) / MIB:.0f} MiB",
        f"{speed:.2f}",
        f"{errors} in {language_name(language)}",
        languages_in_words(engine.kind.languages(engine.spec.model)),
        ", ".join(f"`{name}`" for name in lacking) or "-",
    )
    print(f"| {' | '.join(cells)} |", flush=True)


def _own_language(engine: Engine, language: str) -> str:
    """Return the language that is to be heard, or the first that an engine knows if it does not know that one."""
    codes = [normalize_language(code) for code in engine.kind.languages(engine.spec.model)]
    return language if language in codes or not codes else codes[0]


async def _measured(engine: Engine, clips: Sequence[Clip]) -> ModelScore:
    """Transcribe all recordings once."""
    results = []
    for clip in clips:
        own = _own_language(engine, clip.language)
        run = await engine.process.transcribe(clip.sound, TranscribeOptions(language=own))
        heard = Heard(
            text=run.text,
            language=own,
            audio_seconds=clip.sound.duration,
            seconds=run.seconds,
            peak_memory=run.peak_memory,
        )
        results.append(judged(engine.spec.model, clip.reference, heard, by_letters=clip.language in BY_LETTERS))
    [score] = model_scores(results, [engine.spec.model])
    return score


@asynccontextmanager
async def _loaded(model_type: str, model: str) -> AsyncIterator[Engine]:
    kind = registry.engine_class(model_type)
    offered = kind.devices().get("cpu", [])
    compute_type = "int8" if not offered or "int8" in offered else offered[0]
    location = registry.location(model_type)
    spec = EngineSpec(model_type=model_type, engine=location, model=model, device="cpu", compute_type=compute_type)
    async with MeasuredEngine.loaded(spec, load_settings()) as process:
        yield Engine(kind, spec, process)


def _clips(folder: Path | None, scratch: Path, most: float) -> Iterator[Clip]:
    if folder is None:
        reference = Reference(
            name=sentence.FILE,
            audio=Path(sentence.FILE),
            texts=(sentence.TEXT,),
            language=sentence.LANGUAGE,
            digest=sentence.sentence_digest(),
        )
        yield _written(Recording(reference, sentence.sentence()), scratch / "sentence.f32")
        return
    left: dict[str, float] = {}
    for number, recording in enumerate(sorted(recordings(folder), key=lambda each: each.seconds)):
        left[recording.language] = left.get(recording.language, most) - recording.seconds
        if left[recording.language] >= 0:
            yield _written(recording, scratch / f"{number}.f32")


def _written(recording: Recording, path: Path) -> Clip:
    recording.samples.tofile(path)
    return Clip(SoundFile(path=path, samples=recording.samples.size, warnings=[]), recording.reference)


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
