"""WatchedFolders: folders whose recordings the terminal program transcribes as they appear, as `orstt watch` does."""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Coroutine
from pathlib import Path
from typing import Any, Literal

from msgspec.structs import replace
from textual.worker import Worker

from orstt_core.backend import Backend
from orstt_core.errors import OrsttError, SettingsError
from orstt_core.types import TranscribeEvent, TranscribeRequest
from orstt_tui.backend_connection import BackendConnection
from orstt_tui.event_stream import transcribe_when_admitted
from orstt_tui.folder_watch import FolderWatch, refuse_same_name, take_each
from orstt_tui.progress import RunMeter
from orstt_tui.recording_files import RECORDING_ERRORS
from orstt_tui.transcript_file import is_written, suggested_file, write_transcript
from orstt_tui.transcription_run import TranscriptionRun
from orstt_tui.watched_file import KeptFolder, forget_folder, keep_folder, read_folders, watched_file

WatchState = Literal["watching", "working", "waiting", "stopped", "failed"]
RunWork = Callable[[Coroutine[Any, Any, None]], Worker[None]]
"""Runs something as long as the program does."""


class WatchedFolder:
    """One folder; a transcript stands beside its recording, which tells what was done already.

    Args:
        folder: the folder.
        like: what is asked for, but for the recording.
        form: the format of the transcripts.

    Attributes:
        state: what it is doing.
        done, there, failed: how many were transcribed here, had their transcript already, and could not be.
        current: the recording that is worked on; None: none is.
        problem: the last thing that went wrong.
    """

    def __init__(self, folder: Path, like: TranscribeRequest, form: str) -> None:
        self.folder = folder
        self.form = form
        self.state: WatchState = "stopped"
        self.done = self.there = self.failed = 0
        self.current: TranscriptionRun | None = None
        self.problem = ""
        self._like = like
        self._watch = FolderWatch(folder)
        self._one_run = asyncio.Lock()

    def kept(self, *, watching: bool) -> KeptFolder:
        """Return what is kept of it for the next start."""
        return KeptFolder(folder=self.folder, like=self._like, form=self.form, watching=watching)

    @property
    def meter(self) -> RunMeter | None:
        """How far the recording is that is worked on."""
        return self.current.meter if self.current is not None else None

    async def run(self, connection: BackendConnection) -> None:
        """Transcribe what appears, until this is cancelled or the folder cannot be read any more."""
        async with self._one_run:  # one that was cancelled may still be ending
            self.state, self.problem = "watching", ""
            try:
                await take_each(self._watch, lambda path: self._take(connection.backend, path), self._wait)
            except OrsttError as error:
                self.state, self.problem = "failed", str(error)
            finally:
                self.current = None
                self.state = "failed" if self.state == "failed" else "stopped"

    async def _take(self, backend: Backend, path: Path) -> None:
        target = suggested_file(path, self.form)
        if is_written(target, path):
            self.there += 1
            return
        self.state = "working"
        try:
            refuse_same_name(path)
            run = self.current = TranscriptionRun(path, self._like.options)
            request = replace(self._like, audio=path, filename=str(path))
            await transcribe_when_admitted(backend, request, self._apply)
            if run.whole is not None:
                await asyncio.to_thread(write_transcript, run.whole, {self.form: target}, None)
                self.done += 1
        except RECORDING_ERRORS as error:
            self.failed += 1
            self.problem = f"{path.name}: {error}"
        except BaseException:
            self._watch.forget(path)  # when it is begun again this is
            raise
        finally:
            self.current = None
            self.state = "watching"

    def _apply(self, event: TranscribeEvent) -> None:
        if self.current is not None:
            self.current.apply(event)

    def _wait(self, error: OrsttError) -> None:
        self.state, self.problem = "waiting", f"{error} It is tried again."


class WatchedFolders:
    """The folders of the program.

    Args:
        connection: where recordings are transcribed.
        run: runs something as long as the program does.
        tell: is told why they cannot be kept for the next start.
        kept: they are to be kept for it.
    """

    def __init__(
        self, connection: BackendConnection, run: RunWork, tell: Callable[[OrsttError], None], *, kept: bool
    ) -> None:
        self.folders: list[WatchedFolder] = []
        self._connection = connection
        self._run = run
        self._tell, self._kept = tell, kept
        self._workers: dict[WatchedFolder, Worker[None]] = {}

    def list_kept(self) -> list[WatchedFolder]:
        """List the folders that were kept at the end of the program, and return those that were being watched."""
        kept, problems = read_folders()
        for problem in problems:
            self._tell(SettingsError(problem, hint=f"Mend it in {watched_file()}."))
        there = {watched.folder for watched in self.folders}
        listed = {WatchedFolder(each.folder, each.like, each.form): each for each in kept if each.folder not in there}
        self.folders += listed
        return [watched for watched, each in listed.items() if each.watching]

    def add(self, folder: Path, like: TranscribeRequest, form: str) -> WatchedFolder:
        """Watch a folder; one that is watched already is watched with this from now on."""
        for same in [each for each in self.folders if each.folder == folder]:
            self._leave(same)
            self.folders.remove(same)
        watched = WatchedFolder(folder, like, form)
        self.folders.append(watched)
        self.start(watched)
        return watched

    def start(self, watched: WatchedFolder) -> None:
        """Begin, or go on; also at the next start."""
        if not self.is_running(watched):
            self._workers[watched] = self._run(watched.run(self._connection))
        self._keep(lambda: keep_folder(watched.kept(watching=True)))

    def stop(self, watched: WatchedFolder) -> None:
        """Stop; what is worked on is cancelled, and begun again when this goes on."""
        self._leave(watched)
        self._keep(lambda: keep_folder(watched.kept(watching=False)))

    def remove(self, watched: WatchedFolder) -> None:
        """Stop, and forget the folder."""
        self._leave(watched)
        self.folders.remove(watched)
        self._keep(lambda: forget_folder(watched.folder))

    def _leave(self, watched: WatchedFolder) -> None:
        if self.is_running(watched):
            self._workers.pop(watched).cancel()

    def _keep(self, write: Callable[[], None]) -> None:
        try:
            if self._kept:
                write()
        except OrsttError as error:
            self._tell(error)

    def is_running(self, watched: WatchedFolder) -> bool:
        """Return whether a folder is looked at."""
        return watched in self._workers and self._workers[watched].is_running
