"""What can be transcribed in a folder: its subfolders and recordings, or those that a pattern stands for."""

from __future__ import annotations

import glob
import os
from collections.abc import Callable, Iterable, Iterator
from itertools import islice
from pathlib import Path

from msgspec import Struct

from orstt_core.disk import why_not
from orstt_core.errors import FileProblem
from orstt_core.recording_names import is_recording
from orstt_tui.recording_files import PATTERN, recordings_in

MOST = 2000
"""Rows of a listing at most."""
ALL_BELOW = "**"
"""What stands for a folder and all those below it, in a pattern."""


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


def list_folder(folder: Path, pattern: str = "", stopped: Callable[[], bool] = lambda: False) -> list[FolderEntry]:
    """Return the folders and recordings in a folder; those of a pattern, or with a part of a name, where one is given.

    Args:
        folder: the folder.
        pattern: such as `*.wav` or `**/*.flac`, or a part of names.
        stopped: asked again and again; once it says so, what was found until then is returned.

    Raises:
        FileProblem: the folder cannot be read.
    """
    try:
        if any(sign in pattern for sign in PATTERN):
            found = (path for path in _matching(folder, pattern, stopped) if is_recording(path.name) and path.is_file())
            return sorted(_files(dict.fromkeys(islice(found, MOST))), key=lambda entry: entry.path)
        part = pattern.casefold()
        with os.scandir(folder) as entries:
            names = sorted(entry.name for entry in entries if entry.is_dir() and not entry.name.startswith("."))
        folders = [folder / name for name in names if part in name.casefold()]
        files = _files(path for path in recordings_in(folder) if part in path.name.casefold())
    except OSError as error:
        raise FileProblem(f"The folder {folder} cannot be read: {why_not(error)}.") from error
    return [*(FolderEntry(path, None, 0 if stopped() else _count(path)) for path in folders[:MOST]), *files]


def _matching(folder: Path, pattern: str, stopped: Callable[[], bool]) -> Iterator[Path]:
    """Yield what a pattern stands for as it is found; a path may come twice where `**` stands in it twice.

    Folders are gone through one by one, so that it can be stopped amid millions in which nothing matches.
    """
    parts = pattern.split("/")
    at = parts.index(ALL_BELOW) if ALL_BELOW in parts else len(parts)
    before, behind = parts[:at], parts[at + 1 :]
    start = Path(glob.escape(str(folder)), *before)
    if before == parts:
        yield from map(Path, glob.iglob(str(start)))  # noqa: PTH207 - Path.glob knows no absolute ones
        return
    for top in glob.iglob(str(start)):  # noqa: PTH207 - as above
        for place, below, _ in os.walk(top):
            if stopped():
                return
            below[:] = sorted(name for name in below if not name.startswith("."))
            yield from _matching(Path(place), "/".join(behind) or "*", stopped)


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
