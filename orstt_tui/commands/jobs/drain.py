"""`orstt jobs drain`: work off the queue of this machine in this process."""

from __future__ import annotations

import contextlib
from collections.abc import Callable

import click

from orstt_core.backend import Backend
from orstt_core.errors import ModelInUse, ModelNotFound
from orstt_core.types import ENDED, JobChanged, JobQuery
from orstt_tui.commands import output
from orstt_tui.commands.context import CommandContext
from orstt_tui.commands.jobs.job_ids import job_label
from orstt_tui.commands.options import global_options
from orstt_tui.commands.status_line import StatusLine
from orstt_tui.formatting import count

UNENDED = JobQuery(states=["queued", "running"], limit=1)
INTERVAL = 0.5
"""Seconds between two polls of the queue."""


@click.command
@global_options
@click.pass_obj
def drain(context: CommandContext) -> int:
    """Work on the jobs of this machine until none waits or runs.

    Then on what running experiments left to their second models. For nights, and for machines on which no server runs.
    Names each job that ended. Ctrl-C hands back what runs, to be gone on with later. The exit code is that of the first
    job that failed.
    """
    if context.settings.remote:
        raise click.UsageError("A server works on its jobs by itself; drain is for the jobs of this machine.")
    return context.run(_drain, drain=True)


async def _drain(backend: Backend) -> int:
    import asyncio

    failures: list[int] = []
    with StatusLine() as status:
        printing = asyncio.create_task(_print_ended(backend, status.clear, failures))
        polling = asyncio.create_task(_poll(backend, status.show))
        try:
            # Whichever fails ends both: the polling with the database, the printing with standard output.
            done, _ = await asyncio.wait({printing, polling}, return_when=asyncio.FIRST_COMPLETED)
            for task in done:
                task.result()
        finally:
            printing.cancel()
            polling.cancel()
            await asyncio.gather(printing, polling, return_exceptions=True)
    return next(iter(failures), 0)


async def _poll(backend: Backend, show: Callable[[str], None]) -> None:
    """Show what is left until, two polls in a row find nothing."""
    import asyncio

    empty, left = False, 0
    while True:
        now = await backend.readiness()
        # Readiness never raises: when it counts nothing, the question itself must be answered too.
        nothing = not now.queued and not now.running and not (await backend.jobs(UNENDED)).jobs
        if nothing and empty and not (left := await _left_to_experiments(backend)):
            return
        # An end is reported after it is stored: what ended last has until the next poll to be reported.
        empty = nothing
        shown = f"{count(left, 'recording')} of experiments waiting" if nothing and left else ""
        show(shown or f"{count(now.queued, 'job')} waiting, {now.running} running")
        await asyncio.sleep(INTERVAL)


async def _left_to_experiments(backend: Backend) -> int:
    """Return how many recordings the second models of experiments are still to transcribe, and make room for these.

    They displace no other model by themselves; here nobody has use for one any more.
    """
    running = [each for each in await backend.experiments() if each.state == "running" and each.waiting]
    tried = {each.b for each in running}
    for loaded in await backend.loaded_models() if running else ():
        if loaded.state == "idle" and loaded.names and not tried.intersection(loaded.names):
            with contextlib.suppress(ModelInUse, ModelNotFound):  # it was quicker
                await backend.unload_model(loaded.names[0])
    return sum(each.waiting for each in running)


async def _print_ended(backend: Backend, clear: Callable[[], None], failures: list[int]) -> None:
    async with contextlib.aclosing(backend.events()) as events:
        async for event in events:
            if isinstance(event, JobChanged) and event.job.state in ENDED:
                clear()
                if event.job.error:
                    failures.append(event.job.error.error.exit_code)
                reason = f": {event.job.error.detail}" if event.job.error else ""
                output.write(output.one_line(f"{event.job.state:9} {job_label(event.job)}{reason}") + "\n")
