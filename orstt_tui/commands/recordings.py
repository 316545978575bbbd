"""The recordings a person names: checked before any work starts, and streams brought into a file."""

from __future__ import annotations

import contextlib
import os
import stat
import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import IO

from orstt_core.errors import AudioEmpty, FileProblem, InvalidRequest, TooLarge
from orstt_core.units import MIB

STDIN = "-"


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
        if stat.S_ISREG(status.st_mode):
            path.open("rb").close()  # a pipe would lose what comes through it
    except (OSError, ValueError) as error:
        raise FileProblem(_why_not(label(name), error)) from error
    if stat.S_ISDIR(status.st_mode):
        raise FileProblem(f"{label(name)} is a folder, not a recording.", hint="Name the files in it.")
    if stat.S_ISREG(status.st_mode) and status.st_size == 0:
        raise AudioEmpty(f"{label(name)} is empty: there are no bytes in it.")


def comes_through_a_pipe(name: str) -> bool:
    """Return whether the recording can be read only once, as from standard input."""
    return name == STDIN or not Path(name).is_file()


@contextlib.contextmanager
def readable(name: str, *, limit_mb: int) -> Iterator[Path]:
    """Yield a file with the recording; what comes through a pipe is in a temporary one until the context ends.

    Whoever moves the temporary file away keeps it.

    Raises:
        AudioEmpty: nothing came through the pipe.
        TooLarge: more than `limit_mb` MiB came through the pipe.
        FileProblem: the pipe cannot be read, or the temporary file not be written.
    """
    if not comes_through_a_pipe(name):
        yield Path(name)
        return
    try:
        descriptor, path = tempfile.mkstemp(prefix="orstt-")
    except OSError as error:
        raise FileProblem(f"There is no place for a temporary file: {error.strerror}.") from error
    copy = Path(path)
    try:
        with open(descriptor, "wb") as file:  # noqa: PTH123 - a descriptor is no path
            size = _bring(name, file, limit_mb)
        if size > limit_mb * MIB:
            raise TooLarge(
                f"{label(name)} has more than {limit_mb} MiB.",
                hint="Raise the setting max_upload_mb, or save it to a file first.",
            )
        if size == 0:
            raise AudioEmpty(f"{label(name)} is empty: nothing came through it.")
        yield copy
    finally:
        copy.unlink(missing_ok=True)


def _bring(name: str, file: IO[bytes], limit_mb: int) -> int:
    try:
        with contextlib.nullcontext(sys.stdin.buffer) if name == STDIN else Path(name).open("rb") as stream:
            return _copy(stream, file, limit_mb)
    except OSError as error:
        raise FileProblem(f"{label(name)} cannot be brought into a temporary file: {error.strerror}.") from error


def _copy(source: IO[bytes], target: IO[bytes], limit_mb: int) -> int:
    size = 0
    while size <= limit_mb * MIB and (chunk := source.read(MIB)):
        size += target.write(chunk)
    target.flush()
    return size


def _why_not(name: str, error: OSError | ValueError) -> str:
    if isinstance(error, FileNotFoundError | NotADirectoryError):
        return f"{name} does not exist."
    if isinstance(error, PermissionError):
        return f"{name} may not be read by you."
    return f"{name} cannot be read: {getattr(error, 'strerror', None) or error}."
