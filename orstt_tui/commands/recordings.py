"""The recordings a person names: checked before any work starts, and streams brought into a file."""

from __future__ import annotations

import contextlib
import os
import stat
import sys
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

import click

from orstt_core.audio.streams import Source, Stream, copy_to_file, descriptor_of, is_stream
from orstt_core.errors import AudioEmpty, FileProblem, InvalidRequest
from orstt_tui.recording_files import expand_recordings

STDIN = "-"


def _named(_context: click.Context, _parameter: click.Parameter, given: Sequence[str]) -> list[str]:
    expanded = [name for one in given for name in ([one] if one == STDIN else expand_recordings(one))]
    names = [STDIN if name != STDIN and descriptor_of(Path(name)) == 0 else name for name in expanded]
    if names.count(STDIN) > 1:
        raise click.UsageError("Standard input can be read only once.")
    return names


def files_argument(command: Any) -> Any:
    """Give a command `files`, the recordings that it is about."""
    return click.argument("files", nargs=-1, required=True, metavar="FILE...", callback=_named)(command)


def label(name: str) -> str:
    """Return what to call the recording in messages: its name, where need be made text that can be sent."""
    return "standard input" if name == STDIN else os.fsencode(name).decode(errors="backslashreplace")


def stem(name: str) -> str:
    """Return what a file about the recording is called, without the suffix."""
    return "stdin" if name == STDIN else Path(name).stem


def check(name: str) -> None:
    """Make sure that a recording can be read, without reading it.

    Raises:
        FileProblem: it is missing, a folder, or may not be read.
        AudioEmpty: it is a file of zero bytes.
    """
    if name == STDIN:
        if sys.stdin is None or sys.stdin.isatty():
            raise InvalidRequest(
                "Standard input has no recording in it.", hint="Pipe one in: orstt transcribe - < FILE"
            )
        return
    path = Path(name)
    try:
        status = path.stat()
        if stat.S_ISREG(status.st_mode) and descriptor_of(path) is None:
            path.open("rb").close()  # a pipe would lose what comes through it
    except (OSError, ValueError) as error:
        raise FileProblem(_why_not(label(name), error)) from error
    if stat.S_ISDIR(status.st_mode):
        raise FileProblem(f"{label(name)} is a folder without a recording in it.")
    if stat.S_ISREG(status.st_mode) and status.st_size == 0:
        raise AudioEmpty(f"{label(name)} is empty: there are no bytes in it.")


def comes_through_a_pipe(name: str) -> bool:
    """Return whether the recording can be read only once, as from standard input."""
    return name == STDIN or is_stream(Path(name))


@contextlib.contextmanager
def readable(name: str, *, limit_mb: int) -> Iterator[Path]:
    """Yield a file with the recording; what comes through a pipe is in a temporary one until the context ends.

    Whoever moves the temporary file away keeps it.

    Raises:
        AudioEmpty, TooLarge, FileProblem, StorageFull: as `copy_to_file`.
    """
    if not comes_through_a_pipe(name):
        yield Path(name)
        return
    with _opened(name) as source:
        copy = copy_to_file(source, label(name), limit_mb=limit_mb)
    try:
        yield copy
    finally:
        copy.unlink(missing_ok=True)


def _opened(name: str) -> contextlib.AbstractContextManager[Source]:
    if name == STDIN:
        return contextlib.nullcontext(sys.stdin.buffer)
    try:
        return contextlib.closing(Stream(Path(name)))
    except OSError as error:
        raise FileProblem(_why_not(label(name), error)) from error


def _why_not(name: str, error: OSError | ValueError) -> str:
    if isinstance(error, FileNotFoundError | NotADirectoryError):
        return f"{name} does not exist."
    if isinstance(error, PermissionError):
        return f"{name} may not be read by you."
    return f"{name} cannot be read: {getattr(error, 'strerror', None) or error}."
