"""`orstt audio`: the sound of a job's recording, into a pipe or a file."""

from __future__ import annotations

from pathlib import Path

import click

from orstt_core.backend import Backend
from orstt_core.errors import InvalidRequest
from orstt_core.text import readable_bytes
from orstt_tui.commands import output
from orstt_tui.commands.context import CommandContext
from orstt_tui.commands.jobs.job_ids import ref_argument
from orstt_tui.commands.options import global_options
from orstt_tui.commands.status_line import StatusLine
from orstt_tui.file_parts import write_file
from orstt_tui.recording_time import parse_time

STDOUT = "-"


def _seconds(_ctx: click.Context, _param: click.Parameter, value: str | None) -> float | None:
    if value is None:
        return None
    try:
        return parse_time(value)
    except InvalidRequest as error:
        raise click.BadParameter(str(error)) from error


@click.command
@ref_argument
@click.option("--from", "start", metavar="TIME", callback=_seconds, default="0", help="Where it begins, e.g. 61.2.")
@click.option("--to", "end", metavar="TIME", callback=_seconds, help="Where it ends; default: with the recording.")
@click.option("--output", "where", metavar="FILE", help="Write to this file instead of standard output.")
@global_options
@click.pass_obj
def audio(context: CommandContext, *, ref: str, start: float, end: float | None, where: str | None) -> None:
    """Write the sound of a job's recording, or a part of it.

    It is a WAV file of 16-bit mono at 16 kHz, whatever the recording was. Over SSH the machine that has loudspeakers
    plays it: ssh HOST orstt audio ID --from 61.2 --to 65 | ffplay -nodisp -autoexit -
    """
    target = Path(where) if where and where != STDOUT else None
    if target is None and output.to_terminal():
        raise click.UsageError(
            f"A terminal shows no sound. Play it with `orstt audio {ref} | aplay`, or name a file with --output."
        )

    async def work(backend: Backend) -> None:
        parts = backend.audio(ref, start, end)
        if target is None:
            await output.write_parts(parts)
        else:
            with StatusLine() as status:
                await write_file(target, parts, lambda done: status.show(f"writing {where}: {readable_bytes(done)}"))

    context.run(work)
