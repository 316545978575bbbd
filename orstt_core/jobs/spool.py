"""Spool: the folder of recordings that belong to jobs, and of sound that is being decoded.

Invariant: a file here is either named by a job's row, or locked by the process that is busy with it, or left
over from one that died; the last kind is what `sweep` removes.
"""

from __future__ import annotations

import fcntl
import os
import secrets
import shutil
import time
from collections.abc import Collection
from pathlib import Path

from orstt_core.audio import check_file
from orstt_core.db.job_records import StoredAudio
from orstt_core.spool_files import cannot_write, new_file
from orstt_core.types import RawAudio, SampleFormat, TranscribeRequest

LEFT_OVER_SECONDS = 600.0
"""A recording that nobody names, locks or wrote to for so long was left by a process that died: between being
stored and being named by a job it is not locked."""
DECODED = "decoded"
DECODED_SECONDS = 10.0
"""The same for decoded sound, which is locked from its beginning to its end."""
LEAST_ROOM = 4 << 20
"""Bytes that must be free for another recording: what a minute of decoded sound takes."""


class Spool:
    """The recordings of jobs. Its methods work on files and may take a while: call them in a thread.

    Args:
        folder: made when it is needed.
    """

    def __init__(self, folder: Path) -> None:
        self._folder = folder.absolute()

    def has_room(self) -> bool:
        """Tell whether a recording could be stored and decoded; true where that is not known."""
        standing = next((folder for folder in (self._folder, *self._folder.parents) if folder.is_dir()), self._folder)
        try:
            return shutil.disk_usage(standing).free >= LEAST_ROOM
        except OSError:
            return True

    def store(self, request: TranscribeRequest) -> StoredAudio:
        """Bring a request's recording to where it survives a power cut, and say where that is.

        A file of the person's own stays where it is; a disposable one is taken over, samples are written.

        Raises:
            FileProblem: the file cannot be read, or the spool not written.
            StorageFull: the disk is full.
        """
        if isinstance(request.audio, RawAudio):
            raw = request.audio
            layout = SampleFormat(rate=raw.rate, channels=raw.channels, sample_type=raw.sample_type)
            return StoredAudio(path=self._write(raw.data), owned=True, keep=request.keep_audio, sample_format=layout)
        check_file(request.audio)
        path = request.audio.absolute()
        if request.disposable:
            path = self._take_over(path)
        return StoredAudio(
            path=path, owned=request.disposable, keep=request.keep_audio, sample_format=request.sample_format
        )

    def remove(self, audio: StoredAudio) -> None:
        """Remove a recording, unless it is the person's own file."""
        if audio.owned:
            audio.path.unlink(missing_ok=True)

    def files(self) -> list[Path]:
        """Return all files here."""
        try:
            return [Path(entry.path) for entry in os.scandir(self._folder) if entry.is_file(follow_symlinks=False)]
        except FileNotFoundError:
            return []

    def sweep(self, found: Collection[Path], needed: Collection[Path]) -> list[Path]:
        """Remove what processes that died left behind, and return it.

        Args:
            found: the files that were here before `needed` was read.
            needed: those that jobs name.
        """
        return [path for path in set(found) - set(needed) if _left_over(path)]

    def _write(self, data: bytes) -> Path:
        with new_file(self._folder, "samples", ".pcm") as file:
            path = Path(file.name)
            try:
                file.write(data)
                file.flush()
                _sync(file.fileno(), self._folder)
            except OSError as error:
                path.unlink()
                raise cannot_write(error) from error
        return path

    def _take_over(self, path: Path) -> Path:
        try:
            if path.parent != self._folder:
                self._folder.mkdir(mode=0o700, parents=True, exist_ok=True)
                path = Path(shutil.move(path, self._folder / f"recording-{secrets.token_hex(8)}{path.suffix}"))
            os.utime(path)  # it is judged by its age until a job names it
            descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
            try:
                _sync(descriptor, self._folder)
            finally:
                os.close(descriptor)
        except OSError as error:
            path.unlink(missing_ok=True)
            raise cannot_write(error) from error
        return path


def _sync(descriptor: int, folder: Path) -> None:
    """See a file through to the disk, and its name in the folder."""
    os.fsync(descriptor)
    directory = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(directory)
    finally:
        os.close(directory)


def _left_over(path: Path) -> bool:
    """Remove a file if nobody is busy with it, and return whether that was so."""
    try:
        patience = DECODED_SECONDS if path.name.startswith(DECODED) else LEFT_OVER_SECONDS
        if time.time() - path.stat().st_mtime < patience:
            return False
        with path.open("rb") as file:
            fcntl.flock(file, fcntl.LOCK_EX | fcntl.LOCK_NB)
            path.unlink()
    except FileNotFoundError:
        return False
    except OSError:  # locked, or not ours to remove
        return False
    return True
