"""`orstt jobs references`: corrected transcripts with their recordings, as references to measure against."""

from __future__ import annotations

from collections.abc import Sequence
from contextlib import aclosing
from pathlib import Path

import click

from orstt_core.backend import Backend
from orstt_core.corrected_pairs import corrected_jobs
from orstt_core.disk import why_not
from orstt_core.errors import FileProblem, RecordingGone
from orstt_core.types import Job
from orstt_core.whole_file import write_whole
from orstt_tui.commands import output
from orstt_tui.commands.context import CommandContext
from orstt_tui.commands.jobs.job_ids import SHORT_ID, job_label, refuse_empty_id
from orstt_tui.commands.options import global_options
from orstt_tui.commands.recordings import stem
from orstt_tui.commands.status_line import StatusLine
from orstt_tui.file_parts import write_file
from orstt_tui.formatting import count
from orstt_tui.transcript_file import file_name


@click.command
@click.argument("refs", nargs=-1, metavar="[ID]...", callback=refuse_empty_id)
@click.option("--to", "folder", metavar="FOLDER", required=True, help="Where they go; it is made if need be.")
@global_options
@click.pass_obj
def references(context: CommandContext, *, refs: Sequence[str], folder: str) -> None:
    """Write corrected transcripts with their recordings.

    For each job whose transcript a person corrected and whose recording is still there: its sound (WAV, mono, 16 kHz)
    and beside it a text of the same name. Without IDs all such jobs.
    """
    target = Path(folder).expanduser()

    async def work(backend: Backend) -> int:
        written = 0
        with StatusLine() as status:
            async with aclosing(corrected_jobs(backend, refs)) as jobs:
                async for job in jobs:
                    status.show(job_label(job))
                    written += await _write(backend, job, target)
        return written

    try:
        target.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise FileProblem(f"{target} cannot be made: {why_not(error)}.", hint="Name another folder.") from error
    output.write(f"{count(context.run(work), 'recording')} with the corrected text in {target}\n")


async def _write(backend: Backend, job: Job, folder: Path) -> bool:
    """Write a pair, and return whether its recording was still there."""
    name = f"{stem(job.filename)}-{job.id[:SHORT_ID]}"
    try:
        await write_file(folder / file_name(folder, name, ".wav"), backend.audio(job.id), lambda _: None)
    except RecordingGone:  # it went just now
        return False
    write_whole(folder / file_name(folder, name, ".txt"), f"{job.text.strip()}\n")
    return True
