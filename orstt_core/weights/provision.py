"""Bring a model's files into a folder an engine can load: check them, join them or fetch them."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path
from typing import TYPE_CHECKING

from orstt_core.types import Loading
from orstt_core.weights import folders, hub_cache, packages
from orstt_core.weights.catalogue import WeightsFormat
from orstt_core.weights.facts import Repository
from orstt_core.weights.files import exists
from orstt_core.weights.formats import format_called
from orstt_core.weights.location import locate

if TYPE_CHECKING:
    from orstt_core.weights.tally import FileProgress


def obtain(
    format_name: str,
    model: str,
    *,
    cache_dir: Path,
    allow_download: bool,
    progress: Callable[[Loading], None] | None = None,
    file_progress: Callable[[FileProgress], None] | None = None,
    mirrors: Mapping[str, str] | None = None,
    hub_token: str = "",
) -> Path:
    """Return the folder with a model's files, verified; join or fetch them first where needed.

    Args:
        format_name: which kind of weights, as the engine declares it.
        model: a name that the format knows, a hub repository `owner/name` or a folder.
        cache_dir: where files joined from packages stand.
        allow_download: whether the hub may be asked; `HF_HUB_OFFLINE` forbids it all the same.
        progress: hears what is done, in bytes.
        file_progress: hears of each file that is fetched.
        mirrors: addresses to ask instead of those where a format is published, by the format's name.
        hub_token: proves to the hub who asks; empty: what the hub's own tools use, if anything.

    Raises:
        EngineUnavailable: nobody describes the format.
        InvalidRequest: nobody knows a model of that name.
        WeightsNotFound: the files are nowhere, or could not be fetched; the hint says how to get them.
        WeightsDamaged: files are there but not the right ones; the hint says how to mend them.
        WeightsError: there is no room for them, or no permission to write.
    """
    progress = progress or (lambda _: None)
    location = locate(format_name, model, cache_dir=cache_dir, allow_download=allow_download)
    if location.kind in {"absent", "unknown"}:
        raise location.refusal()
    weights_format = format_called(format_name)
    reference = weights_format.resolve(model)
    if location.kind == "package" and isinstance(reference, Repository):
        return _joined(weights_format, reference, cache_dir, progress)
    if location.kind == "hub" and isinstance(reference, Repository) and not reference.repo:
        from orstt_core.weights.published import fetch_published

        return fetch_published(weights_format, reference, cache_dir, mirrors or {}, progress, file_progress)
    if location.kind == "hub" and isinstance(reference, Repository):
        from orstt_core.weights.download import fetch
        from orstt_core.weights.leftovers import note_own

        if not hub_cache.has_any(reference):
            note_own(reference, cache_dir)
        return fetch(weights_format, reference, progress, file_progress, token=hub_token)
    assert location.path is not None
    return location.path


def _joined(
    weights_format: WeightsFormat, repository: Repository, cache_dir: Path, progress: Callable[[Loading], None]
) -> Path:
    carrier = weights_format.carriers[repository.name]
    folder = packages.joined_folder(repository, cache_dir)
    if exists(folder):
        if folders.verify(folder, repository.files):
            return folder
        if packages.missing_packages(carrier):
            raise packages.joined_damage(carrier)
        progress(Loading(detail=f"the joined files of {repository.name} are damaged: joining them again"))
    return packages.join(repository, carrier, cache_dir, progress)
