"""What `orstt jobs submit` and `orstt jobs again` share: the options of a new job, and what is said of it."""

from __future__ import annotations

import click

from orstt_core.backend import Backend
from orstt_core.types import Job, TranscribeRequest
from orstt_tui.commands import output
from orstt_tui.commands.options import Function
from orstt_tui.commands.recordings import label
from orstt_tui.commands.status_line import StatusLine
from orstt_tui.event_text import short_stage

WORKER_HINT = (
    "`orstt serve`, the terminal program or `orstt jobs drain` works on the jobs of this machine: one must run"
)


OPTIONS = (
    click.option(
        "--wait",
        is_flag=True,
        help="Wait for the transcripts and print them; on this machine, work on the queue meanwhile.",
    ),
    click.option(
        "--key", default="", metavar="KEY", help="Idempotency key: submitted again with the same, it is the same job."
    ),
    click.option("--callback", default="", metavar="URL", help="Where a signed notice is sent when a job has ended."),
    click.option("--keep-audio", is_flag=True, help="Keep what is uploaded until the job is deleted."),
    click.option(
        "--json", "as_json", is_flag=True, help="Print each job as JSON, one on a line; with --wait the results."
    ),
)


def submission_options(command: Function) -> Function:
    """Give a command the options of a new job: `wait`, `key`, `callback`, `keep_audio` and `as_json`."""
    for option in reversed(OPTIONS):
        command = option(command)
    return command


async def submit_job(backend: Backend, request: TranscribeRequest, prefix: str = "") -> Job:
    """Submit a job as soon as the queue admits it, saying meanwhile what it waits for."""
    from orstt_tui.event_stream import submit_when_admitted

    with StatusLine() as status:
        return await submit_when_admitted(backend, request, lambda stage: status.show(f"{prefix}{short_stage(stage)}"))


def print_job(job: Job, name: str, *, as_json: bool, wait: bool) -> None:
    """Print what names a job that was submitted for this recording."""
    if wait:  # standard output is for the transcript; the ID is for whoever goes away meanwhile
        output.write_stderr(f"{label(name)} is job {job.id}")
    elif as_json:
        output.write_json(job)
    else:
        output.write(f"{job.id}\n")
