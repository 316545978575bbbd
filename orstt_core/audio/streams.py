"""Recordings that are no files: named pipes, devices, and what this process has open (`/dev/stdin`, `/dev/fd/3`).

They can be read only once, or only by this process, so whoever transcribes them gets a copy.
"""

from __future__ import annotations

import contextlib
import os
import re
import select
import tempfile
import threading
from pathlib import Path
from typing import Protocol

from orstt_core.disk import is_full, why_not
from orstt_core.errors import AudioEmpty, FileProblem, StorageFull, TooLarge
from orstt_core.units import MIB

_DESCRIPTOR = re.compile(r"/(?:dev|proc/(?:self|thread-self))/fd/(\d+)")
_STANDARD = {"/dev/stdin": 0}
WAIT_SECONDS = 0.2
"""How often a reader that waits for somebody to write looks whether it is still wanted."""


class Source(Protocol):
    """What a recording is read from."""

    def read(self, size: int, /) -> bytes:
        """Return at most so many bytes; none at the end."""
        ...


class Stream:
    """A recording that is no file, open; opening it does not wait for somebody who writes, reading does.

    Args:
        path: see `is_stream`.

    Attributes:
        stopped: set from another thread, it ends a read that waits.

    Raises:
        OSError: it cannot be opened.
    """

    def __init__(self, path: Path) -> None:
        number = descriptor_of(path)
        # What is open already may be a file that was removed, or that this user may not open again.
        opened = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK) if number is None else os.dup(number)
        self._file = os.fdopen(opened, "rb", buffering=0)
        self._poll = select.poll()
        self._poll.register(self._file, select.POLLIN)
        self.stopped = threading.Event()

    def read(self, size: int, /) -> bytes:
        """Return at most so many bytes as soon as there are any; none at the end, or once it was stopped."""
        while not self.stopped.is_set():
            if self._poll.poll(WAIT_SECONDS * 1000):
                piece = self._file.read(size)
                if piece is not None:
                    return piece
        return b""

    def close(self) -> None:
        """Close it; what was open already stays so."""
        self._file.close()


def descriptor_of(path: Path) -> int | None:
    """Return which of this process's open files a path stands for; None: none."""
    name = os.path.normpath(path)
    found = _DESCRIPTOR.fullmatch(name)
    return int(found[1]) if found else _STANDARD.get(name)


def is_stream(path: Path) -> bool:
    """Return whether a recording can be read only once, or only by this process."""
    if descriptor_of(path) is not None:
        return True
    try:
        return path.exists() and not path.is_file() and not path.is_dir()
    except (OSError, ValueError):
        return False


def copy_to_file(source: Source, name: str, *, limit_mb: int) -> Path:
    """Read a recording to its end and return a temporary file with it, which is the caller's to remove.

    Args:
        source: where it comes from.
        name: what messages call it.
        limit_mb: the most that is read, in MiB.

    Raises:
        AudioEmpty: nothing came.
        TooLarge: more came.
        FileProblem: it cannot be read, or the file not be written.
        StorageFull: the disk is full.
    """
    copy: Path | None = None
    try:
        descriptor, path = tempfile.mkstemp(prefix="orstt-")
        copy = Path(path)
        with open(descriptor, "wb") as file:  # noqa: PTH123 - a descriptor is no path
            while file.tell() <= limit_mb * MIB and (piece := source.read(MIB)):
                file.write(piece)
            size = file.tell()
        _check_size(size, name, limit_mb)
    except BaseException as error:
        if copy is not None:
            copy.unlink(missing_ok=True)
        if not isinstance(error, OSError) or isinstance(error, FileProblem):
            raise
        if is_full(error):
            raise StorageFull(
                f"{name} cannot be brought into a temporary file: {why_not(error)}.",
                hint="Make room where temporary files are, or let TMPDIR name another folder.",
            ) from error
        raise FileProblem(f"{name} cannot be brought into a temporary file: {why_not(error)}.") from error
    return copy


async def temporary_copy(path: Path, *, limit_mb: int) -> Path:
    """Do the same with a stream, without blocking the event loop; cancelled, it waits for no writer.

    Raises:
        AudioEmpty, TooLarge, FileProblem, StorageFull: as `copy_to_file`.
    """
    import asyncio  # the help of a command, which looks at this module, does without

    try:
        stream = Stream(path)
    except OSError as error:
        raise FileProblem(f"{path} cannot be read: {error.strerror}.") from error

    def copied() -> Path:
        with contextlib.closing(stream):
            return copy_to_file(stream, path.name, limit_mb=limit_mb)

    copying = asyncio.get_running_loop().run_in_executor(None, copied)
    try:
        return await asyncio.shield(copying)
    except asyncio.CancelledError:
        stream.stopped.set()
        for made in await asyncio.gather(copying, return_exceptions=True):
            if isinstance(made, Path):
                await asyncio.to_thread(made.unlink)
        raise


def _check_size(size: int, name: str, limit_mb: int) -> None:
    if size > limit_mb * MIB:
        raise TooLarge(
            f"{name} has more than {limit_mb} MiB.",
            hint="Raise the setting max_upload_mb, or save it to a file first.",
        )
    if size == 0:
        raise AudioEmpty(f"{name} is empty: nothing came through it.")
