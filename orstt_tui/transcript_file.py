"""A transcript in a file: what it is called by its format."""

from __future__ import annotations

import hashlib
import os
from collections.abc import Mapping, Sequence
from pathlib import Path

from orstt_core.types import SubtitleOptions, Transcript
from orstt_core.whole_file import write_whole

SUFFIXES = {
    "text": ".txt",
    "json": ".json",
    "verbose_json": ".json",
    "srt": ".srt",
    "vtt": ".vtt",
    "tsv": ".tsv",
}
"""Format -> what its file's name ends in."""
LONGEST_NAME = 255
"""Bytes that a file's name may have on the usual disks (NAME_MAX of Linux)."""
UNNAMED = "transcript"
"""What a file is called for a recording without a name."""


def format_of(name: str | None, preferred: str = "") -> str | None:
    """Return the format that a file's name asks for by its ending; None: it asks for none.

    Args:
        name: the file, with or without folders.
        preferred: the one to return where several formats have that ending.
    """
    suffix = Path(name or "").suffix.lower()
    asked = [form for form, ending in SUFFIXES.items() if ending == suffix]
    return preferred if preferred in asked else next(iter(asked), None)


def files_of(path: Path, forms: Sequence[str]) -> dict[str, Path]:
    """Return the file for each format: the one named, or beside each other where there are several.

    Args:
        path: what a person named; where it ends as a format's files do, each format has its own ending instead.
        forms: the formats.
    """
    if len(forms) == 1:
        return {forms[0]: path}
    stem = path.stem if format_of(path.name) else path.name
    endings = {form: SUFFIXES[form] for form in forms}
    if "json" in forms and "verbose_json" in forms:
        endings["verbose_json"] = ".verbose.json"
    return {form: path.with_name(file_name(path.parent, stem, ending)) for form, ending in endings.items()}


def suggested_file(recording: Path, form: str = "text") -> Path:
    """Return the file beside a recording that has its name and the format's ending."""
    return recording.parent / file_name(recording.parent, recording.stem or UNNAMED, SUFFIXES[form])


def file_name(folder: Path, stem: str, suffix: str) -> str:
    """Return a name that the folder's disk allows: one that is too long is cut, and marked so that it stays its own.

    Args:
        folder: need not be there yet.
        stem: what a file about a recording is called.
        suffix: what the name ends in.
    """
    room = _longest_name(folder) - len(os.fsencode(suffix))
    if len(os.fsencode(stem)) <= room:
        return f"{stem}{suffix}"
    mark = f"-{hashlib.sha256(os.fsencode(stem)).hexdigest()[:8]}"
    while len(os.fsencode(stem)) + len(mark) > room:
        stem = stem[:-1]
    return f"{stem}{mark}{suffix}"


def _longest_name(folder: Path) -> int:
    """Return how many bytes a name in a folder may have."""
    there = next((path for path in (folder, *folder.absolute().parents) if path.is_dir()), Path("/"))
    try:
        return os.pathconf(there, "PC_NAME_MAX")
    except (OSError, ValueError):  # a disk that does not tell
        return LONGEST_NAME


def is_written(target: Path, recording: Path) -> bool:
    """Return whether a recording's transcript is there, and not older than the recording."""
    try:
        return target.stat().st_mtime >= recording.stat().st_mtime
    except OSError:
        return False


def render_as(transcript: Transcript, form: str, cues: SubtitleOptions | None) -> str:
    """Return a transcript in a format."""
    from orstt_core.formats import render  # the list of formats does without

    return render(transcript, form, cues)


def write_transcript(transcript: Transcript, targets: Mapping[str, Path], cues: SubtitleOptions | None) -> None:
    """Write the file of each format, each whole, and none if the text cannot be had in one of them.

    Raises:
        StorageFull, FileProblem: as `write_whole`.
    """
    texts = {path: render_as(transcript, form, cues) for form, path in targets.items()}
    for path, text in texts.items():
        write_whole(path, text)
