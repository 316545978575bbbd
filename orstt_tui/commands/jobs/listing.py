"""`orstt jobs list`: the jobs as a table, newest first."""

from __future__ import annotations

from typing import get_args

import click

from orstt_core.types import Job, JobPage, JobQuery, JobState
from orstt_tui.commands import output
from orstt_tui.commands.context import CommandContext
from orstt_tui.commands.jobs.job_ids import SHORT_ID
from orstt_tui.commands.options import global_options, json_option
from orstt_tui.commands.recordings import label
from orstt_tui.event_text import queue_position
from orstt_tui.formatting import file_name, since

HEADER = ("ID", "STATE", "PROGRESS", "MODEL", "AGE", "FILE", "TEXT")
EXCERPT_LENGTH = 60
"""Characters of a text in the table."""


@click.command("list")
@click.option("--state", "states", type=click.Choice(get_args(JobState)), multiple=True, help="Only those in it.")
@click.option("--search", "text", default="", metavar="TEXT", help="Only those whose text or file name holds this.")
@click.option("--limit", type=click.IntRange(1, 500), default=JobQuery().limit, show_default=True, help="How many.")
@click.option("--before", default="", metavar="ID", help="Only those older than this job.")
@json_option
@global_options
@click.pass_obj
def list_jobs(
    context: CommandContext, *, states: tuple[JobState, ...], text: str, limit: int, before: str, as_json: bool
) -> None:
    """List the jobs, newest first."""
    query = JobQuery(states=list(states), text=text, limit=limit, before=before)
    page = context.run(lambda backend: backend.jobs(query))
    if as_json:
        output.write_json(page)
    else:
        _print(page)


def _print(page: JobPage) -> None:
    output.write_table([HEADER, *map(_row, page.jobs)])
    if page.next:
        output.write_stderr(f"there are older ones: orstt jobs list --before {page.next[:SHORT_ID]}")


def _row(job: Job) -> tuple[str, ...]:
    return (
        job.id[:SHORT_ID],
        job.state,
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
