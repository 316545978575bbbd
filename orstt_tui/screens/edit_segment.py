"""EditSegmentScreen: the form for one segment of a transcript: what was said, when, and where it is split."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from typing import ClassVar

from textual import events, on, work
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal
from textual.widgets import Button, Input, TextArea

from orstt_core.errors import InvalidRequest, OrsttError
from orstt_core.types import Correction, Edit, JobTranscript, MoveBounds, Segment, SetText, SplitSegment
from orstt_tui.backend_connection import BackendConnection
from orstt_tui.formatting import milliseconds
from orstt_tui.recording_time import parse_time
from orstt_tui.screens.dialog import Dialog
from orstt_tui.widgets.field import Field, FormProblem, labelled
from orstt_tui.widgets.pane import Pane


class SegmentText(TextArea):
    """The text of a segment, which has no lines of its own: Enter stores the form."""

    async def _on_key(self, event: events.Key) -> None:
        if event.key == "enter":
            event.stop()
            event.prevent_default()
            await self.screen.run_action("store")
        else:
            await super()._on_key(event)


class EditSegmentScreen(Dialog[JobTranscript | None]):
    """Gives the version that was stored, or None.

    Args:
        connection: the place where the job is.
        newest: the version to correct.
        place: which segment of it.
    """

    HELP = """\
# A segment

Change what was said, or when it begins and ends: not beyond its neighbours. **Enter** stores it. **F8** makes two of
it, split at the cursor. Where the times of its words were not measured, *Split at* proposes when, by the share of the
text. Words that stay keep their times.
"""
    CRUMB = "Correct"
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "dismiss(None)", "Cancel", id="form.cancel", tooltip="Close the form, change nothing"),
        Binding("f8", "split", "Split", id="correct.split", tooltip="Split the segment at the cursor"),
        Binding("f5", "store", "Save", id="form.accept", tooltip="Go ahead with what the form says"),
    ]

    def __init__(self, connection: BackendConnection, newest: JobTranscript, place: int) -> None:
        super().__init__()
        self.connection = connection
        self._newest, self._place = newest, place
        self._segment = newest.transcript.segments[place]
        self._storing = asyncio.Lock()

    def compose(self) -> ComposeResult:
        """The text over the times and the buttons."""
        segment, of = self._segment, len(self._newest.transcript.segments)
        with Pane(f"Segment {self._place + 1:,} of {of:,}", classes="dialog", id="edit-segment"):
            area = SegmentText(" ".join(segment.text.split()), id="segment-text", compact=True, tab_behavior="focus")
            area.cursor_blink = False
            yield area
            yield labelled("Begins", Field(_shown(segment.start), id="start"))
            yield labelled("Ends", Field(_shown(segment.end), id="end"))
            yield labelled("Split at", Field(id="time", placeholder=_split_note(segment)))
            yield FormProblem()
            with Horizontal(classes="dialog-buttons"):
                yield Button("Cancel (Esc)", id="cancel", compact=True, action="screen.dismiss(None)")
                yield Button("Split (F8)", id="split", compact=True, action="screen.split")
                yield Button("Save (F5)", id="accept", variant="primary", compact=True, action="screen.store")

    @on(Input.Changed)
    @on(TextArea.Changed)
    def _clear_problem(self) -> None:
        self.query_one(FormProblem).show("")

    @on(Input.Submitted)
    def action_store(self) -> None:
        """Store what the form says."""
        self.store(split=False)

    def action_split(self) -> None:
        """Store it as two segments, split at the cursor."""
        self.store(split=True)

    @work(group="change", exit_on_error=False)
    async def store(self, *, split: bool) -> None:
        """Have the backend store it, once; what it refuses is said in the form, which stays."""
        if not self._storing.locked():
            async with self._storing:
                await self._store(split=split)

    async def _store(self, *, split: bool) -> None:
        try:
            edits = [*self._changes(), *([self._split()] if split else [])]
            if not edits:
                self.dismiss(None)
                return
            correction = Correction(version=self._newest.version, edits=edits)
            self.dismiss(await self.connection.backend.correct_transcript(self._newest.job, correction))
        except OrsttError as error:
            self.query_one(FormProblem).show(str(error))

    def _changes(self) -> Iterator[Edit]:
        text = self.query_one(SegmentText).text
        if text.split() != self._segment.text.split():
            yield SetText(segment=self._place, text=text)
        start, end = (self._time(name) for name in ("start", "end"))
        if start is not None or end is not None:
            yield MoveBounds(segment=self._place, start=start, end=end)

    def _split(self) -> SplitSegment:
        area, time = self.query_one(SegmentText), self.query_one("#time", Input).value.strip()
        before = area.get_text_range((0, 0), area.cursor_location)
        character = len(" ".join(before.split())) + (before[-1:] == " ")
        if not before.strip() or not area.text[len(before) :].strip():
            raise InvalidRequest(
                "One part would have no text.", hint="Put the cursor where the second part begins.", field="character"
            )
        at = parse_time(time) if time else self._proposed(before, area.text)
        return SplitSegment(segment=self._place, character=character, time=at)

    def _proposed(self, before: str, text: str) -> float | None:
        """Return when the second part begins by its share of the characters; None: the words' times tell it better."""
        start, end = (self._time(name) for name in ("start", "end"))
        start, end = (self._segment.start if start is None else start), (self._segment.end if end is None else end)
        if self._segment.words or start is None or end is None or not before or before == text:
            return None
        return round(start + (end - start) * len(before) / len(text), 3)

    @on(TextArea.SelectionChanged)
    def _propose(self) -> None:
        area = self.query_one(SegmentText)
        try:
            time = self._proposed(area.get_text_range((0, 0), area.cursor_location), area.text)
        except InvalidRequest:  # a bound that is being typed; the form says so once it is stored
            time = None
        note = _split_note(self._segment) if time is None else f"{milliseconds(time)}, by its share of the text"
        self.query_one("#time", Input).placeholder = note

    def _time(self, name: str) -> float | None:
        """Return a bound that the person changed."""
        given, measured = self.query_one(f"#{name}", Input).value.strip(), getattr(self._segment, name)
        return None if given == _shown(measured) else parse_time(given)


def _split_note(segment: Segment) -> str:
    """Return what happens where no time is given for a split."""
    if segment.start is None:
        return "its times were not measured"
    return "where its words say, unless you do" if segment.words else "by the share of the text before the cursor"


def _shown(time: float | None) -> str:
    return "" if time is None else milliseconds(time)
