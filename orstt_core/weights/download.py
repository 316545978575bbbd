"""Fetch a model from the hub into the hub's cache, with progress, and prove every byte.

Invariant: `refs/main`, by which a snapshot is found later, is written last, after every file has been
compared with its digest. What was interrupted or damaged on the way is never taken for a model; finished
files are kept for the next attempt, and a connection that breaks goes on where it was.
"""

from __future__ import annotations

import errno
import logging
import os
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path
from queue import Empty, SimpleQueue
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from msgspec import Struct

from orstt_core.addresses import is_loopback
from orstt_core.disk import FULL, why_not
from orstt_core.errors import OrsttError, WeightsDamaged, WeightsError, WeightsNotFound
from orstt_core.notebooks import import_progress_bars
from orstt_core.proxies import no_socks_proxy, proxy_hint
from orstt_core.text import readable_bytes
from orstt_core.types import Loading
from orstt_core.weights import hub_cache
from orstt_core.weights.catalogue import Repository, WeightsFormat
from orstt_core.weights.files import exists, git_blob, sha256
from orstt_core.weights.hub_client import guard_connections
from orstt_core.weights.location import described, ways
from orstt_core.weights.verification import SHA256_DIGITS, discard

if TYPE_CHECKING:
    from huggingface_hub.hf_api import ModelInfo
    from huggingface_hub.utils.tqdm import tqdm

ANSWER_SECONDS = 8.0
"""How long the hub may take to answer the first question. Nothing else bounds it: without a network the
look-up of a name alone can take minutes to fail."""

_DISK = {*FULL, errno.EROFS, errno.EACCES, errno.EPERM, errno.ENOTDIR}


class Wanted(Struct, frozen=True):
    """A file to fetch: its name, its bytes and its digest (SHA-256, or Git's name for its content)."""

    name: str
    size: int
    digest: str


class FileProgress(Struct, frozen=True):
    """How much of one file is here, in bytes; `digest` begins with the kind of it, such as `sha256:`."""

    digest: str
    done: int
    total: int


def fetch(
    weights_format: WeightsFormat,
    repository: Repository,
    progress: Callable[[Loading], None],
    file_progress: Callable[[FileProgress], None] | None = None,
) -> Path:
    """Fetch the files that are not in the hub's cache yet and return their folder there.

    Args:
        weights_format: the format of its files.
        repository: what to fetch.
        progress: hears of all files together.
        file_progress: hears of each.

    Raises:
        WeightsNotFound: the hub does not answer, or has no such model.
        WeightsDamaged: what came is not what was published; it is removed.
        WeightsError: the cache cannot be written, or the disk is full.
    """
    progress(Loading(detail=f"asking the hub for {repository.name}"))
    # Read when the library is first imported. Its second way of downloading (Xet) talks to servers that
    # HF_ENDPOINT does not cover and hangs where a firewall is in the way; nobody asked for usage reports.
    os.environ.setdefault("HF_HUB_DISABLE_XET", "1")
    os.environ.setdefault("HF_HUB_DISABLE_TELEMETRY", "1")
    guard_connections()
    with _explained(weights_format, repository):
        info = _ask(repository)
        files = _wanted(weights_format, repository, info)
        tally = _Tally(repository.name, sum(file.size for file in files), progress)
        for file in files:
            tally.begin(file, file_progress)
            path = _download(repository, info.sha or "main", file, tally)
            tally.finish(file)
            _prove(path, file)
        snapshot = path.parents[file.name.count("/")]
        hub_cache.publish(snapshot)
    return snapshot


def _ask(repository: Repository) -> ModelInfo:
    import_progress_bars()
    from huggingface_hub import HfApi

    answers: SimpleQueue[ModelInfo | Exception] = SimpleQueue()

    def ask() -> None:
        try:
            revision = repository.revision or "main"
            info = HfApi().model_info(repository.repo, revision=revision, timeout=ANSWER_SECONDS, files_metadata=True)
            answers.put(info)
        except Exception as error:  # noqa: BLE001 - the thread that waits raises it again
            answers.put(error)

    threading.Thread(target=ask, daemon=True).start()
    try:
        answer = answers.get(timeout=ANSWER_SECONDS)
    except Empty:
        raise TimeoutError(f"no answer within {ANSWER_SECONDS:.0f} seconds") from None
    if isinstance(answer, Exception):
        raise answer
    return answer


def _wanted(weights_format: WeightsFormat, repository: Repository, info: ModelInfo) -> list[Wanted]:
    rules, siblings = weights_format.rules(repository), info.siblings or []
    listed = {
        sibling.rfilename: sibling for sibling in siblings if any(rule.matches(sibling.rfilename) for rule in rules)
    }
    missing = [rule.names[0] for rule in rules if rule.required and not any(map(rule.matches, listed))]
    if missing:
        raise WeightsNotFound(
            f"{repository.repo} holds no {weights_format.title}: it lacks {', '.join(missing)}.",
            hint="Choose another repository, e.g. one of those that the known names stand for.",
        )
    files = []
    for name, sibling in listed.items():
        declared = sibling.lfs.sha256 if sibling.lfs else sibling.blob_id
        digest = repository.files[name].sha256 if name in repository.files else declared
        if digest is None or sibling.size is None:
            raise WeightsError(f"The hub declares no digest for {name} of {repository.repo}: it cannot be verified.")
        files.append(Wanted(name=name, size=sibling.size, digest=digest))
    return sorted(files, key=lambda file: file.size)


