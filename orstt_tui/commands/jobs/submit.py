"""`orstt jobs submit`: recordings become jobs, which are worked on when their turn comes."""

from __future__ import annotations

import contextlib
from collections.abc import Sequence
from pathlib import Path

import click
import msgspec

from orstt_core.backend import Backend
from orstt_core.types import Job, TranscribeRequest
from orstt_tui.commands import output
from orstt_tui.commands.batch import Batch, prefixes
from orstt_tui.commands.context import CommandContext
from orstt_tui.commands.destination import FULL, Destination, choose
from orstt_tui.commands.event_printer import EventPrinter
from orstt_tui.commands.jobs.submission import WORKER_HINT, print_job, submission_options, submit_job
from orstt_tui.commands.named_model import require_model
from orstt_tui.commands.options import global_options
from orstt_tui.commands.recordings import comes_through_a_pipe, files_argument, label
from orstt_tui.commands.request import request_options


@click.command
@files_argument
@submission_options
@request_options
@global_options
@click.pass_obj
def submit(
    context: CommandContext,
    *,
    files: Sequence[str],
    like: TranscribeRequest,
    wait: bool,
    key: str,
    callback: str,
    keep_audio: bool,
    as_json: bool,
) -> int:
    """Queue recordings and print the IDs of their jobs.

    A file on this machine is read when its turn comes, so leave it where it is; a server gets it at once. Without a
    server the jobs wait until `orstt serve`, the terminal program or `orstt jobs drain` works on them; with --wait
    this command works on what is queued here itself.
    """
    if key and len(files) > 1:
        raise click.UsageError("--key is for one recording; give each a command of its own.")
    settings = context.settings
    like = msgspec.structs.replace(like, idempotency_key=key, callback_url=callback, keep_audio=keep_audio)
    batch = Batch(files)
    destination = choose(None, files, FULL if as_json else "text") if wait else None

    async def work(backend: Backend, paths: Sequence[tuple[str, Path]]) -> None:
        await require_model(backend, like.model)
        submitted = []
        for (name, path), prefix in zip(paths, prefixes([name for name, _ in paths]), strict=True):
            request = msgspec.structs.replace(
                like,
                audio=path.absolute(),
                filename=label(name),
                # The job outlives this command, so the backend takes over what stands in a temporary file.
                disposable=comes_through_a_pipe(name) and not settings.remote,
            )
            with batch.reporting(name):
                job = await submit_job(backend, request, prefix)
                submitted.append((name, job))
                print_job(job, name, as_json=as_json, wait=wait)
        if submitted and not (settings.remote or wait or context.works_on_jobs):
            output.write_stderr(WORKER_HINT)
        if destination is not None:
            await _follow(backend, submitted, batch, destination)

    with contextlib.ExitStack() as temporary:
        paths = batch.open(temporary, limit_mb=settings.max_upload_mb)
        if paths:
            # Whoever waits must not wait for a server that is not there.
            context.run(lambda backend: work(backend, paths), drain=wait)
    return batch.exit_code


async def _follow(
    backend: Backend, submitted: Sequence[tuple[str, Job]], batch: Batch, destination: Destination
) -> None:
    from orstt_tui.event_stream import hand_over

    said: set[str] = set()
    for (name, job), prefix in zip(submitted, prefixes([name for name, _ in submitted]), strict=True):
        with batch.reporting(name), EventPrinter(name, destination, prefix, said=said) as printer:
            await hand_over(backend.follow_job(job.id), printer.show)
