"""`orstt jobs list`: the jobs as a table, newest first unless asked otherwise, and sums over them."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from typing import Any, get_args

import click

from orstt_core.errors import InvalidRequest
from orstt_core.types import Job, JobPage, JobQuery, JobSort, JobState, Purpose
from orstt_tui.commands import output
from orstt_tui.commands.completions import model_names
from orstt_tui.commands.context import CommandContext
from orstt_tui.commands.jobs.job_ids import SHORT_ID
from orstt_tui.commands.options import global_options, json_option
from orstt_tui.commands.recordings import label
from orstt_tui.event_text import queue_position
from orstt_tui.formatting import file_name, job_totals, since
from orstt_tui.job_states import for_what
from orstt_tui.moments import EXAMPLES, moment

HEADER = ("ID", "STATE", "PROGRESS", "MODEL", "AGE", "FILE", "TEXT")
EXCERPT_LENGTH = 60
"""Characters of a text in the table."""


class Moment(click.ParamType[datetime]):
    """A time as a person writes it; a whole day is its beginning, or its end."""

    name = "time"

    def __init__(self, *, at_end: bool = False) -> None:
        self._at_end = at_end

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> datetime:
        """Return the time."""
        try:
            return moment(str(value), at_end=self._at_end)
        except InvalidRequest as error:
            self.fail(str(error), param, ctx)


@click.command("list")
@click.option("--state", "states", type=click.Choice(get_args(JobState)), multiple=True, help="Only those in it.")
@click.option("--search", "text", default="", metavar="TEXT", help="Only those whose text or file name holds this.")
@click.option(
    "--model", "models", metavar="NAME", multiple=True, help="Only those of this model.", shell_complete=model_names
)
@click.option("--since", "since_", type=Moment(), help=f"Only those submitted then or later: {EXAMPLES}.")
@click.option("--until", "until_", type=Moment(at_end=True), help="Only those submitted before then, or on that day.")
@click.option(
    "--purpose", type=click.Choice(get_args(Purpose)), help="Only those made for a transcript, or a benchmark."
)
@click.option(
    "--sort", type=click.Choice(get_args(JobSort)), default="age", show_default=True, help="What to list them by."
)
@click.option("--reverse", is_flag=True, help="The other way round, such as the oldest first.")
@click.option("--limit", type=click.IntRange(1, 500), default=JobQuery().limit, show_default=True, help="How many.")
@click.option("--before", default="", metavar="ID", help="Only those that come after this job.")
@json_option
@global_options
@click.pass_obj
def list_jobs(  # noqa: PLR0913 - one argument for each option
    context: CommandContext,
    *,
    states: Sequence[JobState],
    models: Sequence[str],
    text: str,
    since_: datetime | None,
    until_: datetime | None,
    purpose: Purpose | None,
    sort: JobSort,
    reverse: bool,
    limit: int,
    before: str,
    as_json: bool,
) -> None:
    """List the jobs, newest first unless asked otherwise.

    Below them stands how many there are on all pages, in which states, and how long their recordings are together.
    """
    query = JobQuery(
        states=list(states),
        models=list(models),
        text=text,
        since=since_,
        until=until_,
        purpose=purpose,
        sort=sort,
        reverse=reverse,
        limit=limit,
        before=before,
    )
    page = context.run(lambda backend: backend.jobs(query))
    if as_json:
        output.write_json(page)
    else:
        _print(page)


def _print(page: JobPage) -> None:
    output.write_table([HEADER, *map(_row, page.jobs)])
    output.write_stderr(job_totals(page))
    if page.next:
        output.write_stderr(f"there are more: the same command with --before {page.next[:SHORT_ID]}")


def _row(job: Job) -> tuple[str, ...]:
    return (
        job.id[:SHORT_ID],
        f"{job.state}{for_what(job)}",
        progress(job),
        job.model,
        since(job.created_at),
        label(file_name(job.filename)),
        excerpt(job.put_off or (job.error.detail if job.error and not job.text else job.text)),
    )


def progress(job: Job) -> str:
    """Return how far a job is, in a few characters."""
    if job.state == "queued":
        return queue_position(job.ahead)
    if job.state == "done":
        return "100%"
    return f"{min(job.position / job.duration, 1):.0%}" if job.duration else ""


def excerpt(text: str) -> str:
    """Return the beginning of a text, marked where it goes on."""
    return text if len(text) <= EXCERPT_LENGTH else f"{text[: EXCERPT_LENGTH - 1].rstrip()}…"
