"""`python -m bench.auto FOLDER [MODEL …]`: what `auto` comes to on recordings that it has learnt nothing from.

FOLDER is a set as `orstt bench` takes it; MODELs are weights of faster-whisper's by name, by default base, the default
model, and tiny.en. The recordings fall into two halves by their digests. Of one half each model's errors
and speed are measured and kept, as `orstt bench` does. Then each model, and `auto`, transcribes the other half,
recording by recording in turn, so that what else the machine does befalls all of them; none of that is kept for the
choice. And the other way round, so that each recording is judged once. Processor time is that of the processes that
decode and transcribe: it hardly changes with what else the machine does.
"""

from __future__ import annotations

import asyncio
import sys
import tempfile
from collections import Counter
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import cast

import psutil
from msgspec.structs import replace

from orstt_core.backend import Backend
from orstt_core.benchmarks.reference_set import Reference, read_set
from orstt_core.benchmarks.run import run
from orstt_core.benchmarks.scores import model_scores
from orstt_core.local import LocalBackend
from orstt_core.settings import load_settings
from orstt_core.types import (
    AUTO,
    BenchmarkDraft,
    BenchmarkResult,
    ModelDraft,
    Stats,
    StatsQuery,
    TranscribeEvent,
    TranscribeRequest,
)

MODELS = ("base", "tiny.en")
Spent = dict[tuple[str, str], float]
"""Seconds of processor time, by what was asked for and the name of the recording."""


class Judge:
    """The part of a Backend that a run needs beside transcribing, which keeps nothing that `auto` could learn from."""

    def __init__(self, backend: Backend) -> None:
        self._backend = backend

    async def add_benchmark_result(self, _ref: str, result: BenchmarkResult) -> BenchmarkResult:
        """Keep nothing."""
        return result

    async def stats(self, query: StatsQuery) -> list[Stats]:
        """See `Backend.stats`."""
        return await self._backend.stats(query)


async def main() -> None:
    """Learn on each half, judge on the other, and print what comes of all recordings."""
    folder, models = Path(sys.argv[1]), tuple(sys.argv[2:]) or MODELS
    references = sorted(read_set(folder), key=lambda reference: reference.digest)
    one, other = references[::2], references[1::2]
    spent: Spent = {}
    results = [*await judged(one, other, models, spent), *await judged(other, one, models, spent)]
    _print(results, references, (*models, AUTO), spent)
    _print_choices(results)


async def judged(
    learnt: Sequence[Reference], others: Sequence[Reference], models: Sequence[str], spent: Spent
) -> list[BenchmarkResult]:
    """Measure models on some recordings, and return what they, and `auto`, make of others."""
    with tempfile.TemporaryDirectory() as data:
        settings = replace(load_settings(), data_dir=Path(data), max_loaded=len(models))
        async with LocalBackend(settings) as backend:
            known = {model.name for model in await backend.models()}
            for name in (name for name in models if name not in known):
                await backend.create_model(ModelDraft(name=name))
            await measured(backend, backend, learnt, models, {})
            print(f"learnt from {len(learnt)} recordings, judged on {len(others)}\n", flush=True)
            return await measured(backend, cast("Backend", Judge(backend)), others, (*models, AUTO), spent)


async def measured(
    backend: LocalBackend, keeper: Backend, references: Sequence[Reference], models: Sequence[str], spent: Spent
) -> list[BenchmarkResult]:
    """Return what each model made of each recording, one recording after the other."""

    async def transcribe(request: TranscribeRequest, show: Callable[[TranscribeEvent], None]) -> None:
        before = _processor_seconds()
        async for event in backend.transcribe(request):
            show(event)
        spent[str(request.model), request.filename] = _processor_seconds() - before

    for name in models:  # loading is no part of it
        if name != AUTO:
            await backend.load_model(name, keep_alive=-1)
    draft = BenchmarkDraft(set="auto", models=tuple(models), recordings=len(references))
    benchmark = await backend.create_benchmark(draft)
    return [result for reference in references async for result in run(keeper, benchmark, [reference], (), transcribe)]


def _processor_seconds() -> float:
    """Return the processor time that the processes below this one have taken."""
    times = [child.cpu_times() for child in psutil.Process().children()]
    return sum(each.user + each.system for each in times)


def _print(
    results: Sequence[BenchmarkResult], references: Sequence[Reference], models: Sequence[str], spent: Spent
) -> None:
    languages = {each.digest: each.language for each in references}
    groups: dict[str, Callable[[BenchmarkResult], bool]] = {
        "English": lambda result: languages[result.digest] == "en",
        "other languages": lambda result: languages[result.digest] != "en",
        "all": lambda _: True,
    }
    print(
        "| recordings | model | transcribed | errors | accuracy | seconds | processor |\n|---|---|---|---|---|---|---|"
    )
    for group, belongs in groups.items():
        for score in model_scores([each for each in results if belongs(each)], models):
            if score.rate is not None:
                names = [
                    each.recording for each in results if belongs(each) and each.model == score.model and each.errors
                ]
                processor = sum(spent[score.model, name] for name in names)
                print(
                    f"| {group} | {score.model} | {score.recordings} | {100 * score.rate:.1f} % "
                    f"| {100 - 100 * score.rate:.1f} % | {score.seconds:.1f} | {processor:.1f} |"
                )
    print(flush=True)


def _print_choices(results: Sequence[BenchmarkResult]) -> None:
    chosen = Counter((each.language, each.used.name) for each in results if each.model == AUTO and each.used)
    print("| language | chosen | recordings |\n|---|---|---|")
    for (language, name), count in sorted(chosen.items(), key=str):
        print(f"| {language} | {name} | {count} |")


if __name__ == "__main__":
    asyncio.run(main())
