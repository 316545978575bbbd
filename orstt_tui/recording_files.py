"""Which files are recordings, by their names; any other file can still be named by itself."""

from __future__ import annotations

import os
from pathlib import Path

AUDIO_SUFFIXES = frozenset(
    {".wav", ".flac", ".ogg", ".oga", ".opus", ".mp3", ".m4a", ".aac", ".mp4", ".mka", ".webm"}
    | {".aif", ".aiff", ".aifc", ".au", ".caf", ".wma", ".amr", ".3gp", ".mkv", ".mov"}
)


def recordings_in(folder: Path) -> list[Path]:
    """Return the recordings in a folder by name, but hidden ones: others still write those.

    Raises:
        OSError: the folder cannot be read.
    """
    with os.scandir(folder) as entries:
        names = [entry.name for entry in entries if _is_recording(entry.name) and entry.is_file()]
    return [folder / name for name in sorted(names)]


def of_the_same_name(recording: Path) -> Path | None:
    """Return another recording beside this one whose name differs in its ending alone; None: there is none.

    Raises:
        OSError: the folder cannot be read.
    """
    beside = (path for path in recordings_in(recording.parent) if path.stem == recording.stem)
    return next((path for path in beside if path.name != recording.name), None)


def _is_recording(name: str) -> bool:
    return not name.startswith(".") and Path(name).suffix.lower() in AUDIO_SUFFIXES
