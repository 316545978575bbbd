"""FolderWatch: recordings that appear in a folder, each once, and not before whoever writes it is done."""

from __future__ import annotations

import time
from collections.abc import Awaitable, Callable
from pathlib import Path
from typing import NamedTuple, NoReturn

from orstt_core.errors import (
    Busy,
    DatabaseUnavailable,
    FileProblem,
    ModelSuspended,
    OrsttError,
    RateLimited,
    ServerUnreachable,
    StorageFull,
)
from orstt_tui.recording_files import of_the_same_name, recordings_in

PASSING = (Busy, DatabaseUnavailable, ModelSuspended, RateLimited, ServerUnreachable, StorageFull)
"""Errors that are over some time: the recording is tried again."""
LOOK_SECONDS, PASSING_SECONDS = 1.0, 10.0
"""How often the folder is looked at, and how long to wait at least after an error that passes."""

WATCHED_FILE = "watched.toml"
"""What says, beside the settings file, which folders the terminal program watched; it has them at its next start."""
UNCHANGED_SECONDS = 5.0
"""How long a file must stay as it is: copies come in bursts over a network, and some have their last date from the
start."""


class Version(NamedTuple):
    """What tells a file from what it was before: its size in bytes and its date."""

    size: int
    changed: int


class FolderWatch:
    """Looks at a folder again and again.

    Args:
        folder: what is below its subfolders is not looked at.
        unchanged: how many seconds a file must stay as it is to be taken for complete.
    """

    def __init__(self, folder: Path, unchanged: float = UNCHANGED_SECONDS) -> None:
        self._folder = folder
        self._unchanged = unchanged
        self._seen: dict[Path, tuple[Version, float]] = {}
        self._taken: dict[Path, Version] = {}

    def complete(self) -> list[Path]:
        """Return the recordings that are complete and were not taken before as they are now.

        Raises:
            FileProblem: the folder cannot be read.
        """
        now = time.monotonic()
        found = self._versions()
        self._seen = {path: (version, self._since(path, version, now)) for path, version in found.items()}
        return [
            path
            for path, (version, since) in self._seen.items()
            if version.size and now - since >= self._unchanged and self._taken.get(path) != version
        ]

    def take(self, path: Path) -> None:
        """Return a recording no more, as it is now: it is worked on."""
        self._taken[path] = self._seen[path][0]

    def forget(self, path: Path) -> None:
        """Return a recording once more: it could not be worked on."""
        self._taken.pop(path, None)

    def _since(self, path: Path, version: Version, now: float) -> float:
        seen, since = self._seen.get(path, (None, now))
        return since if seen == version else now

    def _versions(self) -> dict[Path, Version]:
        try:
            found = recordings_in(self._folder)
        except OSError as error:
            raise FileProblem(f"The folder {self._folder} cannot be read: {error.strerror}.") from error
        versions = {}
        for path in found:
            try:
                status = path.stat()
            except OSError:  # it is gone again
                continue
            versions[path] = Version(status.st_size, status.st_mtime_ns)
        return versions


async def take_each(
    recordings: FolderWatch, handle: Callable[[Path], Awaitable[None]], wait: Callable[[OrsttError], None]
) -> NoReturn:
    """Hand over the recordings of a folder as they are complete, until this is cancelled.

    Args:
        recordings: of the folder.
        handle: works on one. One for which it raises an error that passes is handed over again later.
        wait: is told such an error.

    Raises:
        OrsttError: the folder cannot be read, or what `handle` raises beside.
    """
    import asyncio

    while True:
        for path in await asyncio.to_thread(recordings.complete):
            recordings.take(path)  # not all at once: when this is cancelled, the others are still to come
            try:
                await handle(path)
            except PASSING as error:
                recordings.forget(path)
                wait(error)
                await asyncio.sleep(max(error.retry_after, PASSING_SECONDS))
        await asyncio.sleep(LOOK_SECONDS)


def refuse_same_name(path: Path) -> None:
    """Refuse a recording beside which there is another one that would have the same transcript.

    Raises:
        FileProblem: there is; or the folder cannot be read.
    """
    if (other := of_the_same_name(path)) is not None:
        raise FileProblem(f"{path.name} and {other.name} would have the same transcript.", hint="Rename both.")
