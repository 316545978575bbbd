"""`orstt jobs cancel`, `retry` and `delete`: each for one or more jobs; one that cannot be does not stop the others."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Sequence

import click

from orstt_core.backend import Backend
from orstt_core.types import Job
from orstt_tui.commands import output
from orstt_tui.commands.context import CommandContext
from orstt_tui.commands.jobs.job_ids import job_label, refs_argument
from orstt_tui.commands.options import global_options, json_option
from orstt_tui.job_commands import JOB_ERRORS


@click.command
@refs_argument
@json_option
@global_options
@click.pass_obj
def cancel(context: CommandContext, *, refs: Sequence[str], as_json: bool) -> int:
    """Cancel jobs that wait or run."""
    return _change(context, refs, lambda backend, ref: backend.cancel_job(ref), "Cancelled", as_json=as_json)


@click.command
@refs_argument
@json_option
@global_options
@click.pass_obj
def retry(context: CommandContext, *, refs: Sequence[str], as_json: bool) -> int:
    """Queue failed or cancelled jobs again.

    While their recordings are there: your own files where they were, uploads for a while.
    """
    return _change(context, refs, lambda backend, ref: backend.retry_job(ref), "Queued", as_json=as_json)


@click.command
@refs_argument
@json_option
@global_options
@click.pass_obj
def delete(context: CommandContext, *, refs: Sequence[str], as_json: bool) -> int:
    """Remove ended jobs with their texts."""
    return _change(context, refs, lambda backend, ref: backend.delete_job(ref), "Removed", as_json=as_json)


def _change(
    context: CommandContext,
    refs: Sequence[str],
    change: Callable[[Backend, str], Awaitable[Job]],
    said: str,
    *,
    as_json: bool,
) -> int:
    """Change each job and return the exit code of the first that failed."""

    async def work(backend: Backend) -> int:
        exit_code = 0
        for ref in refs:
            try:
                job = await change(backend, ref)
            except JOB_ERRORS as error:
                output.write_stderr(str(error) if len(refs) == 1 else f"{ref}: {error}")
                exit_code = exit_code or error.exit_code
            else:
                if as_json:
                    output.write_json(job)
                else:
                    done = "Asked to cancel" if job.state == "running" else said  # another process takes its time
                    output.write(output.one_line(f"{done} {job_label(job)}.") + "\n")
        return exit_code

    return context.run(work)
