"""How a benchmark is told: its table on the terminal, its reports in files."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from orstt_core.types import Benchmark
from orstt_core.whole_file import write_whole
from orstt_tui.commands import output

if TYPE_CHECKING:
    from orstt_core.benchmarks.report import Report

SHORT_ID = 8
"""Characters of an id that are shown."""


reports_option = click.option(
    "--report",
    "reports",
    metavar="FILE",
    type=click.Path(path_type=Path),
    multiple=True,
    help="Write a report; its name ends in .md, .html or .json. May be given several times.",
)


def check_reports(paths: Sequence[Path]) -> None:
    """Refuse a report of a kind that there is not, before any work is done."""
    for path in paths:
        if path.suffix.lower() not in {".md", ".html", ".json"}:
            raise click.UsageError(f"{path} is no report: its name ends in .md, .html or .json.")


def tell(benchmark: Benchmark, *, as_json: bool) -> None:
    """Print what a benchmark came to."""
    from orstt_core.benchmarks.report import report, score_rows, sentences

    told = report(benchmark)
    if as_json:
        output.write_json(told)
        return
    head, *rows = score_rows(told.scores)
    output.write_table([[cell.upper() for cell in head], *rows])
    for sentence in sentences(told.differences):
        output.write(f"{sentence}\n")
    for result in benchmark.results:
        if result.failed:
            output.write_stderr(f"{result.model}, {result.recording}: {result.failed}")
    if len(benchmark.results) < benchmark.recordings * len(benchmark.models):
        output.write_stderr(f"not complete; go on with --resume {benchmark.id[:SHORT_ID]}")


def write_reports(benchmark: Benchmark, paths: Sequence[Path]) -> None:
    """Write the report to files, each in the form that its name says."""
    from orstt_core.benchmarks.report import markdown, page, report

    forms: dict[str, Callable[[Report], str]] = {".md": markdown, ".html": page, ".json": _as_json}
    for path in paths:
        write_whole(path.expanduser(), forms[path.suffix.lower()](report(benchmark)))
        output.write_stderr(f"written: {path}")


def _as_json(told: Report) -> str:
    import msgspec

    return f"{msgspec.json.format(msgspec.json.encode(told), indent=2).decode()}\n"
