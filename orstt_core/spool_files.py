"""New files in the spool, locked by who is busy with them: recordings that arrive, and sound that is decoded."""

from __future__ import annotations

import errno
import fcntl
import os
import secrets
from pathlib import Path
from typing import BinaryIO

from orstt_core.errors import Busy, FileProblem, OrsttError, StorageFull


def new_file(folder: Path, prefix: str, suffix: str = "") -> BinaryIO:
    """Make an empty file with a name that nobody can guess, for this user only, and return it open and locked.

    Raises:
        FileProblem: the folder cannot be made or written.
        StorageFull: the disk is full.
        Busy: no file can be opened just now.
    """
    path = folder / f"{prefix}-{secrets.token_hex(8)}{suffix}"
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        file = open(path, "x+b", opener=_for_this_user)  # noqa: SIM115 - closed by the caller
    except OSError as error:
        raise cannot_write(error) from error
    fcntl.flock(file, fcntl.LOCK_SH)
    return file


def cannot_write(error: OSError) -> OrsttError:
    """Return what to raise when a file in the spool cannot be written; it names no folder of a server's to its clients."""
    if error.errno in (errno.ENOSPC, errno.EDQUOT, errno.EFBIG):
        return StorageFull(
            "There is no room on the disk for the recording.",
            hint="Make room where the setting data_dir points, or let it point to a larger disk.",
        )
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
    return error.errno in (errno.EAGAIN, errno.ENOMEM, errno.EMFILE, errno.ENFILE)


def _for_this_user(path: str, flags: int) -> int:
    return os.open(path, flags, mode=0o600)
