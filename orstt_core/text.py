"""How numbers of bytes, and text of unknown origin, are put for people. Standard library only: every room asks."""

from __future__ import annotations

import re
import unicodedata

KILO = 1000
"""Bytes are told in powers of a thousand, as disks and downloads are."""

CONTROLS = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069]")
"""What a terminal obeys, breaks at or turns round, but for tab and new line.

C0 and C1, the separators of lines and paragraphs, bidirectional marks, overrides and isolates.

Joiners stay: Persian and emoji are written with them.
"""
FOLDERS = re.compile(
    r"""(?<=['"])(?:~|\.{1,2})?/(?:[^'"/\n]+/)*(?=\w)|(?<![\w:/.~'"-])(?:~|\.{1,2})?/(?:[^\s'"/:]+/)*(?=\w)"""
)
"""The folders that a path begins with, with spaces only between quotes; the address of a web page has none."""


def readable_bytes(size: int) -> str:
    """Return a number of bytes for people: `950 B`, `14 MB` or `1.5 GB`."""
    amount = float(size)
    for unit in ("B", "kB", "MB"):
        if round(amount) < KILO:
            return f"{amount:.0f} {unit}"
        amount /= KILO
    return f"{amount:.1f} GB"


def printable(text: str) -> str:
    """Return the text with a question mark for each control code, which a terminal obeys, and undecodable byte."""
    return "".join(letter if letter.isprintable() else "?" for letter in text)


def normalize_name(text: str) -> str:
    """Return a name as it is stored and looked up: its accents composed (NFC), without space around it."""
    return unicodedata.normalize("NFC", text.strip())


def without_folders(text: str) -> str:
    """Return a library's message with only the last part of each path: clients read it, and the folders are ours."""
    return FOLDERS.sub("", text)
