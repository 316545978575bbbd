"""Files in the spool folder, locked by who is busy with them: recordings that arrive, and sound that is decoded.

Invariant: a file in the folder is either named by a row of the database, or locked by the process that is busy with
it, or left over from one that died; the last kind is what `remove_left_over` removes.
"""

from __future__ import annotations

import errno
import fcntl
import os
import secrets
import time
from collections.abc import Collection
from pathlib import Path
from typing import BinaryIO

from orstt_core.disk import is_full
from orstt_core.errors import Busy, FileProblem, OrsttError, StorageFull

LEFT_OVER_SECONDS = 600.0
"""A recording that nobody names, locks or wrote to for so long was left by a process that died: between being
stored and being named by a row it is not locked."""
DECODED = "decoded"
DECODED_SECONDS = 10.0
"""The same for decoded sound, which is locked from its beginning to its end."""
UVLOOP_NO_FILES = -1
"""What uvloop (0.23) gives as the error's number where a child process is to be started and no file can be opened."""


def new_file(folder: Path, prefix: str, suffix: str = "") -> BinaryIO:
    """Make an empty file with a name that nobody can guess, for this user only, and return it open and locked.

    Raises:
        FileProblem: the folder cannot be made or written.
        StorageFull: the disk is full.
        Busy: no file can be opened just now.
    """
    path = folder / f"{prefix}-{secrets.token_hex(8)}{suffix}"
    try:
        make_folder(folder)
        file = open(path, "x+b", opener=_for_this_user)  # noqa: SIM115 - closed by the caller
    except OSError as error:
        raise cannot_write(error) from error
    fcntl.flock(file, fcntl.LOCK_SH)
    return file


def make_folder(folder: Path) -> None:
    """Make the folder for this user only, unless it is there; raises OSError."""
    folder.mkdir(mode=0o700, parents=True, exist_ok=True)


def is_gone(path: Path) -> bool:
    """Tell whether nothing is there any more; no, where that cannot be seen: others may be allowed to look."""
    try:
        path.stat()
    except FileNotFoundError:
        return True
    except OSError:
        return False
    return False


def files_in(folder: Path) -> list[Path]:
    """Return all files in the folder."""
    try:
        return [Path(entry.path) for entry in os.scandir(folder) if entry.is_file(follow_symlinks=False)]
    except FileNotFoundError:
        return []


def remove_left_over(found: Collection[Path], needed: Collection[Path]) -> list[Path]:
    """Remove what processes that died left behind, and return it.

    Args:
        found: the files that were in the folder before `needed` was read.
        needed: those that rows name.
    """
    return [path for path in set(found) - set(needed) if _is_left_over_and_removed(path)]


def storage_full() -> StorageFull:
    """Return what to raise where the disk has no room for a recording."""
    return StorageFull(
        "There is no room on the disk for the recording.",
        hint="Make room where the setting data_dir points, or let it point to a larger disk.",
    )


def cannot_write(error: OSError) -> OrsttError:
    """Return what to raise when a file in the spool cannot be written; it names no folder of a server's to clients."""
    if is_full(error):
        return storage_full()
    if is_exhausted(error):
        return Busy(
            f"The recording cannot be stored just now: {error.strerror}.",
            hint="Try again in a while; end other programs, or raise the limit on open files (`ulimit -n`).",
        )
    return FileProblem(
        f"The recording cannot be stored: {error.strerror}.",
        hint="Check who may write where the setting data_dir points, or choose another folder.",
    )


def is_exhausted(error: OSError) -> bool:
    """Tell whether the machine, or this process, has no process, memory or open file left: time may help."""
    return error.errno in (errno.EAGAIN, errno.ENOMEM, errno.EMFILE, errno.ENFILE, UVLOOP_NO_FILES)


def _for_this_user(path: str, flags: int) -> int:
    return os.open(path, flags, mode=0o600)


def _is_left_over_and_removed(path: Path) -> bool:
    """Remove a file if nobody is busy with it, and return whether that was so."""
    try:
        age = DECODED_SECONDS if path.name.startswith(DECODED) else LEFT_OVER_SECONDS
        if time.time() - path.stat().st_mtime < age:
            return False
        with path.open("rb") as file:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            path.unlink()
    except FileNotFoundError:
        return False
    except OSError:  # locked, or not ours to remove
        return False
    return True
