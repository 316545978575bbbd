"""QueueingScreen: recordings are chosen, put in line, and transcribed one after the other."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from pathlib import Path
from typing import ClassVar

from msgspec.structs import replace
from textual import events, on, work
from textual.binding import Binding, BindingType
from textual.widgets import Input

from orstt_core.errors import OrsttError
from orstt_core.types import TranscribeRequest
from orstt_tui.backend_connection import BackendConnection
from orstt_tui.formatting import count, home_path
from orstt_tui.notifications import error_text
from orstt_tui.recording_files import PATTERN, RECORDING_ERRORS, expand_recordings
from orstt_tui.recording_queue import QueuedRecording, RecordingQueue, queued
from orstt_tui.screens.transcribing import TranscribingScreen
from orstt_tui.transcription_run import TranscriptionRun
from orstt_tui.widgets.path_input import PathField, expanded, pasted_paths
from orstt_tui.widgets.queue_list import QueueList
from orstt_tui.widgets.request_form import RequestForm


def stands_for_many(path: Path) -> bool:
    """Return whether a path is that of a folder, or a pattern."""
    return path.is_dir() or (any(sign in str(path) for sign in PATTERN) and not path.exists())


class QueueingScreen(TranscribingScreen):
    """What is in line stands in a list of its own; a screen says where."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("ctrl+n", "browse", "Files", id="transcribe.browse", tooltip="Choose recordings in their folders")
    ]

    def __init__(self, connection: BackendConnection) -> None:
        super().__init__(connection)
        self._item: QueuedRecording | None = None

    @property
    def form(self) -> RequestForm:
        """Which recording, and how."""
        return self.query_one(RequestForm)

    @property
    def queue(self) -> RecordingQueue:
        """What is in line."""
        return self.query_one(QueueList).queue

    def draw_queue(self) -> None:
        """Show the line as it is now."""
        self.query_one(QueueList).draw(self._current.meter if self._current is not None and self.running else None)

    # --- what comes into the line -----------------------------------------------------------------

    def action_browse(self) -> None:
        """Let recordings be chosen."""
        from orstt_tui.screens.recordings import RecordingsScreen

        named = self.form.field.path if self.form.field.value.strip() else Path()
        folder = named if named.is_dir() else named.parent
        self.app.push_screen(RecordingsScreen(folder if folder.is_dir() else Path()), self._chosen)

    def _chosen(self, found: list[QueuedRecording] | None) -> None:
        if found and len(found) == 1 and not self.queue.items:
            self.name_recording(found[0].path)
        elif found:
            self.line_up(found)

    @on(PathField.SeveralPasted)
    def _take_pasted(self, event: PathField.SeveralPasted) -> None:
        self.enqueue(event.paths)

    def on_paste(self, event: events.Paste) -> None:
        """Take paths that are dropped where no field has the focus."""
        paths = [path for path in map(expanded, pasted_paths(event.text)) if path.exists()]
        if len(paths) == 1 and not stands_for_many(paths[0]) and not self.queue.items and not self.running:
            self.name_recording(paths[0])
        elif paths:
            self.enqueue(paths)

    def name_recording(self, path: Path) -> None:
        """Put a recording into the form, ready to begin."""
        self.form.field.value = home_path(path)
        self.set_focus(self.form.field)

    @work(group="queue", exit_on_error=False)
    async def enqueue(self, paths: Iterable[Path], *, start: bool = False) -> None:
        """Put recordings in line, a folder or a pattern for those that it stands for."""
        found = await asyncio.to_thread(_queued, list(paths))
        self.line_up(found)
        if start:
            self.start_next()

    def line_up(self, found: list[QueuedRecording]) -> None:
        """Put recordings at the end of the line; what has ended goes when nothing waits any more."""
        if not self.queue.waiting and not self.running:
            self.queue.clear_ended()
        added = self.queue.add(found)
        with self.prevent(Input.Changed):
            self.form.field.value = "" if not self.running else self.form.field.value
        self.draw_queue()
        waits = "" if self.running else ". F5 begins"
        self.notify(f"{count(added, 'recording')} in line{waits}.")
        if not self.running:
            self.query_one(QueueList).table.focus()
        self.refresh_bindings()

    # --- what is done with it ---------------------------------------------------------------------

    def start_next(self) -> bool:
        """Begin with the next in line, and return whether there was one; what is wrong with the form is said."""
        if not self.queue.waiting:
            return False
        like = self.form.request_without_recording()
        if (item := self.queue.begin()) is not None:
            self.form.field.value = home_path(item.path)
            self._item = item
            self.start_on(item.path, replace(like, audio=item.path))
        return item is not None

    def start_on(self, recording: Path, request: TranscribeRequest) -> None:
        """Begin to transcribe, and show that."""
        raise NotImplementedError

    def action_cancel(self) -> None:
        """Stop the transcription; what is in line behind it stays there."""
        super().action_cancel()
        if (item := self._item) is not None:
            self._item, item.job = None, self.job
            self.queue.end(item, "cancelled")
            self.draw_queue()

    def ended(self, run: TranscriptionRun) -> None:
        """Note what became of one that nobody stopped, and go on with the next; not where that would meet the same."""
        item, self._item = self._item, None
        if item is None:
            return
        item.job = run.job
        reason = error_text(run.error)[0] if run.error is not None else ""
        if run.error is not None and not isinstance(run.error, RECORDING_ERRORS):
            self.queue.put_back(item, reason)
            self.draw_queue()
            return
        self.queue.end(item, "done" if run.phase == "done" else "failed", reason)
        try:
            self.start_next()
        except OrsttError as error:
            self.notify(str(error), severity="error", markup=False)
        self.draw_queue()

    async def submit_waiting(self) -> None:
        """Let what is in line become jobs, with what the form says.

        Raises:
            OrsttError: something is wrong with the form, or one is refused: those before it are jobs.
        """
        for item in self.queue.waiting:
            like = self.form.request_without_recording()
            await self.connection.backend.submit_job(replace(like, audio=item.path))
            self.queue.items.remove(item)  # one that is refused leaves those before it jobs, not to be sent again

    @work(exclusive=True, group="open", exit_on_error=False)
    async def on_queue_list_opened(self, event: QueueList.Opened) -> None:
        """Open the text of one that was in line."""
        from orstt_tui.screens.transcript import TranscriptScreen

        job = await self.connection.backend.job(event.item.job)
        self.app.push_screen(TranscriptScreen(self.connection, job, within=self.MODE))


def _queued(paths: list[Path]) -> list[QueuedRecording]:
    return [queued(Path(name)) for path in paths for name in expand_recordings(str(path))]
