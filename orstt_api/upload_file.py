"""The file of an upload: made in the spool, removed where no job has it, and what its client calls it."""

from __future__ import annotations

import logging
from pathlib import Path, PurePosixPath
from typing import BinaryIO

from orstt_core.errors import FileProblem, OrsttError
from orstt_core.recordings.files import new_file
from orstt_core.text import printable

logger = logging.getLogger(__name__)

MAX_LABEL = 200
MAX_SUFFIX = 10


def new_upload(spool: Path, suffix: str) -> BinaryIO:
    """Make the file of an upload, open and locked.

    Raises:
        OrsttError: it cannot be made; see `for_client`.
        StorageFull: the disk is full.
        Busy: no file can be opened just now.
    """
    try:
        return new_file(spool, "upload", suffix)
    except OrsttError as error:
        raise for_client(error, error.__cause__) from error


def discard(file: BinaryIO) -> None:
    """Close the file and remove it."""
    file.close()
    Path(file.name).unlink(missing_ok=True)


def for_client(failure: OrsttError, cause: BaseException | None) -> OrsttError:
    """Return what a client is told: a folder that cannot be written is the server's fault, and its log says why."""
    if not isinstance(failure, FileProblem):
        return failure
    logger.error("An upload cannot be stored: %s.", cause)
    return OrsttError("The server cannot store recordings.", hint="Its log says why.")


def label_of(filename: str) -> str:
    """Return the last part of a client's file name, without what a terminal would take for a command.

    Of a very long one the end: its suffix says what a recording without a header holds.
    """
    name = PurePosixPath(filename.replace("\\", "/")).name
    return printable(name)[-MAX_LABEL:]


def suffix_of(label: str) -> str:
    """Return the suffix of a label where it is plain; otherwise nothing."""
    suffix = PurePosixPath(label).suffix
    plain = suffix[1:].isascii() and suffix[1:].isalnum() and len(suffix) <= MAX_SUFFIX
    return suffix if plain else ""
