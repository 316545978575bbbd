"""Models that are published elsewhere than on the hub: OpenAI's checkpoints, Vosk's archives.

Invariant: a model's folder in the cache appears whole or not at all (`orstt_core.weights.folders`), after each file, or
the archive that they came in, was compared with the digest that its publisher tells.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from urllib.parse import quote, urlsplit

import msgspec
from msgspec import Struct

from orstt_core.errors import SettingsError, WeightsDamaged, WeightsError, WeightsNotFound
from orstt_core.struct_types import complete
from orstt_core.types import Loading
from orstt_core.weights import download, folders
from orstt_core.weights.attempts import retry
from orstt_core.weights.catalogue import WeightsFormat
from orstt_core.weights.disk_space import refuse_without_room
from orstt_core.weights.facts import Origin, Repository
from orstt_core.weights.fetch_errors import fetch_errors
from orstt_core.weights.files import find_fault, present_files, sha256
from orstt_core.weights.hub_client import name_host
from orstt_core.weights.location import published_folder
from orstt_core.weights.tally import FileProgress, Tally, Wanted
from orstt_core.weights.transfer import exclusive, missing_bytes, transfer
from orstt_core.weights.unpacking import unpack

UNPACKED = 3
"""An archive and what it holds take about so many times the archive: Vosk's small model of US English has 41 MB, and
68 MB unpacked."""
LARGEST_INDEX = 8 << 20


class Archive(Struct, frozen=True):
    """A line of a publisher's list of archives."""

    name: str
    size: int
    md5: str


def fetch_published(
    weights_format: WeightsFormat,
    model: Repository,
    cache_dir: Path,
    mirrors: Mapping[str, str],
    progress: Callable[[Loading], None],
    file_progress: Callable[[FileProgress], None] | None = None,
) -> Path:
    """Fetch a model from its format's origin and return its folder.

    Args:
        weights_format: with an origin.
        model: which of its models.
        cache_dir: where its folder is made.
        mirrors: addresses to ask instead of the origins', by the format's name.
        progress: hears of all files together.
        file_progress: hears of each.

    Raises:
        WeightsNotFound: the server does not answer, or has no such model.
        WeightsDamaged: what came is not what was published; it is removed.
        WeightsError: the cache cannot be written, or the disk is full.
        SettingsError: the mirror's address is none.
    """
    origin = weights_format.origin
    assert origin is not None
    address = _address(weights_format, origin, mirrors)
    download.prepare_library()
    target = published_folder(model, cache_dir)
    say = partial(_say, progress)
    with fetch_errors(weights_format, model, address):
        target.parent.mkdir(parents=True, exist_ok=True)
        with _locked(target, say):
            if not folders.is_whole(target):
                say(f"asking {urlsplit(address).hostname} for {model.name}")
                files = _wanted(origin, model, address, say)
                tally = Tally(model.name, files, progress, file_progress)
                places = _fetch(origin, model, address, files, target, tally)
                _put_in_place(target, places, weights_format, model)
    return target


@contextmanager
def _locked(target: Path, say: Callable[[str], None]) -> Iterator[None]:
    """Let one process at a time bring a model; whoever waited finds it there."""
    lock = target.with_name(f"{target.name}.lock")
    with exclusive(lock, lambda: say("another process fetches it")):
        try:
            yield
        finally:
            lock.unlink(missing_ok=True)  # a fetch may take so long that it is pruned


def _say(progress: Callable[[Loading], None], detail: str) -> None:
    progress(Loading(detail=detail))


def _address(weights_format: WeightsFormat, origin: Origin, mirrors: Mapping[str, str]) -> str:
    mirror = mirrors.get(weights_format.name)
    if mirror is None:
        return origin.address
    try:
        parts = urlsplit(mirror)
        host = parts.hostname if parts.scheme in {"http", "https"} else None
    except ValueError:
        host = None
    if not host:
        raise SettingsError(
            f"The setting weights_mirrors names no address for {weights_format.name}.",
            hint="Write it like https://mirror.example/whisper.",
        )
    name_host(host)
    return mirror.rstrip("/")


def _wanted(origin: Origin, model: Repository, address: str, say: Callable[[str], None]) -> list[Wanted]:
    if not origin.has_archives:
        return [Wanted(name, file.size, file.sha256) for name, file in model.files.items()]
    listed = retry(lambda: _listed(origin, model, address), say)
    return [Wanted(f"{model.name}.zip", listed.size, listed.md5)]


def _listed(origin: Origin, model: Repository, address: str) -> Archive:
    """Return what the origin's list says of a model's archive."""
    from huggingface_hub.utils._http import get_session, hf_raise_for_status

    def ask() -> bytes:
        with get_session().stream("GET", f"{address}/{origin.index}", timeout=download.ANSWER_SECONDS) as answer:
            hf_raise_for_status(answer)
            text = b""
            for part in answer.iter_bytes():
                text += part
                if len(text) > LARGEST_INDEX:
                    raise WeightsError(f"The list of models of {origin.title} is too long to be one.")
        return text

    try:
        listed = msgspec.json.decode(download.answer_within(download.ANSWER_SECONDS, ask), type=complete(list[Archive]))
    except msgspec.DecodeError as error:
        raise WeightsError(f"What {origin.title} sends is no list of models: {error}.") from error
    found = next((archive for archive in listed if archive.name == model.name), None)
    if found is None:
        raise WeightsNotFound(
            f"{origin.title} publishes no model called {model.name}.", hint="Look for its name in their list of models."
        )
    if found.size <= 0 or not set(found.md5) <= set("0123456789abcdef") or len(found.md5) != len("0" * 32):
        raise WeightsError(f"The list of {origin.title} declares no digest of {model.name}: it cannot be verified.")
    return found


def _fetch(
    origin: Origin, model: Repository, address: str, files: list[Wanted], target: Path, tally: Tally
) -> dict[Path, Wanted]:
    """Bring files beside the target, and return where they are."""
    places = {target.with_name(f"{target.name}.{file.name}"): file for file in files}
    missing = sum(missing_bytes(place, file.size) for place, file in places.items())
    unpacked = (UNPACKED - 1) * files[0].size if origin.has_archives else 0
    refuse_without_room(target.parent, missing + unpacked)
    for place, file in places.items():
        path = origin.path.format(name=quote(model.name), file=quote(file.name), sha256=file.digest)
        with tally.of(file):
            transfer(f"{address}/{path}", {}, file, place, tally)
    return places


def _put_in_place(
    target: Path, places: Mapping[Path, Wanted], weights_format: WeightsFormat, model: Repository
) -> None:
    """Make the model's folder of what was fetched beside it."""
    rules = weights_format.rules(model)
    try:
        with folders.replaced(target, folders.is_whole) as temporary:
            for place, file in places.items():
                if weights_format.origin and weights_format.origin.has_archives:
                    unpack(place, temporary, rules)
                else:
                    (temporary / file.name).parent.mkdir(parents=True, exist_ok=True)
                    place.replace(temporary / file.name)
            _refuse_other(temporary, weights_format, model)
            folders.seal(temporary, {name: sha256(temporary / name) for name in present_files(temporary, rules)})
    except WeightsDamaged:
        _remove(places)
        raise
    _remove(places)


def _refuse_other(folder: Path, weights_format: WeightsFormat, model: Repository) -> None:
    if fault := find_fault(folder, weights_format.rules(model), {}):
        raise WeightsDamaged(f"What is published as {model.name} is no {weights_format.title}: it {fault.what}.")


def _remove(places: Iterable[Path]) -> None:
    for place in places:
        place.unlink(missing_ok=True)
