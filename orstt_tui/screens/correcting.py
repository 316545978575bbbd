"""CorrectingScreen: the keys that correct a finished transcript where it is read; each correction is stored at once."""

from __future__ import annotations

import asyncio
from collections.abc import Awaitable, Callable, Iterator
from typing import ClassVar

from textual import work
from textual.binding import Binding, BindingType

from orstt_core.backend import Backend
from orstt_core.errors import TranscriptChanged
from orstt_core.types import (
    Correction,
    Done,
    Edit,
    Job,
    JobTranscript,
    MergeSegments,
    MoveBounds,
    ReplaceSegments,
)
from orstt_tui.backend_connection import BackendConnection
from orstt_tui.screens.reading import ReadingScreen

STEP = 0.1
"""Seconds by which a key moves a bound."""
ANYTIME = frozenset({"original", "history"})
"""What can be done while the original is shown, too."""
CORRECTIONS = ANYTIME | {"correct", "merge", "move", "remove", "undo", "redo"}
RECOGNISED = "what was recognised"
BACK = "o shows the corrected text"
MEANWHILE = "Somebody else changed the transcript meanwhile."
Change = Callable[[Backend, JobTranscript], Awaitable[JobTranscript]]


class CorrectingScreen(ReadingScreen):
    """Corrects the segment under the cursor; what was recognised stays, and can be shown again."""

    COMMANDS_HELP = """\
- Of a job that is done: **e** corrects the segment (text, times, split), **m** merges it with the next, **X** removes
  it; **[ ]** move its beginning, **{ }** its end. **u** undoes, **U** redoes; **o** shows what was recognised,
  **h** who corrected what, and any version.
"""
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("e", "correct", "Correct", id="correct.edit", tooltip="Correct the segment: text, times, split"),
        Binding("m", "merge", "Merge", show=False, id="correct.merge", tooltip="Make one of the segment and the next"),
        Binding(
            "left_square_bracket",
            f"move('start', -{STEP})",
            "Earlier",
            show=False,
            id="correct.earlier",
            tooltip="Let the segment begin earlier",
        ),
        Binding(
            "right_square_bracket",
            f"move('start', {STEP})",
            "Later",
            show=False,
            id="correct.later",
            tooltip="Let the segment begin later",
        ),
        Binding(
            "left_curly_bracket",
            f"move('end', -{STEP})",
            "Shorter",
            show=False,
            id="correct.shorter",
            tooltip="Let the segment end earlier",
        ),
        Binding(
            "right_curly_bracket",
            f"move('end', {STEP})",
            "Longer",
            show=False,
            id="correct.longer",
            tooltip="Let the segment end later",
        ),
        Binding("X", "remove", "Remove", show=False, id="correct.remove", tooltip="Remove the segment"),
        Binding("u", "undo", "Undo", show=False, id="correct.undo", tooltip="Take the latest correction back"),
        Binding("U", "redo", "Redo", show=False, id="correct.redo", tooltip="Make the correction again"),
        Binding("o", "original", "Original", id="correct.original", tooltip="Show what was recognised, or no more"),
        Binding("h", "history", "Versions", show=False, id="correct.history", tooltip="Who corrected what, and when"),
    ]

    def __init__(self, connection: BackendConnection) -> None:
        super().__init__(connection)
        self._newest: JobTranscript | None = None
        self._others = 0
        """How often a version came on the screen that was not made here."""
        self._earlier_shown = ""
        """What is on the screen in the place of the newest version; empty: that one."""
        self._changing = asyncio.Lock()

    def why_not(self, action: str) -> str:
        """Return why a correction cannot be made now; empty: it can, or it is none."""
        if action not in CORRECTIONS:
            return super().why_not(action)
        if self.read_job is None or self.read_job.state != "done":
            return "Only the transcript of a job that is done can be corrected."
        if self._earlier_shown and action not in ANYTIME:
            return f"This is {self._earlier_shown}, which stays as it is; {BACK}."
        return ""

    async def show_newest(self) -> None:
        """Show the newest version, and mark what people corrected in it."""
        job = self.read_job
        if job is not None and job.transcript_version and not self._earlier_shown:
            self._show(await self.connection.backend.job_transcript(job.id))

    def is_corrected_elsewhere(self, job: Job) -> bool:
        """Return whether there is a newer version of the text than is shown, by somebody else."""
        return job.transcript_version > self._version and not self._earlier_shown and not self._changing.locked()

    def action_correct(self) -> None:
        """Open the form for the segment under the cursor."""
        self.open_form()

    def action_merge(self) -> None:
        """Make one of the segment and the next one."""
        for place in self._place():
            self._edit(MergeSegments(segment=place))

    def action_move(self, bound: str, seconds: float) -> None:
        """Let the segment begin or end a little earlier or later."""
        place, segment = self.reader.cursor, self.reader.cursor_segment
        if place is None or segment is None:
            return
        if getattr(segment, bound) is None:
            self.notify("The times of this segment were not measured.", severity="warning")
        else:
            self._edit_newest(lambda newest: _moved(newest, place, bound, seconds))

    def action_remove(self) -> None:
        """Remove the selected segments; undo brings them back."""
        selected = self.reader.selected
        if selected:
            self._edit(ReplaceSegments(segment=selected.start, count=len(selected), passages=[]))

    def action_undo(self) -> None:
        """Take the latest correction back."""
        self._change(lambda backend, newest: backend.undo_correction(newest.job, newest.version), "Undone.")

    def action_redo(self) -> None:
        """Make the correction again that was undone last."""
        self._change(lambda backend, newest: backend.redo_correction(newest.job, newest.version), "Done again.")

    @work(group="change", exit_on_error=False)
    async def action_original(self) -> None:
        """Show what was recognised, or the corrected text again."""
        await self._show_version(None if self._earlier_shown else 0)

    def action_history(self) -> None:
        """Show who corrected what, and read the version that is chosen there."""
        from orstt_tui.screens.revisions import RevisionsScreen

        if self.read_job is not None:
            language = self.run.language if self.run is not None else None
            self.app.push_screen(RevisionsScreen(self.connection, self.read_job.id, language, self.read_version))

    @work(group="change", exit_on_error=False)
    async def read_version(self, version: int) -> None:
        """Show the text as a version was."""
        await self._show_version(version)

    @work(group="change", exit_on_error=False)
    async def change(self, change: Change, others: int, said: str = "") -> None:
        """Have the backend make a version, one after the other; where somebody was faster, show theirs.

        Args:
            change: makes it of the newest version.
            others: versions of others that were on the screen when it was asked for: it is not made on a later one.
            said: what is said once it is made.
        """
        async with self._changing:
            newest = await self._known()
            if others != self._others:
                self.notify(f"{MEANWHILE} Look at it, and make your change again.", severity="warning")
                return
            try:
                self._show(await change(self.connection.backend, newest), own=True)
                if said:
                    self.notify(said)
            except TranscriptChanged as error:
                self._show(await self.connection.backend.job_transcript(newest.job))
                self.notify(str(error), severity="warning", markup=False)

    @work(group="change", exit_on_error=False)
    async def open_form(self) -> None:
        """Open the form on the newest version."""
        from orstt_tui.screens.edit_segment import EditSegmentScreen

        async with self._changing:  # what was asked for before is in the form
            newest, place = await self._known(), self.reader.cursor
        if place is not None and place < len(newest.transcript.segments):
            stored = await self.app.push_screen_wait(EditSegmentScreen(self.connection, newest, place))
            if stored is not None:
                self._show(stored, own=True)

    async def _show_version(self, version: int | None) -> None:
        """Show an earlier version, in which nothing can be corrected, or the newest one."""
        if self.read_job is None:
            return
        found = await self.connection.backend.job_transcript(self.read_job.id, version)
        name = f"version {found.version}" if found.version else RECOGNISED
        self._earlier_shown = name if found.version != found.latest or version == 0 else ""
        self._show(found)
        self.notify(f"This is {self._earlier_shown}; {BACK}." if self._earlier_shown else "This is the corrected text.")

    def _change(self, change: Change, said: str = "") -> None:
        self.change(change, self._others, said)

    def _edit(self, edit: Edit) -> None:
        self._edit_newest(lambda _: edit)

    def _edit_newest(self, edit: Callable[[JobTranscript], Edit]) -> None:
        self._change(
            lambda backend, newest: backend.correct_transcript(
                newest.job, Correction(version=newest.version, edits=[edit(newest)])
            )
        )

    def _place(self) -> Iterator[int]:
        if self.reader.cursor is not None:
            yield self.reader.cursor

    async def _known(self) -> JobTranscript:
        """Return the newest version, which is shown."""
        if self._newest is None:
            assert self.read_job is not None
            self._show(found := await self.connection.backend.job_transcript(self.read_job.id))
            return found
        return self._newest

    @property
    def _version(self) -> int:
        """The newest version that was shown."""
        return self._newest.version if self._newest is not None else 0

    def _show(self, found: JobTranscript, *, own: bool = False) -> None:
        if found.version == found.latest:
            self._others += found.version != self._version and not own
            self._newest = found
        if self.run is not None:
            self.run.apply(Done(transcript=found.transcript))
            self.reader.mark_corrected(found.corrected)
            self.show_text(growing=False)


def _moved(newest: JobTranscript, place: int, bound: str, seconds: float) -> MoveBounds:
    """Return what moves a bound on from where it is when its turn comes: keys may be faster than a server."""
    segments = newest.transcript.segments
    if place >= len(segments):
        return MoveBounds(segment=place)  # which is refused with the reason
    return MoveBounds(segment=place, **{bound: max(0.0, round(getattr(segments[place], bound) + seconds, 3))})
