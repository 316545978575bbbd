"""How a benchmark is told: its table on the terminal, its reports in files."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

import click

from orstt_core.types import Benchmark
from orstt_tui.benchmark_files import SHORT_ID, is_report, write_report
from orstt_tui.commands import output

reports_option = click.option(
    "--report",
    "reports",
    metavar="FILE",
    type=click.Path(path_type=Path),
    multiple=True,
    help="Write a report; its name ends in .md, .html or .json. May be given several times.",
)

NEXT = (
    "orstt models activate NAME takes one of them; orstt experiments create TRIAL --b NAME tries it on live work before"
)


def check_reports(paths: Sequence[Path]) -> None:
    """Refuse a report of a kind that there is not, before any work is done."""
    for path in paths:
        if not is_report(path):
            raise click.UsageError(f"{path} is no report: its name ends in .md, .html or .json.")


def tell(benchmark: Benchmark, *, as_json: bool) -> None:
    """Print what a benchmark came to."""
    from orstt_core.benchmarks.conditions import models_of, options_of
    from orstt_core.benchmarks.report import report, score_rows

    told = report(benchmark)
    if as_json:
        output.write_json(told)
        return
    if options := options_of(benchmark):
        output.write_stderr(f"options: {options}")
    for model, what in models_of(benchmark).items():
        output.write_stderr(f"{model}: {what}")
    head, *rows = score_rows(told.scores)
    output.write_table([[cell.upper() for cell in head], *rows])
    for sentence in told.sentences:
        output.write(f"{sentence}\n")
    if told.differences:
        output.write_stderr(NEXT)
    for result in benchmark.results:
        if result.failed:
            output.write_stderr(f"{result.model}, {result.recording}: {result.failed}")
    if len(benchmark.results) < benchmark.recordings * len(benchmark.models):
        output.write_stderr(f"not complete; go on with --resume {benchmark.id[:SHORT_ID]}")


def write_reports(benchmark: Benchmark, paths: Sequence[Path]) -> None:
    """Write the report to files, each in the form that its name says."""
    for path in paths:
        write_report(benchmark, path)
        output.write_stderr(f"written: {path}")
