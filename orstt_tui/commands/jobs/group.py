"""`orstt jobs`: the group of its commands."""

from __future__ import annotations

import click

from orstt_tui.commands.jobs.again import again
from orstt_tui.commands.jobs.changes import cancel, delete, retry
from orstt_tui.commands.jobs.compare import compare
from orstt_tui.commands.jobs.corrections import correct, edit, redo, undo
from orstt_tui.commands.jobs.drain import drain
from orstt_tui.commands.jobs.history import diff, history
from orstt_tui.commands.jobs.listing import list_jobs
from orstt_tui.commands.jobs.references import references
from orstt_tui.commands.jobs.show import follow_job, read, show
from orstt_tui.commands.jobs.submit import submit
from orstt_tui.commands.options import global_options


@click.group
@global_options
def jobs() -> None:
    """Submit recordings to be transcribed later, and look after them.

    A job is named by its ID or the beginning of it.
    """


for command in (
    submit,
    list_jobs,
    show,
    read,
    follow_job,
    cancel,
    retry,
    again,
    delete,
    drain,
    edit,
    correct,
    undo,
    redo,
    history,
    diff,
    compare,
    references,
):
    jobs.add_command(command)
