"""A model as one file, for a machine without a network: its weights, their digests and its configuration.

A plain tar: `orstt-model.json` first, which is a `Manifest`, then the files that it names, in its order. Nothing else
is read: no links, no devices, no folders, no headers of other kinds. What does not keep to that, or to the digests, is
refused, and leaves nothing behind.
"""

from __future__ import annotations

import hashlib
import os
import re
import tarfile
from collections.abc import Callable, Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path

import msgspec
from msgspec import Struct

from orstt_core.disk import why_not
from orstt_core.errors import InvalidRequest, WeightsDamaged, WeightsError
from orstt_core.struct_types import complete
from orstt_core.text import readable_bytes
from orstt_core.types import Model, ModelDraft
from orstt_core.weights import folders, hub_cache
from orstt_core.weights.arrivals import arrivals
from orstt_core.weights.catalogue import WeightsFormat
from orstt_core.weights.disk_space import refuse_without_room
from orstt_core.weights.facts import Published, Repository
from orstt_core.weights.files import BLOCK, blocks
from orstt_core.weights.formats import format_called
from orstt_core.weights.leftovers import IMPORTED, note_own
from orstt_core.weights.location import published_folder
from orstt_core.weights.provision import obtain
from orstt_core.weights.verification import published_digests, verify_weights

MANIFEST = "orstt-model.json"
VERSION = 1
LARGEST_MANIFEST = 1 << 20
MOST_FILES = 200
_UNNAMED = "imported"
"""Stands for the revision where none is known."""
_NAME = r"[A-Za-z0-9_][A-Za-z0-9_.+-]{0,99}"
_FILE = re.compile(rf"{_NAME}(/{_NAME}){{0,4}}")
_REVISION = re.compile(r"[0-9a-zA-Z_-]{1,64}")
_DIGEST = re.compile(r"[0-9a-f]{64}")

Read = Callable[[int], bytes]
"""Returns as many bytes as it is asked for, fewer only at the end."""


class Manifest(Struct, frozen=True, kw_only=True):
    """What the archive holds.

    Attributes:
        version: of this form of archive.
        model: how the model is configured; its weights are those of the archive.
        weights_format: which kind of weights.
        weights: a name that the format knows, or a hub repository; empty: they were a folder.
        revision: the commit of the repository that they are of, as far as it is known.
        files: size and digest of each file.
    """

    version: int
    model: ModelDraft
    weights_format: str
    weights: str = ""
    revision: str = _UNNAMED
    files: dict[str, Published]


def write_archive(model: Model, format_name: str, cache_dir: Path) -> Iterator[bytes]:
    """Yield the archive of a model, once all its files were read and found right.

    Raises:
        WeightsError: its files are not here, or damaged.
    """
    folder = obtain(format_name, model.model, cache_dir=cache_dir, allow_download=False)
    found = verify_weights(format_name, model.model, cache_dir=cache_dir)
    if not found.is_right:
        raise WeightsDamaged(found.detail, hint=found.fix)
    reference = format_called(format_name).resolve(model.model)
    manifest = Manifest(
        version=VERSION,
        model=msgspec.structs.replace(msgspec.convert(model, ModelDraft, from_attributes=True), model=""),
        weights_format=format_name,
        weights=reference.name if isinstance(reference, Repository) else "",
        revision=_revision(reference, folder) if isinstance(reference, Repository) else _UNNAMED,
        files={file.name: Published(size=file.size, sha256=file.sha256) for file in found.files},
    )
    described = msgspec.json.encode(manifest)
    yield _header(MANIFEST, len(described)) + described + _padding(len(described))
    for name, file in manifest.files.items():
        yield _header(name, file.size)
        yield from blocks(folder / name, lambda _: None)
        if padding := _padding(file.size):
            yield padding
    yield bytes(2 * tarfile.BLOCKSIZE)


def read_manifest(read: Read) -> Manifest:
    """Read the beginning of an archive.

    Raises:
        InvalidRequest: it is no such archive.
        EngineUnavailable: nobody describes its kind of weights here.
        WeightsDamaged: what it says of its files cannot be.
    """
    no_archive = InvalidRequest(
        "This is no file that `orstt models export` wrote.", hint="Export the model anew on the other machine."
    )
    try:
        size = _member(read(tarfile.BLOCKSIZE), MANIFEST)
        manifest = msgspec.json.decode(_exactly(read, min(size, LARGEST_MANIFEST)), type=complete(Manifest))
    except (WeightsDamaged, msgspec.DecodeError) as error:
        raise no_archive from error
    _exactly(read, -size % tarfile.BLOCKSIZE)
    if manifest.version != VERSION:
        raise InvalidRequest("The archive is of another version of OR-STT.", hint="Use the same version on both sides.")
    _check_files(format_called(manifest.weights_format), manifest)
    return manifest


