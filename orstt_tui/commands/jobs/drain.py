"""`orstt jobs drain`: work off the queue of this machine in this process."""

from __future__ import annotations

import contextlib
from collections.abc import Callable

import click

from orstt_core.backend import Backend
from orstt_core.types import ENDED, JobChanged, JobQuery
from orstt_tui.commands import output
from orstt_tui.commands.jobs.names import named
from orstt_tui.commands.options import global_options
from orstt_tui.commands.progress import StatusLine
from orstt_tui.commands.session import Session
from orstt_tui.wording import count

LEFT = JobQuery(states=["queued", "running"], limit=1)
INTERVAL = 0.5
"""Seconds between two looks at the queue."""


@click.command
@global_options
@click.pass_obj
def drain(session: Session) -> int:
    """Work on the jobs of this machine until none waits or runs.

    For nights, and for machines on which no server runs. Names each job that ended. Ctrl-C hands back what runs, to
    be gone on with later. The exit code is that of the first job that failed.
    """
    if session.settings.remote:
        raise click.UsageError("A server works on its jobs by itself; drain is for the jobs of this machine.")
    return session.run(_drain, drain=True)


async def _drain(backend: Backend) -> int:
    import asyncio

    failures: list[int] = []
    with StatusLine() as status:
        telling = asyncio.create_task(_tell_ended(backend, status.clear, failures))
        looking = asyncio.create_task(_look(backend, status.show))
        try:
            # Whichever fails ends both: the looking with the database, the telling with standard output.
            done, _ = await asyncio.wait({telling, looking}, return_when=asyncio.FIRST_COMPLETED)
            for task in done:
                task.result()
        finally:
            telling.cancel()
            looking.cancel()
            await asyncio.gather(telling, looking, return_exceptions=True)
    return next(iter(failures), 0)


async def _look(backend: Backend, show: Callable[[str], None]) -> None:
    """Show what is left until, at two looks one after the other, nothing is."""
    import asyncio

    empty = False
    while True:
        now = await backend.readiness()
        # Readiness never raises: when it counts nothing, the question itself must be answered too.
        nothing = not now.queued and not now.running and not (await backend.jobs(LEFT)).jobs
        if nothing and empty:
            return
        # An end is told after it is stored: what ended last has until the next look to be told.
        empty = nothing
        show(f"{count(now.queued, 'job')} waiting, {now.running} running")
        await asyncio.sleep(INTERVAL)


async def _tell_ended(backend: Backend, clear: Callable[[], None], failures: list[int]) -> None:
    async with contextlib.aclosing(backend.events()) as events:
        async for event in events:
            if isinstance(event, JobChanged) and event.job.state in ENDED:
                clear()
                if event.job.error:
                    failures.append(event.job.error.error.exit_code)
                reason = f": {event.job.error.detail}" if event.job.error else ""
                output.write(output.one_line(f"{event.job.state:9} {named(event.job)}{reason}") + "\n")
