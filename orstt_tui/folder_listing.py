"""What can be transcribed in a folder: its subfolders and recordings, or those that a pattern stands for."""

from __future__ import annotations

import glob
import os
from collections.abc import Iterable
from itertools import islice
from pathlib import Path

from msgspec import Struct

from orstt_core.disk import why_not
from orstt_core.errors import FileProblem
from orstt_core.recording_names import is_recording
from orstt_tui.recording_files import PATTERN, expand_recordings, recordings_in

MOST = 2000
"""Rows of a listing at most."""


class FolderEntry(Struct, frozen=True):
    """A folder or a recording in the folder that is looked at.

    Attributes:
        path: where it is.
        size: in bytes; None for a folder.
        recordings: how many a folder has in it, those of its own folders left out.
    """

    path: Path
    size: int | None
    recordings: int = 0


def list_folder(folder: Path, pattern: str = "") -> list[FolderEntry]:
    """Return the folders and recordings in a folder; those of a pattern, or with a part of a name, where one is given.

    Args:
        folder: the folder.
        pattern: such as `*.wav` or `**/*.flac`, or a part of names.

    Raises:
        FileProblem: the folder cannot be read.
    """
    try:
        if any(sign in pattern for sign in PATTERN):
            found = [
                Path(name)
                for name in expand_recordings(str(Path(glob.escape(str(folder)), pattern)))
                if is_recording(Path(name).name)
            ]
            return _files(path for path in found if path.is_file())
        part = pattern.casefold()
        with os.scandir(folder) as entries:
            names = sorted(entry.name for entry in entries if entry.is_dir() and not entry.name.startswith("."))
        folders = [folder / name for name in names if part in name.casefold()]
        files = _files(path for path in recordings_in(folder) if part in path.name.casefold())
    except OSError as error:
        raise FileProblem(f"The folder {folder} cannot be read: {why_not(error)}.") from error
    return [*(FolderEntry(path, None, _count(path)) for path in folders[:MOST]), *files]


def _files(paths: Iterable[Path]) -> list[FolderEntry]:
    found = []
    for path in islice(paths, MOST):
        try:
            found.append(FolderEntry(path, path.stat().st_size))
        except OSError:  # it is gone again
            continue
    return found


def _count(folder: Path) -> int:
    try:
        return len(recordings_in(folder))
    except OSError:
        return 0
