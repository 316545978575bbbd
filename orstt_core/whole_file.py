"""A text file that is at every moment the old one or the new one, whatever happens while it is written."""

from __future__ import annotations

import os
import secrets
import shutil
from pathlib import Path

from orstt_core.disk import is_full, why_not
from orstt_core.errors import FileProblem, StorageFull

OTHERS_READ = 0o666
"""Mode of a new file, less what the process's mask takes away."""
OWNER_ONLY = 0o600
"""Mode of a file that holds a secret."""


def write_whole(target: Path, text: str, mode: int = OTHERS_READ) -> None:
    """Write the text as UTF-8 so that the file is at every moment the old one or the new one.

    Args:
        target: the file.
        text: what is to be in it.
        mode: that of a new file; one that is replaced keeps its own, but for `OWNER_ONLY`, which every file gets.

    Raises:
        StorageFull, FileProblem: it cannot be written; the old file, if there was one, is untouched.
    """
    # A link stays a link, and what is not a file (a pipe, /dev/null) cannot be replaced: it is written to.
    target = target.resolve()
    part = target.with_name(f".orstt-{secrets.token_hex(8)}.part")  # short, whatever the target is called
    try:
        target.parent.mkdir(exist_ok=True)
        if target.exists() and not target.is_file():
            target.write_text(text, encoding="utf-8")
            return
        try:
            descriptor = os.open(part, os.O_WRONLY | os.O_CREAT | os.O_EXCL, mode)
            with os.fdopen(descriptor, "w", encoding="utf-8") as file:
                file.write(text)
                file.flush()
                os.fsync(file.fileno())
            if target.exists() and mode != OWNER_ONLY:
                shutil.copymode(target, part)
            part.replace(target)
        finally:
            part.unlink(missing_ok=True)
    except OSError as error:
        if is_full(error):
            raise StorageFull(
                f"{target} cannot be written: {why_not(error)}.", hint="Make room there, or name another folder."
            ) from error
        raise FileProblem(f"{target} cannot be written: {why_not(error)}.") from error