def install(manifest: Manifest, read: Read, cache_dir: Path, until_needed: ExitStack) -> str:
    """Put an archive's files where their model finds them, compared with their digests; return how to refer to them.

    Args:
        manifest: what `read_manifest` returned.
        read: gives what follows it.
        cache_dir: the cache folder of the settings.
        until_needed: to be closed once a model refers to them; until then nobody takes them for left over.

    Raises:
        WeightsDamaged: they are not those that the manifest names; nothing is left behind.
        WeightsError: there is no room for them, or no permission to write.
    """
    repository = _repository(format_called(manifest.weights_format), manifest)
    target = _target(manifest, repository, cache_dir)
    total = sum(file.size for file in manifest.files.values())
    with _disk_errors(total):
        refuse_without_room(target.parent, total)
        is_ours = repository is not None and bool(repository.repo) and not hub_cache.has_any(repository)
        with folders.replaced(target, lambda folder: folders.verify(folder, manifest.files)) as temporary:
            for name, file in manifest.files.items():
                _copy(read, name, file, temporary / name)
            if any(_exactly(read, 2 * tarfile.BLOCKSIZE)):
                raise _damaged("it holds more than its list of files")
            folders.seal(temporary, {name: file.sha256 for name, file in manifest.files.items()})
            until_needed.enter_context(arrivals(cache_dir))
        if repository is None:
            return str(target)
        if not repository.repo:
            return repository.name
        if is_ours:
            note_own(repository, cache_dir)
        hub_cache.publish(target)
    return repository.name


def _check_files(weights_format: WeightsFormat, manifest: Manifest) -> None:
    repository = _repository(weights_format, manifest)
    rules, files = weights_format.rules(repository), manifest.files
    if not 0 < len(files) <= MOST_FILES or not _REVISION.fullmatch(manifest.revision):
        raise _damaged("its list of files cannot be")
    for name, file in files.items():
        if not _FILE.fullmatch(name) or not any(rule.matches(name) for rule in rules):
            raise _damaged(f"{name[:100]!r} is no file of a {weights_format.title}")
        if file.size <= 0 or not _DIGEST.fullmatch(file.sha256):
            raise _damaged(f"what it says of {name} cannot be")
    if missing := [rule.names[0] for rule in rules if rule.required and not any(map(rule.matches, files))]:
        raise _damaged(f"it lacks {', '.join(missing)}")
    known = published_digests(weights_format, repository, revision=manifest.revision)
    if others := [name for name, digest in known.items() if name in files and files[name].sha256 != digest]:
        raise _damaged(f"{', '.join(others)} of {manifest.weights} is not the published one")


def _repository(weights_format: WeightsFormat, manifest: Manifest) -> Repository | None:
    if not manifest.weights:
        return None
    reference = weights_format.resolve(manifest.weights)
    if not isinstance(reference, Repository):
        raise _damaged(f"{manifest.weights[:100]!r} is no name of weights")
    return reference


def _revision(repository: Repository, folder: Path) -> str:
    if folder == hub_cache.snapshot(repository):
        return folder.name
    return repository.revision or _UNNAMED


def _target(manifest: Manifest, repository: Repository | None, cache_dir: Path) -> Path:
    if repository is not None and repository.repo:
        return hub_cache.repository_folder(repository) / "snapshots" / manifest.revision
    if repository is not None:
        return published_folder(repository, cache_dir)
    digest = hashlib.sha256(repr(sorted(file.sha256 for file in manifest.files.values())).encode()).hexdigest()
    return cache_dir / IMPORTED / f"{re.sub('[^A-Za-z0-9]+', '-', manifest.model.name).strip('-')}-{digest[:8]}"


def _copy(read: Read, name: str, file: Published, path: Path) -> None:
    if _member(read(tarfile.BLOCKSIZE), name) != file.size:
        raise _damaged(f"{name} is of another size than its list says")
    path.parent.mkdir(parents=True, exist_ok=True)
    digest, left = hashlib.sha256(), file.size
    with path.open("xb") as target:
        while left:
            block = _exactly(read, min(BLOCK, left))
            target.write(block)
            digest.update(block)
            left -= len(block)
        target.flush()
        os.fsync(target.fileno())
    _exactly(read, -file.size % tarfile.BLOCKSIZE)
    if digest.hexdigest() != file.sha256:
        raise _damaged(f"the digest of {name} is another one than its list says")


def _header(name: str, size: int) -> bytes:
    member = tarfile.TarInfo(name)
    member.size = size
    return member.tobuf(tarfile.GNU_FORMAT)


def _member(header: bytes, name: str) -> int:
    """Return the size of the plain file of this name that a header is of."""
    try:
        member = tarfile.TarInfo.frombuf(header, "utf-8", "strict")
    except (tarfile.HeaderError, UnicodeDecodeError) as error:
        raise _damaged(f"{name} is not where it should be") from error
    if member.type != tarfile.REGTYPE or member.name != name or member.size < 0:
        raise _damaged(f"something else stands where {name} should be")
    return member.size


def _exactly(read: Read, count: int) -> bytes:
    data = read(count) if count else b""
    if len(data) != count:
        raise _damaged("it ends too early")
    return data


def _padding(size: int) -> bytes:
    return bytes(-size % tarfile.BLOCKSIZE)


def _damaged(why: str) -> WeightsDamaged:
    return WeightsDamaged(f"The archive is damaged: {why}.", hint="Copy it here again, or export the model anew.")


@contextmanager
def _disk_errors(total: int) -> Iterator[None]:
    try:
        yield
    except OSError as error:
        if isinstance(error, WeightsError):
            raise
        raise WeightsError(
            f"The files of the archive cannot be stored: {why_not(error)}.",
            hint=f"{readable_bytes(total)} must be free and writable: `orstt doctor` names the folders.",
        ) from error
