"""Which model files are here: those of configured models, those that a format knows by name, and what else was fetched.

Looks only: reads no file, asks no network.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from glob import escape, glob
from pathlib import Path

from msgspec.structs import replace

from orstt_core.errors import EngineUnavailable
from orstt_core.types import StoredFile, StoredWeights
from orstt_core.weights import hub_cache
from orstt_core.weights.catalogue import WeightsFormat
from orstt_core.weights.facts import Repository
from orstt_core.weights.files import present_files
from orstt_core.weights.formats import all_formats, format_called
from orstt_core.weights.location import PUBLISHED, locate

Key = tuple[str, str]
"""A format and what its models are called by: the first name, the repository or the folder."""


def stored_weights(format_name: str, model: str, *, cache_dir: Path, models: Iterable[str] = ()) -> StoredWeights:
    """Return what is here of one set of weights.

    Args:
        format_name: which kind of weights, as the engine declares it; empty: the engine finds them itself.
        model: a name that the format knows, a hub repository or a folder.
        cache_dir: where files joined from packages stand.
        models: configured models that use them.
    """
    known = StoredWeights(weights=model, weights_format=format_name, kind="unknown", models=list(models))
    if not format_name:
        return replace(known, detail="Its engine finds its files itself.")
    try:
        location = locate(format_name, model, cache_dir=cache_dir, allow_download=False)
    except EngineUnavailable as error:
        return replace(known, detail=error.message)
    if location.kind in {"absent", "unknown"}:
        return replace(known, kind=location.kind, detail=location.detail)
    files = []
    if location.path is not None:
        weights_format = format_called(format_name)
        reference = weights_format.resolve(model)
        names = present_files(location.path, weights_format.rules(reference))
        files = [StoredFile(name=name, size=(location.path / name).stat().st_size) for name in names]
    folder = str(location.path or "")
    size = sum(file.size for file in files) or location.size or 0
    return replace(known, kind=location.kind, files=files, size=size, folder=folder, detail=location.detail)


def inventory(used: Mapping[str, Key], *, cache_dir: Path) -> list[StoredWeights]:
    """Return the weights of configured models, whether they are here or not, and all others that are here.

    Args:
        used: the format and weights of each configured model, by its name.
        cache_dir: where files joined from packages stand.
    """
    users: dict[Key, list[str]] = {}
    for model, key in used.items():
        users.setdefault(same_key(key), []).append(model)
    found = [stored_weights(*key, cache_dir=cache_dir, models=models) for key, models in users.items()]
    others = (key for key in dict.fromkeys(_known(cache_dir)) if key not in users)
    here = (stored_weights(*key, cache_dir=cache_dir) for key in others)
    return [*found, *(each for each in here if each.is_here)]


def same_key(key: Key) -> Key:
    """Return the one way of saying which weights: by the first of a model's names, or the whole path of a folder."""
    name, model = key
    try:
        reference = format_called(name).resolve(model) if name else None
    except EngineUnavailable:
        return key
    if isinstance(reference, Repository):
        return name, reference.name
    return name, str(reference or model)


def _known(cache_dir: Path) -> Iterator[Key]:
    """Yield what could be here: named models of every format, and what the hub's cache and ours hold."""
    for weights_format in all_formats():
        for repository in weights_format.models.values():
            yield weights_format.name, repository.name
        for folder in glob(f"{escape(str(cache_dir / PUBLISHED))}/*"):  # noqa: PTH207 - it may not be looked at
            found = weights_format.resolve(Path(folder).name)
            if isinstance(found, Repository) and not found.repo:
                yield weights_format.name, found.name
        for repo in hub_cache.repositories():
            if not _is_named(weights_format, repo):
                yield weights_format.name, repo


def _is_named(weights_format: WeightsFormat, repo: str) -> bool:
    return any(repository.repo == repo for repository in weights_format.models.values())
