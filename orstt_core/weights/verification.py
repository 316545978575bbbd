"""Read every byte of a model's files and compare it with what was published.

A damaged file of the hub's cache is removed, and so are damaged files that were joined from packages: left where they
are, they would be taken for a model again. Those of a person's own folder, and of packages, stay, and so does what
cannot be read, which may be whole.
"""

from __future__ import annotations

import re
import shutil
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

from orstt_core.types import Loading, Verification, VerifiedFile
from orstt_core.weights import folders, packages
from orstt_core.weights.catalogue import WeightsFormat
from orstt_core.weights.facts import Repository
from orstt_core.weights.files import git_blob, present_files, sha256
from orstt_core.weights.formats import format_called
from orstt_core.weights.location import Location, locate

SHA256_DIGITS = 64
_BLOB = re.compile("[0-9a-f]{40}|[0-9a-f]{64}")
"""Names of the hub's blobs: the digest of their content, SHA-256 or Git's."""


def verify_weights(
    format_name: str, model: str, *, cache_dir: Path, progress: Callable[[Loading], None] | None = None
) -> Verification:
    """Read a model's files and compare them.

    Args:
        format_name: which kind of weights, as the engine declares it.
        model: a name that the format knows, a hub repository or a folder.
        cache_dir: where files joined from packages stand.
        progress: hears what is done, in bytes.

    Raises:
        EngineUnavailable: nobody describes the format.
        InvalidRequest: nobody knows a model of that name.
        WeightsNotFound, WeightsDamaged: the files are not here, or as a look already shows not the right ones.
    """
    location = locate(format_name, model, cache_dir=cache_dir, allow_download=False)
    if location.kind in {"absent", "unknown"}:
        raise location.refusal()
    weights_format = format_called(format_name)
    reference = weights_format.resolve(model)
    repository = reference if isinstance(reference, Repository) else None
    report = _report(model, location, progress)
    if location.path is None:
        assert repository is not None
        return _verify_packages(weights_format, repository, report)
    digests = known_digests(weights_format, reference, location.path)
    names = present_files(location.path, weights_format.rules(reference))
    files = [_verified(location.path, name, digests.get(name, ""), report) for name in names]
    wrong = [file.name for file in files if file.outcome == "damaged"]
    if not wrong:
        return Verification(weights=model, files=files, detail=_finding(files))
    detail = f"{', '.join(wrong)} of {model} {'is' if len(wrong) == 1 else 'are'} not as published."
    if unread := [file.name for file in files if file.outcome == "damaged" and not file.sha256]:
        fix = f"{', '.join(unread)} cannot be read, so nothing was removed: look at its rights, and at the disk."
    else:
        fix = _remove(location, wrong, model)
    return Verification(weights=model, files=files, detail=detail, fix=fix)


def known_digests(weights_format: WeightsFormat, model: Repository | Path | None, folder: Path) -> dict[str, str]:
    """Return the digests of a model's files in a folder, by name: SHA-256, or Git's, as far as they are known.

    As the catalogue has them; else as the hub declared them when they were fetched, by which its cache names the
    content; else as they were proved when they were put there.
    """
    known = {name: proof.sha256 for name, proof in folders.proved(folder).items()}
    for name in present_files(folder, weights_format.rules(model)):
        blob = (folder / name).resolve().name
        if (folder / name).is_symlink() and _BLOB.fullmatch(blob):
            known[name] = blob
    repository = model if isinstance(model, Repository) else None
    return known | published_digests(weights_format, repository, revision=folder.name)


def published_digests(weights_format: WeightsFormat, repository: Repository | None, *, revision: str) -> dict[str, str]:
    """Return the SHA-256 of each published file; of another revision than the published one only those of weights."""
    if repository is None:
        return {}
    pinned = revision in {repository.revision, packages.folder_name(repository)}
    names = weights_format.sizes(repository, pinned=pinned)
    return {name: repository.files[name].sha256 for name in names}


def _verified(folder: Path, name: str, wanted: str, report: Callable[[int], None]) -> VerifiedFile:
    path = folder / name
    try:
        found, size = sha256(path, report), path.stat().st_size
        compared = found if len(wanted) in {0, SHA256_DIGITS} else git_blob(path)
    except OSError:
        return VerifiedFile(name=name, outcome="damaged")
    outcome = "right" if compared == wanted else "damaged" if wanted else "unknown"
    return VerifiedFile(name=name, outcome=outcome, size=size, sha256=found)  # type: ignore[arg-type]  # a test checks


def _verify_packages(
    weights_format: WeightsFormat, repository: Repository, report: Callable[[int], None]
) -> Verification:
    carrier = weights_format.carriers[repository.name]
    files = []
    for part in (part for parts in carrier.files.values() for part in parts):
        path = packages.part_path(part)
        assert path is not None
        file = _verified(path.parent, path.name, part.sha256, report)
        files.append(VerifiedFile(name=part.path, outcome=file.outcome, size=file.size, sha256=file.sha256))
    if all(file.outcome == "right" for file in files):
        return Verification(weights=repository.name, files=files, detail=_finding(files))
    error = packages.damage(carrier, packages.damaged_part(carrier, read=True))
    return Verification(weights=repository.name, files=files, detail=error.message, fix=error.hint)


def _remove(location: Location, names: list[str], model: str) -> str:
    """Remove what is damaged, as far as it is ours to, and return what to do then."""
    assert location.path is not None
    if location.kind == "folder":
        return "Bring the folder's files here again from where they came."
    if location.kind == "package":
        shutil.rmtree(location.path, ignore_errors=True)
        return "They were removed, and are joined from the packages again when they are needed."
    for name in names:
        discard(location.path / name)
    return f"What is damaged was removed. Type: orstt models pull {model}"


def discard(path: Path) -> None:
    """Remove a file of a cache, with the content that it is a link to where that is the hub's cache's own.

    What somebody else linked in stays where it is.
    """
    content = path.resolve()
    blobs = [folder.parent / "blobs" for folder in path.parents if folder.name == "snapshots"]
    with suppress(FileNotFoundError):
        path.unlink()
    if any(content.parent == folder.resolve() for folder in blobs):
        content.unlink(missing_ok=True)


def _finding(files: list[VerifiedFile]) -> str:
    unknown = [file.name for file in files if file.outcome == "unknown"]
    if len(unknown) == len(files):
        return "All files can be read; nobody published digests to compare them with."
    return "All files are as published." + (f" Nobody published a digest of {', '.join(unknown)}." if unknown else "")


def _report(model: str, location: Location, progress: Callable[[Loading], None] | None) -> Callable[[int], None]:
    done = 0

    def report(count: int) -> None:
        nonlocal done
        done += count
        if progress:
            progress(Loading(detail=f"verifying {model}", done=done, total=location.size))

    return report
