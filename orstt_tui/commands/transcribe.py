"""`orstt transcribe`: recordings in, text out; one that fails does not stop the others."""

from __future__ import annotations

import contextlib
from collections.abc import Sequence
from pathlib import Path

import click
from click.core import ParameterSource

from orstt_core.backend import Backend
from orstt_core.formats import FORMATS
from orstt_core.types import SubtitleOptions, TranscribeRequest
from orstt_tui.commands import output
from orstt_tui.commands.batch import Batch, prefixes, transcribe_one
from orstt_tui.commands.context import CommandContext
from orstt_tui.commands.destination import FULL, choose
from orstt_tui.commands.event_printer import EventPrinter
from orstt_tui.commands.named_model import require_model
from orstt_tui.commands.options import global_options
from orstt_tui.commands.recordings import files_argument
from orstt_tui.commands.request import request_options
from orstt_tui.commands.subtitles import subtitle_options
from orstt_tui.formatting import count
from orstt_tui.progress import BatchMeter
from orstt_tui.transcript_file import format_of


@click.command
@files_argument
@click.option(
    "--format", "form", type=click.Choice(list(FORMATS)), help="How to write it; default: what PATH ends in, or text."
)
@click.option("--json", "as_json", is_flag=True, help="Print all that is known as JSON, one recording on a line.")
@click.option("--output", "where", metavar="PATH", help="Write to this file, or into this folder.")
@click.option(
    "--skip-existing", is_flag=True, help="With --output: leave out recordings whose transcripts are there already."
)
@subtitle_options
@request_options
@global_options
@click.pass_obj
def transcribe(
    context: CommandContext,
    *,
    files: Sequence[str],
    like: TranscribeRequest,
    form: str | None,
    as_json: bool,
    where: str | None,
    skip_existing: bool,
    cues: SubtitleOptions | None,
) -> int:
    """Turn recordings into text.

    FILE is anything with sound in it: wav, flac, ogg, opus, mp3, m4a, aiff, webm and more; a folder stands for those
    in it, and - is standard input. The text goes to standard output, or with --output to a file, or to a file for each
    recording in a folder.
    """
    stated = click.get_current_context().get_parameter_source("form") is ParameterSource.COMMANDLINE
    if as_json and stated:
        raise click.UsageError("--json and --format exclude each other.")
    # What a preset says goes behind what the name of the file asks for.
    wanted_form = form if stated and form else format_of(where) or form or "text"
    destination = choose(where, files, FULL if as_json else wanted_form, cues)
    wanted = [name for name in files if not (skip_existing and destination.has(name))]
    if len(wanted) < len(files):
        output.write_stderr(f"{count(len(files) - len(wanted), 'recording')} left out: the transcripts are there")
    batch = Batch(wanted)

    async def work(backend: Backend, paths: Sequence[tuple[str, Path]]) -> None:
        await require_model(backend, like.model)
        said: set[str] = set()
        meter = BatchMeter({path: path.stat().st_size for _, path in paths})
        for (name, path), prefix in zip(paths, prefixes([name for name, _ in paths]), strict=True):
            meter.begin(path)
            with batch.reporting(name), EventPrinter(name, destination, prefix, meter.left, said) as printer:
                await transcribe_one(backend, like, name, path, printer.show)
            meter.finish(path)

    with contextlib.ExitStack() as temporary:
        paths = batch.open(temporary, limit_mb=context.settings.max_upload_mb)
        if paths:
            context.run(lambda backend: work(backend, paths))
    return batch.exit_code
