"""Fetch a model from the hub into the hub's cache, with progress, and prove every byte.

Invariant: a file stands in the cache once it was compared with its digest, and `refs/main`, by which a snapshot is
found later, is written last. What was interrupted or damaged on the way is never taken for a model; it goes on where
it was the next time.
"""

from __future__ import annotations

import os
import re
import threading
from collections.abc import Callable, Iterable
from pathlib import Path
from queue import Empty, SimpleQueue
from typing import TYPE_CHECKING, TypeVar

from orstt_core.errors import InvalidRequest, WeightsError, WeightsNotFound
from orstt_core.notebooks import import_progress_bars
from orstt_core.types import Loading
from orstt_core.weights import hub_cache
from orstt_core.weights.attempts import retry
from orstt_core.weights.catalogue import WeightsFormat
from orstt_core.weights.disk_space import refuse_without_room
from orstt_core.weights.facts import Repository
from orstt_core.weights.fetch_errors import fetch_errors
from orstt_core.weights.files import exists, is_plain_name
from orstt_core.weights.hub_client import guard_connections
from orstt_core.weights.tally import FileProgress, Tally, Wanted
from orstt_core.weights.transfer import is_wanted, missing_bytes, transfer
from orstt_core.weights.verification import discard

if TYPE_CHECKING:
    from huggingface_hub.hf_api import ModelInfo, RepoSibling

ANSWER_SECONDS = 8.0
"""How long a server may take to answer the first question. Nothing else bounds it: without a network the look-up of a
name alone can take minutes to fail."""
CHUNK = 1 << 20
"""Bytes after which progress is told, what came is written, and a download that nobody waits for is given up."""
_DIGEST = re.compile(r"[0-9a-f]{40}|[0-9a-f]{64}")

Answer = TypeVar("Answer")


class HubFile(Wanted, frozen=True):
    """A file of the hub: `blob` is what its cache calls the content, the digest that the hub declares."""

    blob: str


def fetch(
    weights_format: WeightsFormat,
    repository: Repository,
    progress: Callable[[Loading], None],
    file_progress: Callable[[FileProgress], None] | None = None,
    *,
    token: str = "",
) -> Path:
    """Fetch the files that are not in the hub's cache yet and return their folder there.

    Args:
        weights_format: the format of its files.
        repository: what to fetch.
        progress: hears of all files together.
        file_progress: hears of each.
        token: proves to the hub who asks; empty: what the hub's own tools use, if anything.

    Raises:
        WeightsNotFound: the hub does not answer, or has no such model.
        WeightsDamaged: what came is not what was published; it is removed.
        WeightsError: the cache cannot be written, or the disk is full.
        InvalidRequest: the repository holds several models.
    """
    prepare_library()
    from huggingface_hub import constants

    with fetch_errors(weights_format, repository, constants.ENDPOINT):
        progress(Loading(detail=f"asking the hub for {repository.name}"))
        info = retry(lambda: _ask(repository, token), lambda detail: progress(Loading(detail=detail)))
        files = _wanted(weights_format, repository, info)
        folder = hub_cache.repository_folder(repository)
        snapshot = folder / "snapshots" / _commit(info)
        refuse_without_room(folder, sum(_missing(snapshot, file) for file in files))
        tally = Tally(repository.name, files, progress, file_progress)
        for file in files:
            with tally.of(file):
                _bring(repository, snapshot, file, tally, token)
        hub_cache.publish(snapshot)
    return snapshot


def prepare_library() -> None:
    """Import the hub's library, which reads its environment then, guard its connections, and let it write at once."""
    os.environ.setdefault("HF_HUB_DISABLE_TELEMETRY", "1")  # nobody asked for usage reports
    import_progress_bars()
    guard_connections()
    from huggingface_hub import constants

    constants.DOWNLOAD_CHUNK_SIZE = min(constants.DOWNLOAD_CHUNK_SIZE, CHUNK)


def answer_within(seconds: float, ask: Callable[[], Answer]) -> Answer:
    """Return what `ask` does, or raise what it raises.

    Raises:
        TimeoutError: it takes longer; it goes on in a thread that nobody waits for.
    """
    answers: SimpleQueue[tuple[Answer | None, Exception | None]] = SimpleQueue()

    def answer() -> None:
        try:
            answers.put((ask(), None))
        except Exception as error:  # noqa: BLE001 - the thread that waits raises it again
            answers.put((None, error))

    threading.Thread(target=answer, daemon=True).start()
    try:
        found, error = answers.get(timeout=seconds)
    except Empty:
        raise TimeoutError(f"no answer within {seconds:.0f} seconds") from None
    if error is not None:
        raise error
    return found  # type: ignore[return-value]  # there is one of both


