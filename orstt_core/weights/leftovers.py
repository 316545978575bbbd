"""What of the weights on the disk no configured model needs, and its removal.

Invariant: nothing goes that any format would take for the weights of a model that is needed, that somebody wrote to
within the last hour, or that another program may have put into the hub's cache: of that only what OR-STT fetched or
imported is its own, which `note_own` writes down.
"""

from __future__ import annotations

import shutil
import time
from collections.abc import Collection, Iterator
from contextlib import suppress
from pathlib import Path
from typing import NamedTuple

from orstt_core.types import Leftover
from orstt_core.types.weights import LeftoverKind
from orstt_core.weights import hub_cache, packages
from orstt_core.weights.derived import derived_prefix
from orstt_core.weights.facts import Repository
from orstt_core.weights.folders import ABANDONED_SECONDS, TEMPORARY, last_written
from orstt_core.weights.formats import all_formats
from orstt_core.weights.location import PUBLISHED, published_folder

JOINED, DERIVED, IMPORTED, OWN = "weights", "derived", "imported", "fetched"
"""Folders of the cache: joined from packages, derived, imported from an archive, and the notes of what is ours."""
_UNFINISHED = "blobs/*.incomplete"


class Found(NamedTuple):
    """Something that may go, and where it is."""

    leftover: Leftover
    path: Path


class _Needed(NamedTuple):
    """What needed models may be using, as any format would understand them."""

    repositories: set[str]
    folders: set[str]
    prefixes: tuple[str, ...]


def note_own(repository: Repository, cache_dir: Path) -> None:
    """Write down that what the hub's cache has of a repository was brought by OR-STT, so that it may remove it.

    Not for one of which another program had brought something before.
    """
    with suppress(OSError):  # then it is only never removed
        (cache_dir / OWN).mkdir(parents=True, exist_ok=True)
        (cache_dir / OWN / hub_cache.repository_folder(repository).name).touch()


def find_leftovers(models: Collection[str], cache_dir: Path) -> list[Found]:
    """Return what may go.

    Args:
        models: the weights that are needed, as models refer to them, whatever their formats.
        cache_dir: the cache folder of the settings.
    """
    needed = _needed(models, cache_dir)
    found = [*_unfinished(cache_dir), *_temporary(cache_dir), *_in_cache(needed, cache_dir), *_own(needed, cache_dir)]
    return [each for each in found if each is not None]


def remove(found: Found, cache_dir: Path) -> None:
    """Remove it; what is gone already is gone.

    Raises:
        OSError: it may not be removed.
    """
    if not found.path.is_dir():
        found.path.unlink(missing_ok=True)
        return
    with suppress(FileNotFoundError):
        shutil.rmtree(found.path)
    (cache_dir / OWN / found.path.name).unlink(missing_ok=True)


def _needed(models: Collection[str], cache_dir: Path) -> _Needed:
    repositories: set[str] = set()
    joined: set[str] = set()
    sources: set[Path] = set()
    for weights_format in all_formats():
        for reference in map(weights_format.resolve, models):
            if isinstance(reference, Repository):
                repositories.add(hub_cache.repository_folder(reference).name)
                joined.add(packages.folder_name(reference))
                together = {packages.joined_folder(reference, cache_dir), published_folder(reference, cache_dir)}
                snapshot = hub_cache.snapshot(reference)
                sources.update(together | {snapshot} if snapshot else together)
            elif reference is not None:
                # A folder of ours, or of the hub's cache, or a file within one, may have been named by its path.
                parts = {*reference.parts, *reference.resolve().parts}
                repositories |= parts
                joined |= parts
                sources.update({reference, reference.parent})
    return _Needed(repositories, joined, tuple(map(derived_prefix, sources)))


def _unfinished(cache_dir: Path) -> Iterator[Found | None]:
    """Yield downloads of ours that were given up."""
    for path in hub_cache.cache_folder().glob(f"models--*/{_UNFINISHED}"):
        repository = path.parents[1].name
        if (cache_dir / OWN / repository).exists():
            yield _found("download", path, name=repository)

    for path in (cache_dir / PUBLISHED).glob("*.*"):
        if path.is_file():
            yield _found("download", path)


def _temporary(cache_dir: Path) -> Iterator[Found | None]:
    for folder in (cache_dir / JOINED, cache_dir / DERIVED, cache_dir / IMPORTED, cache_dir / PUBLISHED):
        for path in folder.glob(f"{TEMPORARY}*"):
            yield _found("temporary", path)
    for path in hub_cache.cache_folder().glob(f"models--*/snapshots/{TEMPORARY}*"):
        yield _found("temporary", path)


def _in_cache(needed: _Needed, cache_dir: Path) -> Iterator[Found | None]:
    for path in _folders(cache_dir / JOINED):
        if path.name not in needed.folders:
            yield _found("joined", path, age=0)
    for path in _folders(cache_dir / DERIVED):
        if not path.name.startswith(needed.prefixes):
            yield _found("derived", path, age=0)
    for path in [*_folders(cache_dir / IMPORTED), *_folders(cache_dir / PUBLISHED)]:
        if path.name not in needed.folders:
            yield _found("weights", path, age=0)


def _own(needed: _Needed, cache_dir: Path) -> Iterator[Found | None]:
    with suppress(OSError):
        for note in sorted((cache_dir / OWN).iterdir()):
            path = hub_cache.cache_folder() / note.name
            if note.name not in needed.repositories and not any(map(_is_fresh, path.glob(_UNFINISHED))):
                yield _found("weights", path, age=0)


def _folders(place: Path) -> list[Path]:
    return sorted(path for path in place.glob("*") if path.is_dir() and not path.name.startswith(TEMPORARY))


def _found(kind: LeftoverKind, path: Path, *, name: str = "", age: float = ABANDONED_SECONDS) -> Found | None:
    """Return it with its size; None: it is gone, or somebody wrote to it so many seconds ago at most."""
    try:
        if age and _is_fresh(path):
            return None
        files = [path] if path.is_file() else [each for each in path.rglob("*") if not each.is_symlink()]
        size = sum(each.stat().st_size for each in files if each.is_file())
    except OSError:
        return None
    return Found(Leftover(kind=kind, name=name or path.name, size=size), path) if path.exists() else None


def _is_fresh(path: Path) -> bool:
    with suppress(OSError):
        return time.time() - last_written(path) < ABANDONED_SECONDS
    return False
