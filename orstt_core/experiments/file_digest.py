"""The SHA-256 of a person's own file, whose recording has no name that tells what it holds."""

from __future__ import annotations

import hashlib
from pathlib import Path


def file_digest(location: str) -> str:
    """Return it in hexadecimal digits.

    Raises:
        OSError: the file cannot be read, as when it is no longer there.
    """
    with Path(location).open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()
