"""`orstt jobs show`, `read` and `follow`: one job, as it stands and as it goes on."""

from __future__ import annotations

from collections.abc import Iterator

import click
import msgspec

from orstt_core.backend import Backend
from orstt_core.formats import FORMATS
from orstt_core.transcript import transcript_of
from orstt_core.types import Job, SubtitleOptions
from orstt_tui.commands import output
from orstt_tui.commands.context import CommandContext
from orstt_tui.commands.destination import FULL, choose
from orstt_tui.commands.event_printer import EventPrinter
from orstt_tui.commands.jobs.job_ids import ref_argument
from orstt_tui.commands.options import global_options, json_option
from orstt_tui.commands.recordings import label
from orstt_tui.commands.subtitles import subtitle_options
from orstt_tui.formatting import clock, date, numbered_line
from orstt_tui.transcript_file import format_of


@click.command("show")
@ref_argument
@click.option("--format", "form", type=click.Choice(list(FORMATS)), help="Print only the transcript, in this format.")
@click.option("--output", "where", metavar="PATH", help="Write the transcript to this file, or into this folder.")
@click.option("--original", is_flag=True, help="As it was recognised, without what people corrected.")
@subtitle_options
@json_option
@global_options
@click.pass_obj
def show(
    context: CommandContext,
    *,
    ref: str,
    form: str | None,
    where: str | None,
    original: bool,
    cues: SubtitleOptions | None,
    as_json: bool,
) -> None:
    """Show all about a job and its text, or write its transcript."""
    if as_json and (form or where):
        raise click.UsageError("--json shows the job; for its transcript leave it out.")
    job = context.run(lambda backend: _job(backend, ref, original=original))
    if as_json:
        output.write_json(job)
    elif form or where:
        transcript = transcript_of(job)
        destination = choose(where, [job.filename], form or format_of(where) or "text", cues)
        # Not begun: for a terminal that would promise the segments one by one.
        destination.deliver(job.filename, transcript)
    else:
        output.write_table(list(_fields(job)))
        if text := job.text.strip():
            output.write(f"\n{text}\n")


@click.command
@ref_argument
@click.option("--original", is_flag=True, help="As it was recognised, without what people corrected.")
@json_option
@global_options
@click.pass_obj
def read(context: CommandContext, *, ref: str, original: bool, as_json: bool) -> None:
    """Print a job's text, a segment on a line.

    Before each stand its number and the time at which it begins. By the number `orstt jobs correct` knows it.
    """
    segments = transcript_of(context.run(lambda backend: _job(backend, ref, original=original))).segments
    if as_json:
        output.write_json(segments)
        return
    for number, segment in enumerate(segments, start=1):
        output.write(f"{output.one_line(numbered_line(segment, number))}\n")


@click.command("follow")
@ref_argument
@click.option("--json", "as_json", is_flag=True, help="Print all that is known as JSON, on one line.")
@global_options
@click.pass_obj
def follow_job(context: CommandContext, *, ref: str, as_json: bool) -> None:
    """Wait for a job and print its text as it comes.

    Ends as `orstt transcribe` does. Stopping this command does not stop the job; see `orstt jobs cancel`.
    """

    async def work(backend: Backend) -> None:
        from orstt_tui.event_stream import hand_over

        job = await backend.job(ref)
        destination = choose(None, [job.filename], FULL if as_json else "text")
        with EventPrinter(job.filename, destination) as printer:
            await hand_over(backend.follow_job(job.id), printer.show)

    context.run(work)


async def _job(backend: Backend, ref: str, *, original: bool) -> Job:
    job = await backend.job(ref)
    if not original:
        return job
    found = (await backend.job_transcript(job.id, 0)).transcript
    return msgspec.structs.replace(job, result=found, text=found.text, segments=found.segments, transcript_version=0)


def _fields(job: Job) -> Iterator[tuple[str, str]]:
    """Yield what is known of a job, but its text; what is not known is left out."""
    options = msgspec.to_builtins(job.options)
    duration = "" if job.duration is None else clock(job.duration)
    fields = {
        "id": job.id,
        "state": job.state,
        "purpose": "" if job.purpose == "transcript" else job.purpose,
        "file": label(job.filename),
        "model": job.model,
        "choice": job.choice.why if job.choice else "",
        "options": ", ".join(f"{name.replace('_', ' ')} {value}" for name, value in options.items()),
        "submitted by": job.submitted_by,
        "submitted": date(job.created_at),
        "started": date(job.started_at) if job.started_at else "",
        "ended": date(job.finished_at) if job.finished_at else "",
        "attempt": str(job.attempt) if job.attempt else "",
        "before it": str(job.ahead) if job.state == "queued" else "",
        "put off": job.put_off,
        "length": duration,
        "transcribed": clock(job.position) if job.state != "done" and job.position else "",
        "corrected": f"version {job.transcript_version}" if job.transcript_version else "",
        "language": (job.result.language or "") if job.result else "",
        "error": str(job.error.error) if job.error else "",
        "can be retried until": date(job.retry_until) if job.retry_until else "",
    }
    return ((name, value) for name, value in fields.items() if value)
