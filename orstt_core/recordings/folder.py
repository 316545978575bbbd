"""FolderStore: recordings as files in the spool folder, beside the sound that is being decoded."""

from __future__ import annotations

import asyncio
import hashlib
import os
import secrets
import shutil
from collections.abc import AsyncIterator, Awaitable, Callable, Collection
from contextlib import asynccontextmanager, suppress
from pathlib import Path
from typing import BinaryIO

from orstt_core.errors import FileProblem
from orstt_core.recordings.files import cannot_write, files_in, is_gone, make_folder, new_file, remove_left_over
from orstt_core.recordings.store import Blob

LEAST_ROOM = 4 << 20
"""Bytes that must be free for another recording: what a minute of decoded sound takes."""
COPY_BYTES = 1 << 20
PREFIX = "recording"


class FolderStore:
    """Keeps `RecordingStore`'s promises with a folder.

    Args:
        folder: made when it is needed.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder.absolute()

    async def put(self, source: Path | BinaryIO, *, sha256: str = "") -> Blob:
        """See `RecordingStore.put`. A file on the same disk is moved, whatever its size."""
        if isinstance(source, Path):
            return await asyncio.to_thread(self._move_in, source, sha256)
        return await asyncio.to_thread(self._write, source)

    @asynccontextmanager
    async def local_path(self, name: str) -> AsyncIterator[Path]:
        """See `RecordingStore.local_path`. The file itself is lent."""
        yield self._path(name)

    async def remove(self, name: str) -> None:
        """See `RecordingStore.remove`."""
        try:
            await asyncio.to_thread(self._path(name).unlink, missing_ok=True)
        except OSError as error:
            raise FileProblem(f"A recording cannot be removed: {error.strerror}.") from error

    async def restore(self, name: str, stored: str) -> None:
        """See `RecordingStore.restore`."""
        await asyncio.to_thread(self._restore, self._path(name), self._path(stored))

    async def has_room(self) -> bool:
        """See `RecordingStore.has_room`."""
        return await asyncio.to_thread(self._has_room)

    async def sweep(self, named: Callable[[], Awaitable[Collection[str]]]) -> None:
        """See `RecordingStore.sweep`. Decoded sound and uploads that nobody is busy with go too."""
        if found := await asyncio.to_thread(files_in, self._folder):
            needed = {self._path(name) for name in await named()}
            await asyncio.to_thread(remove_left_over, found, needed)

    def _path(self, name: str) -> Path:
        path = self._folder / name  # of a job of an earlier version the name is a whole path, which then stands alone
        moved = path.parent != self._folder and is_gone(path.parent)
        return self._folder / path.name if moved else path

    def _has_room(self) -> bool:
        there = next((folder for folder in (self._folder, *self._folder.parents) if folder.is_dir()), self._folder)
        try:
            return shutil.disk_usage(there).free >= LEAST_ROOM
        except OSError:
            return True

    def _write(self, source: BinaryIO) -> Blob:
        with new_file(self._folder, PREFIX) as file:
            path, digest = Path(file.name), hashlib.sha256()
            try:
                while piece := source.read(COPY_BYTES):
                    digest.update(piece)
                    file.write(piece)
                file.flush()
                self._sync(file.fileno())
            except OSError as error:
                path.unlink()
                raise cannot_write(error) from error
        return Blob(name=path.name, sha256=digest.hexdigest())

    def _move_in(self, path: Path, sha256: str) -> Blob:
        name = f"{PREFIX}-{secrets.token_hex(8)}"
        stored = self._path(name)
        try:
            make_folder(self._folder)
            shutil.move(path, stored)
            os.utime(stored)  # it is judged by its age until a row names it
            with stored.open("rb") as file:
                sha256 = sha256 or hashlib.file_digest(file, "sha256").hexdigest()
                self._sync(file.fileno())
        except OSError as error:
            for left in (path, stored):  # a copy to another disk may have failed in the middle
                with suppress(OSError):  # the reason of the first failure is what counts
                    left.unlink(missing_ok=True)
            raise cannot_write(error) from error
        return Blob(name=name, sha256=sha256)

    def _restore(self, path: Path, stored: Path) -> None:
        try:
            if not path.exists():
                stored.rename(path)
                _sync_names(path.parent)
        except OSError as error:
            raise cannot_write(error) from error

    def _sync(self, descriptor: int) -> None:
        """See a file through to the disk, and its name in the folder."""
        os.fsync(descriptor)
        _sync_names(self._folder)


def _sync_names(folder: Path) -> None:
    directory = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(directory)
    finally:
        os.close(directory)
