"""`orstt jobs edit`, `correct`, `undo` and `redo`: people correct what was recognised; the original stays."""

from __future__ import annotations

import os
import shlex
import tempfile
from collections.abc import Awaitable, Callable, Sequence
from pathlib import Path

import click

from orstt_core.backend import Backend
from orstt_core.errors import InvalidRequest, OrsttError
from orstt_core.types import Correction, JobTranscript, SetText
from orstt_tui.commands import output
from orstt_tui.commands.context import CommandContext
from orstt_tui.commands.jobs.job_ids import SHORT_ID, ref_argument
from orstt_tui.commands.options import global_options, json_option
from orstt_tui.commands.recordings import label
from orstt_tui.file_parts import read_text
from orstt_tui.formatting import count, numbered_line
from orstt_tui.transcript_form import correction_of, form_of, read_form


@click.command
@ref_argument
@click.option("--form", "form", metavar="FILE", help="Take the edited text from this file, and open no editor.")
@json_option
@global_options
@click.pass_obj
def edit(context: CommandContext, *, ref: str, form: str | None, as_json: bool) -> None:
    """Correct a job's transcript in your editor.

    Opens VISUAL or EDITOR on a text with a line for each segment, and stores what you changed as one correction. What
    cannot be stored is kept in a file; mend it there and give it with --form.
    """
    if form is not None:
        _store(context, read_text(Path(form)), as_json=as_json)
        return
    newest, name = context.run(lambda backend: _newest(backend, ref))
    path = _write(form_of(newest, name))
    try:
        click.edit(filename=str(path))
        _store(context, read_text(path), as_json=as_json)
    except (OrsttError, click.ClickException):
        if read_text(path) == form_of(newest, name):
            path.unlink()
        else:
            again = f"orstt jobs edit {newest.job[:SHORT_ID]} --form {shlex.quote(str(path))}"
            output.write_stderr(f"your text is kept: mend it in {path}, then type: {again}")
        raise
    path.unlink()


@click.command
@ref_argument
@click.argument("number", metavar="SEGMENT", type=click.IntRange(1))
@click.argument("words", metavar="[TEXT]", nargs=-1)
@json_option
@global_options
@click.pass_obj
def correct(context: CommandContext, *, ref: str, number: int, words: Sequence[str], as_json: bool) -> None:
    """Let one segment of a job's transcript say something else.

    SEGMENT is its number in `orstt jobs read`. Without TEXT the old one is shown, and the new one asked for.
    """
    newest, _ = context.run(lambda backend: _newest(backend, ref))
    segments = newest.transcript.segments
    if number > len(segments):
        raise InvalidRequest(
            f"There is no segment {number}: the transcript has {count(len(segments), 'segment')}.",
            hint=f"orstt jobs read {newest.job[:SHORT_ID]}",
        )
    old = " ".join(segments[number - 1].text.split())
    text = " ".join(words)
    if not text:
        output.write(f"{output.one_line(numbered_line(segments[number - 1], number))}\n")
        text = click.prompt("New text; Enter alone leaves it", default=old, show_default=False)
    if text == old:
        output.write_stderr("nothing was changed")
        return
    correction = Correction(version=newest.version, edits=[SetText(segment=number - 1, text=text)])
    stored = context.run(lambda backend: backend.correct_transcript(newest.job, correction))
    _report(stored, "Corrected", as_json=as_json)


@click.command
@ref_argument
@json_option
@global_options
@click.pass_obj
def undo(context: CommandContext, *, ref: str, as_json: bool) -> None:
    """Take the latest correction of a job's transcript back."""
    _report(context.run(lambda backend: _change(backend, ref, backend.undo_correction)), "Undone", as_json=as_json)


@click.command
@ref_argument
@json_option
@global_options
@click.pass_obj
def redo(context: CommandContext, *, ref: str, as_json: bool) -> None:
    """Make the correction again that was undone last."""
    _report(context.run(lambda backend: _change(backend, ref, backend.redo_correction)), "Redone", as_json=as_json)


async def _newest(backend: Backend, ref: str) -> tuple[JobTranscript, str]:
    return await backend.job_transcript(ref), label((await backend.job(ref)).filename)


async def _change(backend: Backend, ref: str, change: Callable[[str, int], Awaitable[JobTranscript]]) -> JobTranscript:
    newest = await backend.job_transcript(ref)
    return await change(newest.job, newest.version)


def _store(context: CommandContext, text: str, *, as_json: bool) -> None:
    """Store what was changed in a form, if anything was."""
    form = read_form(text)

    async def store(backend: Backend) -> JobTranscript | None:
        correction = correction_of(form, await backend.job_transcript(form.job, form.version))
        return await backend.correct_transcript(form.job, correction) if correction else None

    stored = context.run(store)
    if stored is None:
        output.write_stderr("nothing was changed")
    else:
        _report(stored, "Corrected", as_json=as_json)


def _write(text: str) -> Path:
    """Write a form into a file that only this person can read."""
    handle, name = tempfile.mkstemp(prefix="orstt-", suffix=".txt")
    with os.fdopen(handle, "w", encoding="utf-8") as file:
        file.write(text)
    return Path(name)


def _report(stored: JobTranscript, done: str, *, as_json: bool) -> None:
    if as_json:
        output.write_json(stored)
        return
    differ = count(len(stored.corrected), "segment")
    output.write(f"{done}: version {stored.version} of {stored.job[:SHORT_ID]}, {differ} other than the original.\n")
