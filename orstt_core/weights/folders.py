"""Folders of model files in the cache: they appear whole or not at all, and are known to be right without being read.

Invariant: files are written in a temporary folder beside, flushed to the disk, and renamed into place. A marker in the
folder keeps what was proved of each file, so that later uses need not read them again.
"""

from __future__ import annotations

import errno
import os
import shutil
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager, suppress
from pathlib import Path

import msgspec
from msgspec import Struct

from orstt_core.struct_types import complete
from orstt_core.weights.facts import Published
from orstt_core.weights.files import sha256

MARKER = ".verified.json"
TEMPORARY = ".joining-"
ABANDONED_SECONDS = 3600.0
"""How long nobody has written to what a killed process left behind."""


class Proof(Struct, frozen=True):
    """A file as it was when its digest was taken."""

    size: int
    mtime_ns: int
    sha256: str


def verify(folder: Path, files: Mapping[str, Published]) -> bool:
    """Return whether all files are the published ones; reads those that changed since they were verified."""
    proofs = proved(folder)
    fresh = dict(proofs)
    for name, file in files.items():
        path = folder / name
        if name in proofs and _same(path, proofs[name], file.sha256):
            continue
        if not path.is_file() or path.stat().st_size != file.size or sha256(path) != file.sha256:
            return False
        fresh[name] = _proof(path, file.sha256)
    if fresh != proofs:
        # Files were copied or touched but are right. A folder that cannot be written is read again each time.
        with suppress(OSError):
            _write(folder / MARKER, msgspec.json.encode(fresh))
    return True


def is_whole(folder: Path) -> bool:
    """Return whether the folder has every file that its marker names, as it was then."""
    files = {name: Published(size=proof.size, sha256=proof.sha256) for name, proof in proved(folder).items()}
    return bool(files) and verify(folder, files)


def proved(folder: Path) -> dict[str, Proof]:
    """Return what the folder's marker says of its files."""
    try:
        return msgspec.json.decode((folder / MARKER).read_bytes(), type=complete(dict[str, Proof]))
    except (OSError, msgspec.DecodeError):  # no marker, or a broken one: then nothing is proved
        return {}


@contextmanager
def replaced(target: Path, is_right: Callable[[Path], bool]) -> Iterator[Path]:
    """Yield a folder to write to, `seal` included, which is then put in the target's place.

    Args:
        target: where it is to stand; what stands there already is replaced.
        is_right: tells that another process put the right one there meanwhile, which then stays.

    Raises:
        OSError: it cannot be written; nothing is left behind.
    """
    with _temporary(target) as temporary:
        yield temporary
        _put_in_place(temporary, target, is_right)
        _flush(target.parent)


def seal(folder: Path, digests: Mapping[str, str]) -> None:
    """Write the marker, given the SHA-256 of each file by name, and flush the folder to the disk."""
    proofs = {name: _proof(folder / name, digest) for name, digest in digests.items()}
    _write(folder / MARKER, msgspec.json.encode(proofs))
    _flush(folder)


def remove_abandoned(folder: Path) -> None:
    """Remove the temporary folders in this one that killed processes left behind."""
    for leftover in folder.glob(f"{TEMPORARY}*"):
        with suppress(FileNotFoundError):  # another process may be removing it as well
            if time.time() - last_written(leftover) > ABANDONED_SECONDS:
                shutil.rmtree(leftover, ignore_errors=True)


def last_written(path: Path) -> float:
    """Return when a file, or anything in a folder, was written for the last time, as `time.time` tells it.

    A folder's own date stays while a large file in it grows.

    Raises:
        OSError: it is gone.
    """
    dates = [path.stat().st_mtime]
    for each in path.rglob("*"):
        with suppress(OSError):  # it is renamed just now
            dates.append(each.lstat().st_mtime)
    return max(dates)


@contextmanager
def _temporary(target: Path) -> Iterator[Path]:
    target.parent.mkdir(parents=True, exist_ok=True)
    remove_abandoned(target.parent)
    # Not tempfile.mkdtemp: that makes folders for one's own eyes, and a cache may be shared as the umask allows.
    temporary = target.with_name(f"{TEMPORARY}{target.name}-{os.urandom(4).hex()}")
    temporary.mkdir()
    try:
        yield temporary
    finally:
        shutil.rmtree(temporary, ignore_errors=True)


def _put_in_place(temporary: Path, target: Path, is_right: Callable[[Path], bool]) -> None:
    while True:
        try:
            temporary.rename(target)
        except OSError as error:
            if error.errno not in {errno.ENOTEMPTY, errno.EEXIST}:
                raise
        else:
            return
        if is_right(target):  # another process was first
            return
        with suppress(FileNotFoundError):  # another process is replacing the same damaged folder
            old = target.rename(temporary.with_name(f"{temporary.name}-old"))
            shutil.rmtree(old, ignore_errors=True)


def _proof(path: Path, digest: str) -> Proof:
    facts = path.stat()
    return Proof(size=facts.st_size, mtime_ns=facts.st_mtime_ns, sha256=digest)


def _same(path: Path, proof: Proof, digest: str) -> bool:
    try:
        return _proof(path, digest) == proof
    except OSError:
        return False


def _write(path: Path, data: bytes) -> None:
    with path.open("wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())


def _flush(folder: Path) -> None:
    descriptor = os.open(folder, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
