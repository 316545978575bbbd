"""Files of one model in one folder: are all there, of the right size, with the right digest?"""

from __future__ import annotations

import hashlib
import os
from collections.abc import Callable, Iterable, Iterator, Mapping
from fnmatch import fnmatchcase
from pathlib import Path

from msgspec import Struct

BLOCK = 1 << 20
"""Bytes read at once while copying or digesting."""


class FileRule(Struct, frozen=True, forbid_unknown_fields=True):
    """A file that a model's folder holds, or several that match a pattern.

    Attributes:
        names: what it may be called, relative to the folder, the usual name first; `*` and `?` stand for characters
            of a name.
        required: without it the folder is no model.
        weights: it holds the weights, so that its size tells how many there are.
    """

    names: list[str]
    required: bool = True
    weights: bool = False

    def matches(self, name: str) -> bool:
        """Return whether a file of that name is meant."""
        return any(name.count("/") == pattern.count("/") and fnmatchcase(name, pattern) for pattern in self.names)

    def present(self, folder: Path) -> list[str]:
        """Return the names of those that are in the folder; what may not be looked at is not there."""
        return [name for pattern in self.names for name in _matching(folder, pattern)]


class Fault(Struct, frozen=True):
    """Why a folder is not a model: `what`, as the predicate of a sentence about it.

    `damaged` is True when files are there but wrong, False when they are missing or cannot be read.
    """

    what: str
    damaged: bool


def find_fault(folder: Path, rules: Iterable[FileRule], sizes: Mapping[str, int]) -> Fault | None:
    """Look at the files without reading them.

    Args:
        folder: where they should be.
        rules: which there should be.
        sizes: bytes by file name, as far as they are known.

    Returns:
        The first fault, or None when all files are there, none is empty and all known sizes are right.
    """
    for rule in rules:
        # Of several that may stand for each other one is enough.
        name = next(iter(rule.present(folder)), rule.names[0])
        if rule.required and (fault := _fault_of(folder / name, name, sizes)):
            return fault
    return None


def _fault_of(path: Path, name: str, sizes: Mapping[str, int]) -> Fault | None:
    try:
        with path.open("rb") as file:
            size = os.fstat(file.fileno()).st_size
    except FileNotFoundError:
        return Fault(f"lacks {name}", damaged=False)
    except OSError as error:
        return Fault(f"has a {name} that cannot be read ({error.strerror})", damaged=False)
    if size != (wanted := sizes.get(name, size)):
        return Fault(f"has a {name} of {size} bytes instead of {wanted}", damaged=True)
    return Fault(f"has an empty {name}", damaged=True) if size == 0 else None


def exists(path: Path) -> bool:
    """Return whether there is something at `path`; what this person may not look at is not there."""
    return os.path.exists(path)  # noqa: PTH110 - Path.exists raises where a folder above may not be read


def is_plain_name(name: str) -> bool:
    """Return whether what somebody else calls a file can stand below a folder of ours, and nowhere else."""
    parts = name.split("/")
    return name.isprintable() and "\\" not in name and ":" not in name and not {"", ".", ".."} & set(parts)


def present_files(folder: Path, rules: Iterable[FileRule]) -> list[str]:
    """Return the names of a model's files that are in `folder`, relative to it, in order."""
    return sorted({name for rule in rules for name in rule.present(folder)})


def total_size(folder: Path, rules: Iterable[FileRule]) -> int:
    """Return the bytes that a model's files in `folder` take."""
    return sum((folder / name).stat().st_size for name in present_files(folder, rules))


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


def md5(path: Path) -> str:
    """Return the MD5 of a file: all that some publishers tell, against accidents only."""
    digest = hashlib.md5(usedforsecurity=False)
    for block in blocks(path, lambda _: None):
        digest.update(block)
    return digest.hexdigest()


def _matching(folder: Path, pattern: str) -> list[str]:
    if "*" not in pattern and "?" not in pattern:
        return [pattern] if exists(folder / pattern) else []
    try:
        return sorted(path.relative_to(folder).as_posix() for path in folder.glob(pattern))
    except OSError:
        return []
