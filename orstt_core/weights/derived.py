"""What is worked out of a model's files once and kept beside them in the cache, for as long as these do not change.

Any of it may be deleted at any time. Where the cache takes nothing more there is none of it, and all works as well.
"""

from __future__ import annotations

import glob
import hashlib
import logging
import os
import shutil
from collections.abc import Callable, Iterable
from pathlib import Path

from orstt_core.weights import folders
from orstt_core.weights.files import FileRule, present_files, sha256

ROOM = 10
"""Of the free room on the disk what is kept may take one part in so many."""

_log = logging.getLogger(__name__)


class DerivedFiles:
    """The folders that are derived from one model's files.

    Args:
        source: the folder with the model's files.
        cache_dir: the folder `derived` stands here.
        rules: which files of the folder are the model's; a person may keep others there as well.
        made_with: the libraries that make them, with their versions: another version may make something else.

    Attributes:
        source: the same.
    """

    def __init__(self, source: Path, cache_dir: Path, rules: Iterable[FileRule], made_with: str = "") -> None:
        self.source = source
        self._made_with = made_with
        self._rules = list(rules)
        self._place = cache_dir / "derived"

    @property
    def names(self) -> list[str]:
        """The model's files, relative to the folder."""
        return present_files(self.source, self._rules)

    def folder(self, kind: str, make: Callable[[Path], None], *, size: int = 0, made_of: str = "") -> Path | None:
        """Return a folder with what `make` wrote into it, now or before.

        Args:
            kind: what tells it from others that are derived from the same files; part of a file name.
            make: writes files into the folder that it is given; it may raise ValueError where that makes no sense.
            size: how many bytes it will write, about.
            made_of: what else than the model's files it is made of, such as a digest.

        Returns:
            The folder, its files as they were written; None: there is no room for it, or `make` declined.
        """
        try:
            folders.remove_abandoned(self._place)
            target = self._place / f"{self._name(kind)}-{self._fingerprint(made_of)}"
            if not folders.is_whole(target):
                self._make(target, kind, make, size)
        except (OSError, ValueError) as error:
            _log.info("%s of %s is not kept: %s", kind, self.source.name, error)
            return None
        return target

    def _make(self, target: Path, kind: str, make: Callable[[Path], None], size: int) -> None:
        self._place.mkdir(parents=True, exist_ok=True)
        if shutil.disk_usage(self._place).free < ROOM * size:
            raise OSError("it would take too much of the room on the disk")
        with folders.replaced(target, folders.is_whole) as temporary:
            make(temporary)
            folders.seal(temporary, {path.name: _flushed_digest(path) for path in temporary.iterdir()})
        for older in self._place.glob(f"{glob.escape(self._name(kind))}-*"):
            if older != target:  # of files that are not there any more
                shutil.rmtree(older, ignore_errors=True)

    def _name(self, kind: str) -> str:
        return f"{derived_prefix(self.source)}{kind}"

    def _fingerprint(self, made_of: str) -> str:
        """Return what changes when a file of the source does, a library, or what else it is made of."""
        stats = [(name, (self.source / name).stat()) for name in self.names]
        facts = [(name, stat.st_size, stat.st_mtime_ns) for name, stat in stats]
        return hashlib.sha256(repr((facts, self._made_with, made_of)).encode()).hexdigest()[:8]


def derived_prefix(source: Path) -> str:
    """Return how the names of all folders begin that are derived from the files of this one."""
    place = hashlib.sha256(os.fsencode(source.resolve())).hexdigest()[:8]
    return f"{source.name}-{place}-"


def _flushed_digest(path: Path) -> str:
    with path.open("rb") as file:
        os.fsync(file.fileno())
    return sha256(path)