def _ask(repository: Repository, token: str) -> ModelInfo:
    from huggingface_hub import HfApi

    revision = repository.revision or "main"
    return answer_within(
        ANSWER_SECONDS,
        lambda: HfApi(token=token or None).model_info(
            repository.repo, revision=revision, timeout=ANSWER_SECONDS, files_metadata=True
        ),
    )


def _commit(info: ModelInfo) -> str:
    commit = info.sha or "main"
    if not hub_cache.COMMIT.fullmatch(commit):
        raise WeightsError("What the hub calls its revision is no name of one.")
    return commit


def _wanted(weights_format: WeightsFormat, repository: Repository, info: ModelInfo) -> list[HubFile]:
    rules, siblings = weights_format.rules(repository), info.siblings or []
    listed = {
        sibling.rfilename: sibling
        for sibling in siblings
        if is_plain_name(sibling.rfilename) and any(rule.matches(sibling.rfilename) for rule in rules)
    }
    missing = [rule.names[0] for rule in rules if rule.required and not any(map(rule.matches, listed))]
    if missing:
        raise WeightsNotFound(
            f"{repository.repo} holds no {weights_format.title}: it lacks {', '.join(missing)}.",
            hint="Choose another repository, e.g. one of those that the known names stand for.",
        )
    _refuse_several(weights_format, repository, listed)
    files = [_file(repository, sibling) for sibling in listed.values()]
    return sorted(files, key=lambda file: file.size)


def _refuse_several(weights_format: WeightsFormat, repository: Repository, names: Iterable[str]) -> None:
    """Refuse a repository of which somebody would use one model of many, and fetch all.

    Raises:
        InvalidRequest: it is such a one; the hint names the models.
    """
    known = weights_format.models_in(repository.repo)
    files = [f"{repository.repo}:{name}" for name in sorted(names)]
    several = len(known) > 1 or (weights_format.is_single_file and len(files) > 1)
    if repository.holds or repository.name != repository.repo or not several:
        return
    raise InvalidRequest(
        f"{repository.repo} holds several models.", hint=f"Name one: {', '.join(known or files)}.", field="model"
    )


def _file(repository: Repository, sibling: RepoSibling) -> HubFile:
    name, published = sibling.rfilename, repository.files.get(sibling.rfilename)
    declared = sibling.lfs.sha256 if sibling.lfs else sibling.blob_id
    digest = published.sha256 if published else declared
    blob = declared or digest
    if sibling.size is None or not (digest and blob and _DIGEST.fullmatch(digest) and _DIGEST.fullmatch(blob)):
        raise WeightsError(f"The hub declares no digest for {name} of {repository.repo}: it cannot be verified.")
    return HubFile(name=name, size=sibling.size, digest=digest, blob=blob)


def _missing(snapshot: Path, file: HubFile) -> int:
    return min(missing_bytes(snapshot / file.name, file.size), missing_bytes(_blob(snapshot, file), file.size))


def _blob(snapshot: Path, file: HubFile) -> Path:
    return snapshot.parents[1] / "blobs" / file.blob


def _bring(repository: Repository, snapshot: Path, file: HubFile, tally: Tally, token: str) -> None:
    from huggingface_hub import hf_hub_url
    from huggingface_hub.utils._headers import build_hf_headers

    there = snapshot / file.name
    if exists(there):  # maybe cut short while somebody copied it
        if is_wanted(there, file):
            return
        discard(there)
    blob = _blob(snapshot, file)
    url = hf_hub_url(repository.repo, file.name, revision=snapshot.name)
    transfer(url, build_hf_headers(token=token or None), file, blob, tally)
    _link(there, blob)


def _link(path: Path, blob: Path) -> None:
    """Give the content its name, as the hub's own client does."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.unlink(missing_ok=True)  # a link to nothing
    try:
        path.symlink_to(os.path.relpath(blob, path.parent))
    except FileExistsError:
        return  # another process was first
    except OSError:  # the disk has no links
        blob.replace(path)
