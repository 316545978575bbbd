"""`orstt transcribe`: recordings in, text out; one that fails does not stop the others."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import get_args

import click
import msgspec

from orstt_core.backend import Backend
from orstt_core.errors import AudioError, EngineFailed, FileProblem, TooLarge
from orstt_core.formats import FORMATS
from orstt_core.languages import normalize_language
from orstt_core.types import (
    Accepted,
    Done,
    Loading,
    NewSegment,
    Progress,
    Started,
    Task,
    TranscribeOptions,
    TranscribeRequest,
)
from orstt_tui.commands import output
from orstt_tui.commands.destination import FULL, Destination, choose, format_of
from orstt_tui.commands.options import global_options
from orstt_tui.commands.progress import StatusLine
from orstt_tui.commands.recordings import STDIN, check, label, readable
from orstt_tui.commands.session import Session

DEFAULT = TranscribeOptions()
OF_ONE_RECORDING = (AudioError, EngineFailed, FileProblem, TooLarge)
"""Errors that the next recording need not meet; any other would come again with each, so it ends the command."""


@click.command
@click.argument("files", nargs=-1, required=True, metavar="FILE...")
@click.option("--model", metavar="NAME", help="Name or id of the model to use; default: the active one.")
@click.option("--language", metavar="CODE", help="What is spoken, e.g. en; default: detected.")
@click.option("--task", type=click.Choice(get_args(Task)), default=DEFAULT.task, help="translate gives English text.")
@click.option(
    "--format", "form", type=click.Choice(list(FORMATS)), help="How to write it; default: what PATH ends in, or text."
)
@click.option("--json", "as_json", is_flag=True, help="Print all that is known as JSON, one recording on a line.")
@click.option("--output", "where", metavar="PATH", help="Write to this file, or into this folder.")
@click.option("--word-timestamps", is_flag=True, help="Measure when each word is spoken.")
@click.option("--prompt", metavar="TEXT", help="Names and spellings to prefer, as a text that came before.")
@click.option("--hotwords", metavar="WORDS", help="Words to expect, separated by spaces.")
@click.option(
    "--beam-size",
    type=click.IntRange(1, 20),
    default=DEFAULT.beam_size,
    show_default=True,
    help="Readings kept in view; 1 is faster and a little worse.",
)
@click.option(
    "--temperature",
    type=click.FloatRange(0, 1),
    multiple=True,
    help="Sampling temperature; give several to try them in order while a passage decodes badly.",
)
@click.option("--vad/--no-vad", default=DEFAULT.vad_filter, help="Leave out what is not speech.  [default: vad]")
@global_options
@click.pass_obj
def transcribe(  # noqa: PLR0913 - one parameter for each option that the command offers
    session: Session,
    *,
    files: Sequence[str],
    model: str | None,
    language: str | None,
    task: Task,
    form: str | None,
    as_json: bool,
    where: str | None,
    word_timestamps: bool,
    prompt: str | None,
    hotwords: str | None,
    beam_size: int,
    temperature: tuple[float, ...],
    vad: bool,
) -> int:
    """Turn recordings into text.

    FILE is anything with sound in it: wav, flac, ogg, opus, mp3, m4a, aiff, webm and more; - is standard input.
    The text goes to standard output, or with --output to a file, or to a file for each recording in a folder.
    """
    if as_json and form:
        raise click.UsageError("--json and --format exclude each other.")
    if files.count(STDIN) > 1:
        raise click.UsageError("Standard input can be read only once.")
    options = TranscribeOptions(
        language=normalize_language(language) if language else None,
        task=task,
        word_timestamps=word_timestamps,
        initial_prompt=prompt,
        hotwords=hotwords,
        beam_size=beam_size,
        temperature=temperature or DEFAULT.temperature,
        vad_filter=vad,
    )
    batch = _Batch(
        files,
        choose(where, files, FULL if as_json else form or format_of(where) or "text"),
        TranscribeRequest(audio=Path(), model=model, options=options),
    )
    with contextlib.ExitStack() as temporary:
        paths = batch.open(temporary, limit_mb=session.settings.max_upload_mb)
        if paths:
            session.run(lambda backend: batch.transcribe(backend, paths))
    return batch.exit_code


class _Batch:
    """Recordings that are transcribed one after the other with the same options.

    Attributes:
        exit_code: that of the first recording that failed.
    """

    def __init__(self, names: Sequence[str], destination: Destination, like: TranscribeRequest) -> None:
        self._names = names
        self._destination = destination
        self._like = like
        self.exit_code = 0

    def open(self, temporary: contextlib.ExitStack, *, limit_mb: int) -> list[tuple[str, Path]]:
        """Check all recordings, then bring streams into files; return where each that is sound can be read."""
        sound = []
        for name in self._names:
            with self._reporting(name):
                check(name)
                sound.append(name)
        paths = []
        for name in sound:
            with self._reporting(name):
                paths.append((name, temporary.enter_context(readable(name, limit_mb=limit_mb))))
        return paths

    async def transcribe(self, backend: Backend, paths: Sequence[tuple[str, Path]]) -> None:
        """Transcribe what can be read and deliver each transcript."""
        if self._like.model is not None:
            await backend.model(self._like.model)  # an unknown one is named before anything is read or sent
        for number, (name, path) in enumerate(paths, start=1):
            place = f"[{number}/{len(paths)}] {label(name)}: " if len(paths) > 1 else ""
            request = msgspec.structs.replace(self._like, audio=path, filename=label(name))
            with self._reporting(name):
                await self._one(backend, name, request, place)

    async def _one(self, backend: Backend, name: str, request: TranscribeRequest, place: str) -> None:
        with StatusLine() as status:
            self._destination.begin(name)
            async with contextlib.aclosing(backend.transcribe(request)) as events:
                async for event in events:
                    if isinstance(event, NewSegment):
                        status.clear()
                        self._destination.segment(event.segment)
                    elif isinstance(event, Done):
                        status.clear()
                        self._destination.deliver(name, event.transcript)
                        for warning in event.transcript.warnings:
                            output.say(f"warning: {warning}")
                    else:
                        status.show(f"{place}{_stage(event)}")

    @contextlib.contextmanager
    def _reporting(self, name: str) -> Iterator[None]:
        try:
            yield
        except OF_ONE_RECORDING as error:
            about = "" if len(self._names) == 1 or label(name) in str(error) else f"{label(name)}: "
            output.say(f"{about}{error}")
            self.exit_code = self.exit_code or error.exit_code


def _stage(event: Accepted | Loading | Started | Progress) -> str:
    if isinstance(event, Accepted):
        return f"waiting, {event.ahead} before it" if event.ahead else "waiting"
    if isinstance(event, Loading):
        amount = f" {event.done / 1e6:.0f}/{event.total / 1e6:.0f} MB" if event.done and event.total else ""
        return f"{event.detail}{amount}"
    position = event.position if isinstance(event, Progress) else 0.0
    share = position / event.duration if event.duration else 1.0
    return f"{share:.0%} {position:.1f}/{event.duration:.1f} s"
