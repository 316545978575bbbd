"""`orstt experiments list` and `show`."""

from __future__ import annotations

import click

from orstt_core.types import Experiment
from orstt_tui.commands import output
from orstt_tui.commands.completions import experiment_names
from orstt_tui.commands.context import CommandContext
from orstt_tui.commands.options import global_options, json_option
from orstt_tui.experiment_text import facts, figure_rows


@click.command("list")
@json_option
@global_options
@click.pass_obj
def list_experiments(context: CommandContext, *, as_json: bool) -> None:
    """List the experiments with what each has found, the newest first."""
    found = context.run(lambda backend: backend.experiments())
    if as_json:
        output.write_json(found)
    elif not found:
        output.write_stderr("there is no experiment yet; orstt experiments create NAME --b MODEL begins one")
    else:
        rows = [(each.name, each.state, each.kind, each.judge, each.a, each.b, each.result.words) for each in found]
        output.write_table([("NAME", "STATE", "KIND", "JUDGE", "A", "B", "FOUND"), *rows])


@click.command
@click.argument("name", shell_complete=experiment_names)
@json_option
@global_options
@click.pass_obj
def show(context: CommandContext, *, name: str, as_json: bool) -> None:
    """Show an experiment and what it has found so far.

    It may be looked at as often as one likes: that makes the answer no less sure.
    """
    tell(context.run(lambda backend: backend.experiment(name)), as_json=as_json)


def tell(experiment: Experiment, *, as_json: bool) -> None:
    """Print an experiment."""
    if as_json:
        output.write_json(experiment)
        return
    output.write(f"{output.one_line(experiment.result.words)}\n\n")
    output.write_table(figure_rows(experiment))
    output.write("\n")
    output.write_table(facts(experiment))
    for remark in experiment.result.remarks:
        output.write(f"{output.one_line(remark)}\n")
