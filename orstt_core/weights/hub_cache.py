"""The hub's cache on this machine, read without the hub's library, which takes a while to import.

Layout: `models--OWNER--NAME/refs/main` names a commit, `snapshots/<commit>/` holds its files (links into
`blobs/`). Only what `refs/main` names counts: a download that was interrupted has written no such line, or
one whose snapshot lacks files.
"""

from __future__ import annotations

import os
import re
from pathlib import Path

from orstt_core.weights.catalogue import WeightsFormat
from orstt_core.weights.facts import Repository
from orstt_core.weights.files import Fault, exists, find_fault

COMMIT = re.compile(r"[0-9a-zA-Z_-]{1,64}")


def cache_folder() -> Path:
    """Return the hub's cache folder, as the hub's own tools find it."""
    environ = os.environ
    # Not a Path yet: variables may stand for its first parts.
    home = environ.get("HF_HOME") or f"{environ.get('XDG_CACHE_HOME') or '~/.cache'}/huggingface"
    folder = environ.get("HF_HUB_CACHE") or environ.get("HUGGINGFACE_HUB_CACHE") or f"{home}/hub"
    return Path(os.path.expandvars(folder)).expanduser()


def is_offline() -> bool:
    """Return whether the person has forbidden all requests to the hub."""
    value = os.environ.get("HF_HUB_OFFLINE") or os.environ.get("TRANSFORMERS_OFFLINE") or ""
    return value.upper() in {"1", "ON", "YES", "TRUE"}


def repository_folder(repository: Repository) -> Path:
    """Return the folder that the cache has, or would have, for this repository."""
    return cache_folder() / f"models--{repository.repo.replace('/', '--')}"


def has_any(repository: Repository) -> bool:
    """Return whether somebody has brought anything of this repository."""
    return exists(repository_folder(repository))


def repositories() -> list[str]:
    """Return the repositories, `owner/name`, that the cache has anything of."""
    try:
        folders = sorted(path.name for path in cache_folder().glob("models--*--*"))
    except OSError:  # one that may not be looked at
        return []
    return [folder.removeprefix("models--").replace("--", "/", 1) for folder in folders]


def snapshot(repository: Repository) -> Path | None:
    """Return the folder of the newest complete revision, without looking into it; None if there is none."""
    folder = repository_folder(repository)
    try:
        commit = (folder / "refs" / "main").read_text().strip()
    except (OSError, UnicodeDecodeError):
        return None
    if not COMMIT.fullmatch(commit):
        return None
    path = folder / "snapshots" / commit
    return path if exists(path) else None


def snapshot_fault(path: Path, weights_format: WeightsFormat, repository: Repository) -> Fault | None:
    """Return what is wrong with a snapshot: files missing, empty or not of the published size."""
    # A later commit may change the small files; the weights themselves stay what they are.
    sizes = weights_format.sizes(repository, pinned=path.name == repository.revision)
    return find_fault(path, weights_format.rules(repository), sizes)


def publish(snapshot: Path) -> None:
    """Let a revision whose files are all there be found from now on."""
    main = snapshot.parents[1] / "refs" / "main"
    main.parent.mkdir(exist_ok=True)
    fresh = main.with_name(f"main-{os.urandom(4).hex()}")
    fresh.write_text(snapshot.name)
    fresh.replace(main)
