"""`orstt bench`: models measured on a person's own recordings, and earlier benchmarks looked at."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import click

from orstt_core.types import TranscribeOptions
from orstt_tui.commands.bench.measure import Wanted, measure
from orstt_tui.commands.bench.stored import compare, delete, list_benchmarks, show
from orstt_tui.commands.bench.telling import reports_option
from orstt_tui.commands.completions import model_names
from orstt_tui.commands.context import CommandContext
from orstt_tui.commands.options import global_options, json_option
from orstt_tui.commands.request import transcription_options


@click.group("bench", invoke_without_command=True)
@click.option(
    "--set",
    "folder",
    metavar="FOLDER",
    type=click.Path(path_type=Path),
    help="Recordings, each with a text of the same name (call.wav, call.txt), or with a manifest.jsonl.",
)
@click.option("--corrected", is_flag=True, help="Measure on the transcripts that people corrected here.")
@click.option(
    "--model",
    "models",
    metavar="NAME",
    multiple=True,
    shell_complete=model_names,
    help="A model to measure; may be given several times. Default: the active one.",
)
@click.option(
    "--all-models", is_flag=True, help="Measure every model whose files are here, but none that sends sound elsewhere."
)
@click.option(
    "--terms",
    metavar="FILE",
    type=click.Path(path_type=Path),
    help="Words to be counted by themselves, such as names of drugs: one on a line.",
)
@click.option("--name", default="", metavar="TEXT", help="What to call the benchmark.")
@click.option("--resume", default="", metavar="ID", help="Go on with a benchmark that was ended.")
@reports_option
@json_option
@transcription_options
@global_options
@click.pass_context
def bench(ctx: click.Context, /, *, corrected: bool, as_json: bool, how: TranscribeOptions, **asked: Any) -> int | None:
    """Measure models on your own recordings.

    Every model transcribes every recording of the set; the table says how many words each got wrong, how sure that
    is, how fast it was and how much memory it took. What is found is stored as it comes: --resume goes on with a
    benchmark that was ended.
    """
    if ctx.invoked_subcommand is not None:
        return None
    if (asked["folder"] is None) == (not corrected):
        raise click.UsageError("Give either --set FOLDER or --corrected; `orstt bench list` has earlier benchmarks.")
    if asked["models"] and asked["all_models"]:
        raise click.UsageError("Give either --model or --all-models.")
    context: CommandContext = ctx.obj
    return measure(context, Wanted(options=how, **asked), as_json=as_json)


for command in (list_benchmarks, show, compare, delete):
    bench.add_command(command)
