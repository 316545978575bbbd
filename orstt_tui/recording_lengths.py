"""How long recordings are by their own headers: for lists, before anything is decoded, which alone tells for sure."""

from __future__ import annotations

from pathlib import Path

from orstt_tui.formatting import clock

UNKNOWN = "?"
"""What stands for the length of a recording whose header does not say it."""


def stated_length(path: Path) -> float | None:
    """Return how many seconds a recording lasts by its header; None where that says nothing, or is broken.

    Reads a few kB, in this process: the reader is plain Python. Not for the event loop: a disk may be slow.
    """
    from tinytag import TinyTag  # only lists of files need it

    try:
        length = TinyTag.get(path, tags=False).duration
    except Exception:  # noqa: BLE001 - whatever a broken header makes of the reader, decoding says what is wrong
        return None
    return length if length and length > 0 else None


def length_text(length: float | None) -> str:
    """Return a length, or that it is not known."""
    return UNKNOWN if length is None else clock(length)
