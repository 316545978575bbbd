"""`orstt bench list`, `show`, `compare` and `delete`: benchmarks that were begun before."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import TYPE_CHECKING

import click

from orstt_core.types import Benchmark
from orstt_tui.benchmark_files import SHORT_ID
from orstt_tui.commands import output
from orstt_tui.commands.bench.telling import check_reports, reports_option, tell, write_reports
from orstt_tui.commands.context import CommandContext
from orstt_tui.commands.options import global_options, json_option
from orstt_tui.formatting import date

if TYPE_CHECKING:
    from orstt_core.backend import Backend


@click.command("list")
@click.option("--limit", type=click.IntRange(1, 1000), default=100, show_default=True, help="How many at most.")
@json_option
@global_options
@click.pass_obj
def list_benchmarks(context: CommandContext, *, limit: int, as_json: bool) -> None:
    """List the benchmarks, the latest first."""
    found = context.run(lambda backend: backend.benchmarks(limit))
    if as_json:
        output.write_json(found)
    elif not found:
        output.write_stderr("there is no benchmark yet; orstt bench --set FOLDER --model NAME runs one")
    else:
        output.write_table([("ID", "BEGUN", "DONE", "MODELS", "OPTIONS", "NAME", "SET"), *map(_row, found)])


@click.command
@click.argument("ref", metavar="ID")
@reports_option
@json_option
@global_options
@click.pass_obj
def show(context: CommandContext, *, ref: str, reports: Sequence[Path], as_json: bool) -> None:
    """Show what a benchmark came to."""
    check_reports(reports)
    benchmark = context.run(lambda backend: backend.benchmark(ref))
    tell(benchmark, as_json=as_json)
    write_reports(benchmark, reports)


@click.command
@click.argument("first", metavar="ID")
@click.argument("second", metavar="ID")
@json_option
@global_options
@click.pass_obj
def compare(context: CommandContext, *, first: str, second: str, as_json: bool) -> None:
    """Say what changed from one benchmark to another, and whether that is more than chance.

    Each model that both measured is compared on the recordings that both have. What is not the same of both, such as
    options, is said before.
    """
    from orstt_core.benchmarks.conditions import changed_conditions
    from orstt_core.benchmarks.report import changes, sentences

    async def both(backend: Backend) -> tuple[Benchmark, Benchmark]:
        return await backend.benchmark(first), await backend.benchmark(second)

    runs = context.run(both)
    found = changes(*runs)
    if as_json:
        output.write_json(found)
    elif not found:
        output.write_stderr("they have no model and recording in common")
    for sentence in () if as_json else (*changed_conditions(*runs), *sentences(found)):
        output.write(f"{sentence}\n")


@click.command
@click.argument("ref", metavar="ID")
@global_options
@click.pass_obj
def delete(context: CommandContext, *, ref: str) -> None:
    """Remove a benchmark with its results."""
    benchmark = context.run(lambda backend: backend.delete_benchmark(ref))
    output.write(f"removed {benchmark.id[:SHORT_ID]}\n")


def _row(benchmark: Benchmark) -> tuple[str, ...]:
    from orstt_core.benchmarks.conditions import options_of

    return (
        benchmark.id[:SHORT_ID],
        date(benchmark.created_at),
        f"{benchmark.done} of {benchmark.recordings * len(benchmark.models)}",
        ", ".join(benchmark.models),
        options_of(benchmark),
        benchmark.name,
        benchmark.set,
    )
