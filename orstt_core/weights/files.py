"""Files of one model in one folder: are all there, of the right size, with the right digest?"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path

from msgspec import Struct

from orstt_core.weights.catalogue import EVERY_FILE, PREPROCESSOR, VOCABULARIES

BLOCK = 1 << 20
"""Bytes read at once while copying or digesting."""


class Fault(Struct, frozen=True):
    """Why a folder is not a model: `what`, as the predicate of a sentence about it.

    `damaged` is True when files are there but wrong, False when they are missing or cannot be read.
    """

    what: str
    damaged: bool


def find_fault(folder: Path, sizes: Mapping[str, int], *, preprocessor: bool) -> Fault | None:
    """Look at the files without reading them.

    Args:
        folder: where they should be.
        sizes: bytes by file name, as far as they are known.
        preprocessor: the model cannot do without its preprocessor_config.json.

    Returns:
        The first fault, or None when all files are there, none is empty and all known sizes are right.
    """
    vocabulary = next((name for name in VOCABULARIES if exists(folder / name)), VOCABULARIES[0])
    for name in ("config.json", "model.bin", "tokenizer.json", vocabulary, *([PREPROCESSOR] if preprocessor else [])):
        try:
            with (folder / name).open("rb") as file:
                size = os.fstat(file.fileno()).st_size
        except FileNotFoundError:
            return Fault(f"lacks {name}", damaged=False)
        except OSError as error:
            return Fault(f"has a {name} that cannot be read ({error.strerror})", damaged=False)
        if size != (wanted := sizes.get(name, size)):
            return Fault(f"has a {name} of {size} bytes instead of {wanted}", damaged=True)
        if size == 0:
            return Fault(f"has an empty {name}", damaged=True)
    return None


def exists(path: Path) -> bool:
    """Return whether there is something at `path`; what this person may not look at is not there."""
    return os.path.exists(path)  # noqa: PTH110 - Path.exists raises where a folder above may not be read


def total_size(folder: Path) -> int:
    """Return the bytes that the model's files in `folder` take."""
    return sum(path.stat().st_size for name in EVERY_FILE if exists(path := folder / name))


def blocks(path: Path, report: Callable[[int], None]) -> Iterator[bytes]:
    """Yield the file's bytes in order, telling `report` how many each time."""
    with path.open("rb") as file:
        while block := file.read(BLOCK):
            yield block
            report(len(block))


def sha256(path: Path, report: Callable[[int], None] = lambda _: None) -> str:
    """Return the SHA-256 of a file in hexadecimal."""
    digest = hashlib.sha256()
    for block in blocks(path, report):
        digest.update(block)
    return digest.hexdigest()


def git_blob(path: Path, report: Callable[[int], None] = lambda _: None) -> str:
    """Return the name that Git gives a file's content: what the hub declares for small files."""
    digest = hashlib.sha1(b"blob %d\0" % path.stat().st_size, usedforsecurity=False)
    for block in blocks(path, report):
        digest.update(block)
    return digest.hexdigest()
