"""A file that is at every moment the old one or the new one, whatever happens while it is written."""

from __future__ import annotations

import os
import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import BinaryIO

from orstt_core.disk import is_full, why_not
from orstt_core.errors import FileProblem, OrsttError, StorageFull

OTHERS_READ = 0o666
"""Mode of a new file, less what the process's mask takes away."""
OWNER_ONLY = 0o600
"""Mode of a file that holds a secret."""


@contextmanager
def written_whole(target: Path, mode: int = OTHERS_READ) -> Iterator[BinaryIO]:
    """Yield a file to write to, which takes the target's place once the block has ended well.

    Args:
        target: the file. A link stays a link, and what is no file, such as a pipe or /dev/null, is written to.
        mode: that of a new file; one that is replaced keeps its own, but for `OWNER_ONLY`, which every file gets.

    Raises:
        StorageFull, FileProblem: it cannot be written; the old file, if there was one, is untouched.
    """
    target = target.resolve()
    replaced = target.is_file() or not target.exists()
    import secrets  # with all that it imports longer than the rest of this module, which is imported to read files too

    # Short, whatever the target is called.
    part = target.with_name(f".orstt-{secrets.token_hex(8)}.part") if replaced else target
    try:
        descriptor = os.open(part, os.O_WRONLY | (os.O_CREAT | os.O_EXCL if replaced else 0), mode)
        with os.fdopen(descriptor, "wb") as file:
            yield file
            if replaced:
                file.flush()
                os.fsync(file.fileno())
        if replaced:
            if target.exists() and mode != OWNER_ONLY:
                shutil.copymode(target, part)
            part.replace(target)
    except OSError as error:
        if isinstance(error, OrsttError):  # what was to be written could not be had
            raise
        kind, hint = (StorageFull, "Make room there, or name another folder.") if is_full(error) else (FileProblem, "")
        raise kind(f"{target} cannot be written: {why_not(error)}.", hint=hint) from error
    finally:
        if replaced:
            part.unlink(missing_ok=True)


def write_whole(target: Path, text: str, mode: int = OTHERS_READ) -> None:
    """Write a text as UTF-8, and the folder that it stands in where that is not there; otherwise as `written_whole`."""
    try:
        target.resolve().parent.mkdir(exist_ok=True)
    except OSError as error:
        raise FileProblem(f"{target} cannot be written: {why_not(error)}.") from error
    with written_whole(target, mode) as file:
        file.write(text.encode())
