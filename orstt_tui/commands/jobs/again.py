"""`orstt jobs again`: another job on a recording that a job has."""

from __future__ import annotations

import click
import msgspec

from orstt_core.backend import Backend
from orstt_core.errors import RecordingGone
from orstt_core.types import AUTO, StoredRecording
from orstt_core.types.transcription import without_wishes
from orstt_tui.commands import output
from orstt_tui.commands.context import CommandContext
from orstt_tui.commands.destination import FULL, choose
from orstt_tui.commands.event_printer import EventPrinter
from orstt_tui.commands.jobs.job_ids import SHORT_ID, ref_argument
from orstt_tui.commands.jobs.submission import WORKER_HINT, print_job, submission_options, submit_job
from orstt_tui.commands.named_model import require_model
from orstt_tui.commands.options import global_options
from orstt_tui.commands.request import Change, changed_options


@click.command
@ref_argument
@submission_options
@changed_options
@global_options
@click.pass_obj
def again(
    context: CommandContext,
    *,
    ref: str,
    change: Change,
    wait: bool,
    key: str,
    callback: str,
    keep_audio: bool,
    as_json: bool,
) -> None:
    """Transcribe a job's recording again, as another job.

    Prints that one's ID. With the active model unless you name one; options that you do not give stay as they were.
    While the recording is there: your own file where it was, an upload until its job has ended, or as long as it is
    kept (--keep-audio). It is not sent again.
    """

    async def work(backend: Backend) -> None:
        before = await backend.job(ref)
        if not before.recording:
            raise RecordingGone(
                f"The recording of the job {before.id[:SHORT_ID]} was not kept.",
                hint="Submit it again, with --keep-audio if you will want it once more.",
            )
        asked = change(before.options)
        if asked.model != AUTO:  # what said how to choose is of no use to a model that is named
            asked = change(without_wishes(before.options))
        request = msgspec.structs.replace(
            asked,
            audio=StoredRecording(id=before.recording),
            idempotency_key=key,
            callback_url=callback,
            keep_audio=keep_audio,
        )
        await require_model(backend, request.model)
        job = await submit_job(backend, request)
        print_job(job, job.filename, as_json=as_json, wait=wait)
        if wait:
            await _follow(backend, job.id, job.filename, "text" if not as_json else FULL)
        elif not (context.settings.remote or context.works_on_jobs):
            output.write_stderr(WORKER_HINT)

    context.run(work, drain=wait)


async def _follow(backend: Backend, job: str, name: str, form: str) -> None:
    from orstt_tui.event_stream import hand_over

    with EventPrinter(name, choose(None, [name], form)) as printer:
        await hand_over(backend.follow_job(job), printer.show)
