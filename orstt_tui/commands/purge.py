"""`orstt purge`: the removal of ended jobs, with their transcripts and recordings."""

from __future__ import annotations

import sys

import click

from orstt_tui.commands import output
from orstt_tui.commands.context import CommandContext
from orstt_tui.commands.options import global_options, json_option
from orstt_tui.formatting import count


@click.command
@click.option(
    "--older-than",
    "days",
    type=click.FloatRange(0),
    default=0.0,
    metavar="DAYS",
    help="Only those that ended so many days ago; default: all that ended.",
)
@click.option("--yes", is_flag=True, help="Do not ask.")
@json_option
@global_options
@click.pass_obj
def purge(context: CommandContext, *, days: float, yes: bool, as_json: bool) -> None:
    """Remove the transcripts and recordings of ended jobs.

    Jobs that wait or run stay, and so do your own files. What is removed cannot be brought back.
    """
    if not yes:
        which = f"every job that ended {days:g} days ago or longer" if days else "every ended job"
        where = f" on {context.settings.remote}" if context.settings.remote else ""
        if sys.stdin is None or not sys.stdin.isatty():
            raise click.UsageError(f"It would remove {which}{where}; without a terminal to ask on, give --yes.")
        if not click.confirm(f"Remove {which}{where}, with text and recording?", err=True):
            raise output.Interrupted("nothing was removed.")
    purged = context.run(lambda backend: backend.purge_jobs(days))
    if as_json:
        output.write_json(purged)
    else:
        output.write(f"Removed {count(purged.jobs, 'job')}.\n")
