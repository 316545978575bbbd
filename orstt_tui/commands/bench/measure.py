"""What `orstt bench` does without a command: it runs a benchmark and says what came of it."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, NamedTuple

from orstt_core.terms import terms_in
from orstt_core.types import Benchmark, BenchmarkDraft, TranscribeOptions
from orstt_tui.benchmark_files import SHORT_ID
from orstt_tui.commands import output
from orstt_tui.commands.bench.telling import check_reports, tell, write_reports
from orstt_tui.commands.context import CommandContext
from orstt_tui.commands.status_line import StatusLine
from orstt_tui.file_parts import read_text
from orstt_tui.formatting import count

if TYPE_CHECKING:
    from orstt_core.backend import Backend


OTHER_SCRIPT = (
    "Chinese in the other script will count as wrong: pip install 'orstt[chinese]' counts both scripts as the same."
)

ALONE = "{} is the only model whose files are here; orstt models pull NAME brings those of another one."


class Wanted(NamedTuple):
    """What to measure; `folder` is None where it is what people corrected, `models` empty where the active one is."""

    folder: Path | None
    models: tuple[str, ...]
    all_models: bool
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
        from orstt_core.benchmarks.reference_set import CORRECTED, references_in
        from orstt_core.benchmarks.run import installed_models
        from orstt_core.measurements.scoring import knows_scripts
        from orstt_tui.benchmark_run import BenchmarkRun

        folder = wanted.folder.expanduser().absolute() if wanted.folder else None
        references = await references_in(backend, folder, wanted.options.language)
        if not all(knows_scripts(reference.language) for reference in references):
            output.write_stderr(OTHER_SCRIPT)
        models = tuple(await installed_models(backend)) if wanted.all_models else wanted.models
        if wanted.all_models and len(models) == 1:
            output.write_stderr(ALONE.format(models[0]))
        draft = BenchmarkDraft(
            name=wanted.name,
            set=str(folder or CORRECTED),
            models=models or ((await backend.info()).active_model or "",),
            recordings=len(references),
            options=wanted.options,
        )
        with StatusLine() as status:
            run = BenchmarkRun(backend, status.show)
            benchmark = await run.begin(references, draft, wanted.resume)
            status.clear()
            output.write_stderr(
                f"benchmark {benchmark.id[:SHORT_ID]}: {count(len(references), 'recording')} by "
                f"{', '.join(benchmark.models)}; if it is stopped, it goes on with --resume {benchmark.id[:SHORT_ID]}"
            )
            return await run.finish(references, terms)

    benchmark = context.run(work)
    tell(benchmark, as_json=as_json)
    write_reports(benchmark, wanted.reports)
    return 1 if any(result.failed for result in benchmark.results) else 0
