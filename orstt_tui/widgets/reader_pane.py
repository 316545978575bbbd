"""ReaderPane: the reader over a line that says where one is, and takes what is looked for."""

from __future__ import annotations

from typing import ClassVar, Literal, NamedTuple

from textual import on
from textual.app import ComposeResult
from textual.binding import Binding, BindingType
from textual.containers import Horizontal, Vertical
from textual.content import Content
from textual.widget import Widget
from textual.widgets import Input, Label

from orstt_core.errors import InvalidRequest
from orstt_core.transcript import confidence_of
from orstt_tui.formatting import count, timestamp
from orstt_tui.recording_time import parse_time
from orstt_tui.transcript_export import copy_text
from orstt_tui.widgets.field import Field
from orstt_tui.widgets.pane import CLASS, show_title
from orstt_tui.widgets.reader import Reader

Question = Literal["Find", "Go to"]
PLACEHOLDERS: dict[Question, str] = {"Find": "words", "Go to": "1:02:03, 62 or 1m2s"}
SEPARATOR = " · "


class Before(NamedTuple):
    """How the text was before something was asked."""

    cursor: int
    words: str
    following: bool


class ReaderStatus(Widget):
    """One line: which segment the cursor is on, what was found, and whether the end is followed."""

    def __init__(self, reader: Reader) -> None:
        super().__init__()
        self._reader = reader

    def render(self) -> Content:
        """The place on the left, what else there is to say on the right, as far as there is room."""
        place, notes = Content(SEPARATOR.join(_place(self._reader))), Content(SEPARATOR.join(_notes(self._reader)))
        room = self.size.width - notes.cell_length - len(SEPARATOR)
        if room < place.cell_length:
            place = place.truncate(max(room, 0), ellipsis=True)
        return place + " " * max(self.size.width - place.cell_length - notes.cell_length, 0) + notes


class ReaderPrompt(Field):
    """Takes words to find, or a time to go to."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("escape", "leave", "Back", show=False, id="prompt.leave", tooltip="Back to the text, as it was")
    ]

    def action_leave(self) -> None:
        """Ask nothing any more."""
        self.query_ancestor(ReaderPane).leave()


class ReaderPane(Vertical):
    """Has the keys that ask for something: words to find, a time to go to, the whole screen."""

    ALLOW_MAXIMIZE = True
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("slash", "ask('Find')", "Find", id="reader.find", tooltip="Find words in the text"),
        Binding("t", "ask('Go to')", "Go to time", show=False, id="reader.time", tooltip="Go to a time"),
        Binding(
            "z", "zoom", "Zoom", show=False, id="reader.zoom", tooltip="Give the text the whole screen, or no more"
        ),
        Binding("escape", "unzoom", "Back", show=False, id="reader.unzoom", tooltip="Back from the whole screen"),
        Binding("Y", "copy_segment", "Copy segment", show=False, id="reader.copy", tooltip="Copy the segment"),
    ]

    def __init__(self, *, id: str | None = None) -> None:  # noqa: A002 - Textual's name
        super().__init__(id=id, classes=CLASS)
        show_title(self, "Text")
        self.reader = Reader()
        self._question: Question = "Find"
        self._before = Before(0, "", following=False)

    def compose(self) -> ComposeResult:
        """The text, and one line below it."""
        yield self.reader
        yield ReaderStatus(self.reader)
        with Horizontal(id="reader-prompt"):
            yield Label()
            yield ReaderPrompt()

    def on_mount(self) -> None:
        """Nothing is asked yet."""
        self._show_prompt(asking=False)

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:  # noqa: ARG002 - Textual's
        """Offer what makes sense where the focus is."""
        return self.screen.maximized is self if action == "unzoom" else self.reader.has_focus

    # --- what is asked ----------------------------------------------------------------------------

    def action_ask(self, question: Question) -> None:
        """Ask for words to find, or for a time."""
        reader = self.reader
        self._question, self._before = question, Before(reader.cursor or 0, reader.search.words, reader.following)
        self.query_one("#reader-prompt Label", Label).update(question)
        self._show_prompt(asking=True)
        prompt = self.query_one(ReaderPrompt)
        with prompt.prevent(Input.Changed):
            prompt.value = ""
        prompt.placeholder = PLACEHOLDERS[question]
        self.screen.set_focus(prompt)  # at once: `focus()` would only be queued behind the next keys

    def leave(self) -> None:
        """Ask nothing any more; the cursor and what was looked for are as they were."""
        if self._before.words != self.reader.search.words:
            self.reader.find(self._before.words)
        if self._before.following:
            self.reader.follow()
        else:
            self.reader.go_to(self._before.cursor)
        self._back()

    @on(Input.Changed)
    def _find_so_far(self, event: Input.Changed) -> None:
        event.stop()
        if self._question == "Find":
            self.reader.go_to(self._before.cursor)
            self.reader.find(event.value)

    @on(Input.Submitted)
    def _answered(self, event: Input.Submitted) -> None:
        event.stop()
        words = event.value.strip()
        if self._question == "Find":
            if words and not len(self.reader.search):
                self.notify(f"{words} is not in the text.", severity="warning", markup=False)
        elif words:
            try:
                self.reader.go_to_time(parse_time(words))
            except InvalidRequest as error:
                self.notify(str(error), severity="warning", markup=False)
                return
        self._back()

    def _back(self) -> None:
        self._show_prompt(asking=False)
        self.screen.set_focus(self.reader)

    def _show_prompt(self, *, asking: bool) -> None:
        self.query_one("#reader-prompt").display = asking
        self.query_one(ReaderStatus).display = not asking

    # --- what it does -----------------------------------------------------------------------------

    def action_zoom(self) -> None:
        """Give the text the whole screen, or no more."""
        if self.screen.maximized is self:
            self.screen.minimize()
        else:
            self.screen.maximize(self)

    def action_unzoom(self) -> None:
        """Give the text its own place on the screen again."""
        self.screen.minimize()

    def action_copy_segment(self) -> None:
        """Copy the text of the segment under the cursor."""
        if (segment := self.reader.cursor_segment) is not None:
            copy_text(self.app, segment.text.strip())

    def on_reader_moved(self) -> None:
        """Say where the cursor is."""
        self.query_one(ReaderStatus).refresh()

    def on_reader_changed(self) -> None:
        """Say what else there is."""
        self.query_one(ReaderStatus).refresh()


def _place(reader: Reader) -> list[str]:
    """Return where the cursor is: the number of its segment, its times, how sure the engine was."""
    segment = reader.cursor_segment
    if segment is None or reader.cursor is None:
        return []
    parts = [f"{reader.cursor + 1:,} of {count(reader.segment_count, 'segment')}"]
    if segment.start is not None and segment.end is not None:
        parts.append(f"{timestamp(segment.start)} - {timestamp(segment.end)}")
    if (confidence := confidence_of(segment)) is not None:
        parts.append(f"{confidence:.0%} sure")
    return parts


def _notes(reader: Reader) -> list[str]:
    """Return what was found, what is selected, and whether the end is followed."""
    notes, search = [], reader.search
    if reader.selecting:
        notes.append(f"{len(reader.selected)} selected")
    if search.words:
        number = 0 if search.current is None else search.current + 1
        notes.append(f"“{search.words}” {number}/{len(search)}")
    if reader.growing:
        notes.append("▼ following" if reader.following else "staying here, f follows")
    return notes
