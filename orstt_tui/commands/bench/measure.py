"""What `orstt bench` does without a command: it runs a benchmark and says what came of it."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from contextlib import aclosing
from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from orstt_core.errors import InvalidRequest
from orstt_core.terms import terms_in
from orstt_core.types import (
    Accepted,
    Benchmark,
    BenchmarkDraft,
    BenchmarkResult,
    TranscribeEvent,
    TranscribeOptions,
    TranscribeRequest,
)
from orstt_tui.commands import output
from orstt_tui.commands.bench.telling import check_reports, tell, write_reports
from orstt_tui.commands.context import CommandContext
from orstt_tui.commands.status_line import StatusLine
from orstt_tui.file_parts import read_text
from orstt_tui.formatting import count

if TYPE_CHECKING:
    from orstt_core.backend import Backend
    from orstt_core.benchmarks.reference_set import Reference


class Wanted(NamedTuple):
    """What to measure; `folder` is None where it is what people corrected."""

    folder: Path | None
    models: tuple[str, ...]
    terms: Path | None
    name: str
    resume: str
    options: TranscribeOptions
    reports: tuple[Path, ...]


def measure(context: CommandContext, wanted: Wanted, *, as_json: bool) -> int:
    """Run a benchmark, print its table and write its reports; return the command's exit code."""
    check_reports(wanted.reports)
    terms = terms_in(read_text(wanted.terms)) if wanted.terms else []

    async def work(backend: Backend) -> Benchmark:
        from orstt_core.benchmarks.run import begin, run
        from orstt_tui.event_stream import transcribe_when_admitted
        from orstt_tui.event_text import short_stage

        references = await _references(backend, wanted)
        models = wanted.models or ((await backend.info()).active_model or "",)
        draft = BenchmarkDraft(
            name=wanted.name,
            set=str(wanted.folder) if wanted.folder else "corrected transcripts",
            models=models,
            recordings=len(references),
            options=wanted.options,
        )
        benchmark = await begin(backend, references, draft, wanted.resume)
        output.write_stderr(
            f"benchmark {benchmark.id[:8]}: {count(len(references), 'recording')}, "
            f"{count(len(benchmark.models), 'model')}; if it is stopped, it goes on with --resume {benchmark.id[:8]}"
        )
        with StatusLine() as status:
            number, whole = benchmark.done, len(references) * len(benchmark.models)
            status.show(f"{number} of {whole}")

            async def transcribe(request: TranscribeRequest, keep: Callable[[TranscribeEvent], None]) -> None:
                def show(event: TranscribeEvent) -> None:
                    if isinstance(event, Accepted):
                        status.show(f"{number} of {whole}  {short_stage(event)}")
                    keep(event)

                await transcribe_when_admitted(backend, request, show)

            async with aclosing(run(backend, benchmark, references, terms, transcribe)) as results:
                async for result in results:
                    number += 1
                    status.show(f"{number} of {whole}  {_said(result)}")
        return await backend.benchmark(benchmark.id)

    benchmark = context.run(work)
    tell(benchmark, as_json=as_json)
    write_reports(benchmark, wanted.reports)
    return 1 if any(result.failed for result in benchmark.results) else 0


async def _references(backend: Backend, wanted: Wanted) -> Sequence[Reference]:
    import asyncio

    from orstt_core.benchmarks.reference_set import corrected_set, read_set

    if wanted.folder is not None:
        folder = wanted.folder.expanduser()
        return await asyncio.to_thread(read_set, folder, language=wanted.options.language)
    async with aclosing(corrected_set(backend)) as found:
        references = [reference async for reference in found]
    if not references:
        raise InvalidRequest(
            "Nobody has corrected a transcript whose recording is still here.",
            hint="Correct some (`orstt jobs edit ID`), or name a folder with --set.",
        )
    return references


def _said(result: BenchmarkResult) -> str:
    rate = f"{100 * result.errors.rate:.0f} % wrong" if result.errors else result.failed
    return f"{result.model}  {result.recording}  {rate}"
