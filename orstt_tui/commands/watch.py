"""`orstt watch`: transcribes what appears in a folder, each recording once, until it is stopped."""

from __future__ import annotations

import os
from pathlib import Path
from typing import NoReturn

import click

from orstt_core.backend import Backend
from orstt_core.errors import OrsttError
from orstt_core.formats import FORMATS
from orstt_core.types import TranscribeRequest
from orstt_tui.commands import output
from orstt_tui.commands.batch import Batch, transcribe_one
from orstt_tui.commands.context import CommandContext
from orstt_tui.commands.destination import choose
from orstt_tui.commands.event_printer import EventPrinter
from orstt_tui.commands.named_model import require_model
from orstt_tui.commands.options import global_options
from orstt_tui.commands.request import request_options
from orstt_tui.folder_watch import UNCHANGED_SECONDS, FolderWatch, refuse_same_name, take_each


@click.command
@click.argument("folder", type=click.Path(exists=True, file_okay=False, path_type=Path))
@click.option("--format", "form", type=click.Choice(list(FORMATS)), default="text", help="How to write it.")
@click.option(
    "--output",
    "where",
    metavar="FOLDER",
    type=click.Path(file_okay=False, path_type=Path),
    help="Where transcripts go; default: beside the recordings.",
)
@click.option(
    "--unchanged",
    type=click.FloatRange(min=0),
    default=UNCHANGED_SECONDS,
    help=f"Seconds that a file must stay as it is to be complete; default: {UNCHANGED_SECONDS:g}.",
)
@request_options
@global_options
@click.pass_obj
def watch(
    context: CommandContext, *, folder: Path, like: TranscribeRequest, form: str, where: Path | None, unchanged: float
) -> None:
    """Transcribe recordings as they appear in a folder.

    Each is transcribed once, when it is complete, and its name printed; one whose transcript is there, and not older
    than it, is left alone. So it goes on where it was when it is started again. Ctrl-C ends it.
    """
    target = os.path.join(where or folder, "")  # noqa: PTH118 - the slash at the end says that it is a folder
    choose(target, [], form)  # what cannot be written to is said at once

    async def work(backend: Backend) -> NoReturn:
        await require_model(backend, like.model)
        batch, said = Batch([]), ""

        async def handle(path: Path) -> None:
            nonlocal said
            with batch.reporting(str(path)):
                await _transcribe(backend, like, path, target, form)
            said = ""

        def wait(error: OrsttError) -> None:
            nonlocal said
            if said != (said := str(error)):
                output.write_stderr(f"{said} It is tried again.")

        output.write_stderr(f"watching {folder}; Ctrl-C ends it")
        await take_each(FolderWatch(folder, unchanged), handle, wait)

    context.run(work)


async def _transcribe(backend: Backend, like: TranscribeRequest, path: Path, target: str, form: str) -> None:
    name = str(path)
    refuse_same_name(path)
    destination = choose(target, [name], form)
    if destination.has(name):
        return
    with EventPrinter(name, destination, f"{path.name}: ") as printer:
        await transcribe_one(backend, like, name, path, printer.show)
    output.write(f"{output.one_line(name)}\n")
