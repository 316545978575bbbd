"""How jobs are named on the command line, by a person and to a person."""

from __future__ import annotations

from typing import TypeVar

import click

from orstt_core.types import Job
from orstt_tui.commands.completions import job_ids
from orstt_tui.commands.recordings import label

Given = TypeVar("Given", str, tuple[str, ...])

SHORT_ID = 8
"""Characters of an id that are enough to tell a person's jobs apart."""


def refuse_empty_id(_ctx: click.Context, _param: click.Parameter, value: Given) -> Given:
    """Refuse an empty id, as from a variable that is not set: every id begins with it."""
    if "" in (value if isinstance(value, tuple) else (value,)):
        raise click.BadParameter("an empty ID names no job.")
    return value


ref_argument = click.argument("ref", metavar="ID", callback=refuse_empty_id, shell_complete=job_ids)
"""A job's id or its beginning."""
refs_argument = click.argument(
    "refs", nargs=-1, required=True, metavar="ID...", callback=refuse_empty_id, shell_complete=job_ids
)
"""The same, one or more."""


def job_label(job: Job) -> str:
    """Return what to call a job in a sentence."""
    return f"{job.id[:SHORT_ID]} ({label(job.filename)})"
