"""Which files are recordings, by their names; any other file can still be named by itself."""

from __future__ import annotations

from pathlib import Path

AUDIO_SUFFIXES = frozenset(
    {".wav", ".flac", ".ogg", ".oga", ".opus", ".mp3", ".m4a", ".aac", ".mp4", ".mka", ".webm"}
    | {".aif", ".aiff", ".aifc", ".au", ".caf", ".wma", ".amr", ".3gp", ".mkv", ".mov"}
)


def is_recording(name: str) -> bool:
    """Return whether a file's name is that of a recording which nobody is writing."""
    return not name.startswith(".") and Path(name).suffix.lower() in AUDIO_SUFFIXES
