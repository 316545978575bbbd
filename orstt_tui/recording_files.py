"""The recordings in a folder, and those that a pattern stands for."""

from __future__ import annotations

import glob
import os
from pathlib import Path

from orstt_core.errors import AudioError, EngineFailed, FileProblem, JobCancelled, TooLarge
from orstt_core.recording_names import is_recording

RECORDING_ERRORS = (AudioError, EngineFailed, FileProblem, JobCancelled, TooLarge)
"""Errors that the next recording need not meet; any other would come again with each, so it ends work on many."""
PATTERN = "*?["
"""Characters that stand for others in a pattern."""


def expand_recordings(name: str) -> list[str]:
    """Return the recordings in a folder, or those that a pattern stands for; anything else is one itself."""
    path = Path(name)
    try:
        if path.is_dir():
            return [*map(str, recordings_in(path))] or [name]
        if any(sign in name for sign in PATTERN) and not path.exists():
            return sorted(glob.glob(name, recursive=True)) or [name]  # noqa: PTH207 - Path.glob knows no absolute ones
    except OSError:  # it is said of the name itself
        pass
    return [name]


def recordings_in(folder: Path) -> list[Path]:
    """Return the recordings in a folder by name, but hidden ones: others still write those.

    Raises:
        OSError: the folder cannot be read.
    """
    with os.scandir(folder) as entries:
        names = [entry.name for entry in entries if is_recording(entry.name) and entry.is_file()]
    return [folder / name for name in sorted(names)]


def of_the_same_name(recording: Path) -> Path | None:
    """Return another recording beside this one whose name differs in its ending alone; None: there is none.

    Raises:
        OSError: the folder cannot be read.
    """
    beside = (path for path in recordings_in(recording.parent) if path.stem == recording.stem)
    return next((path for path in beside if path.name != recording.name), None)