def _download(repository: Repository, commit: str, file: Wanted, tally: _Tally) -> Path:
    from huggingface_hub import hf_hub_download

    there = hub_cache.repository_folder(repository) / "snapshots" / commit / file.name
    # The library takes what is there as it is, also when it was cut short while somebody copied it.
    if exists(there) and there.stat().st_size != file.size:
        discard(there)
    path = hf_hub_download(
        repository.repo,
        file.name,
        revision=commit,
        cache_dir=hub_cache.cache_folder(),
        etag_timeout=ANSWER_SECONDS,
        tqdm_class=_bar(tally.add),
    )
    return Path(path)


def _prove(path: Path, file: Wanted) -> None:
    found = sha256(path) if len(file.digest) == SHA256_DIGITS else git_blob(path)
    if found != file.digest:
        discard(path)
        raise WeightsDamaged(
            f"{file.name} came damaged: its digest is {found} instead of {file.digest}. It was removed.",
            hint="Try again; if that does not help, something between here and the hub changes files.",
        )


class _Tally:
    """Bytes fetched so far, over all files."""

    def __init__(self, name: str, total: int, progress: Callable[[Loading], None]) -> None:
        self._name = name
        self._total = total
        self._progress = progress
        self._file: Wanted | None = None
        self._file_progress: Callable[[FileProgress], None] | None = None
        self._finished = self._done = 0
        self.add(0)

    def begin(self, file: Wanted, report: Callable[[FileProgress], None] | None) -> None:
        """Count for this file from now on."""
        self._file, self._file_progress = file, report

    def add(self, count: int) -> None:
        """Count bytes that came; negative when they are fetched again."""
        self._done += count
        self._progress(Loading(detail=f"fetching {self._name}", done=self._done, total=self._total))
        if self._file and self._file_progress:
            kind = "sha256" if len(self._file.digest) == SHA256_DIGITS else "git-sha1"
            done = max(0, self._done - self._finished)
            self._file_progress(FileProgress(f"{kind}:{self._file.digest}", done, self._file.size))

    def finish(self, file: Wanted) -> None:
        """Count a file as a whole, also when it was there already."""
        self.add(self._finished + file.size - self._done)
        self._finished += file.size


def _bar(add: Callable[[int], None]) -> type[tqdm]:
    """Return a class that the library takes for a progress bar; it shows nothing and reports bytes."""
    from huggingface_hub.utils.tqdm import tqdm

    class Bar(tqdm):
        def __init__(self, *args: Any, **options: Any) -> None:
            options["disable"] = True
            super().__init__(*args, **options)  # type: ignore[no-untyped-call]  # the library's own class has no types

        def update(self, n: float | None = 1) -> None:
            add(int(n or 0))

        def update_transfer(self, n: float | None = 1) -> None:
            """Leave out the bytes as they travel: they are counted when they are written."""

    return Bar


@contextmanager
def _explained(weights_format: WeightsFormat, repository: Repository) -> Iterator[None]:
    from huggingface_hub import constants
    from huggingface_hub.errors import RepositoryNotFoundError, RevisionNotFoundError
    from huggingface_hub.utils import logging as hub_logging

    # Its warnings would stand among our own lines; what goes wrong is raised anyway.
    hub_logging.set_verbosity(logging.ERROR)
    try:
        yield
    except OrsttError:
        raise
    except (RepositoryNotFoundError, RevisionNotFoundError) as error:
        raise WeightsNotFound(
            f"The hub at {constants.ENDPOINT} has no model {repository.repo} that may be read from here.",
            hint="Check the name. A private model needs a token, in HF_TOKEN or a file that HF_TOKEN_PATH names.",
        ) from error
    except Exception as error:  # what the library's HTTP client raises has changed with each major version
        if isinstance(error, OSError) and error.errno in _DISK:
            disk = weights_format.disk(repository)
            size = f"{readable_bytes(disk)} must be free, and it" if disk else "It"
            raise WeightsError(
                f"{repository.name} cannot be stored in the hub's cache: {why_not(error)}.",
                hint=f"{size} must be writable: `orstt doctor` names it, HF_HUB_CACHE another folder.",
            ) from error
        direct = is_loopback(urlsplit(constants.ENDPOINT).hostname)
        raise WeightsNotFound(
            f"{described(weights_format, repository)} could not be fetched from {constants.ENDPOINT}: "
            f"{_reason(error, constants.ENDPOINT)}.{'' if direct else proxy_hint(constants.ENDPOINT)}",
            hint="Try again when there is a network, or do one of these: "
            + ways(weights_format, repository, fetch=False),
        ) from error


def _reason(error: Exception, hub: str) -> str:
    from socksio import ProtocolError

    if isinstance(error, ProtocolError):
        return no_socks_proxy(hub)
    return next(filter(None, str(error).splitlines()), type(error).__name__).rstrip(".")
