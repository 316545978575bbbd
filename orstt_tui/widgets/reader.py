"""Reader: the text of a recording in segments, to be read, searched and selected in while it grows.

For whoever builds on it (`SegmentList` has what concerns the text, this module what concerns the cursor):

- `splice(kept, segments)` changes the text from a segment on; the cursor and what is in sight stay where they are.
- `segments`, `cursor`, `cursor_segment`; `selected`, a range of numbers, and `selected_segments`.
- `go_to(index)`, `go_to_time(seconds)`, `find(words)`, `find_next(direction)`, `follow()`.
- It posts `Moved` when the cursor, the selection or the segment under the cursor is another one, and `Changed` when
  there are other segments, other words are looked for, or the end is followed or not.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from textual import events
from textual.binding import Binding, BindingType
from textual.message import Message

from orstt_core.types import Segment
from orstt_tui.transcription_run import TranscriptionRun
from orstt_tui.widgets.moving import moving
from orstt_tui.widgets.segment_list import SegmentList


class Reader(SegmentList, can_focus=True):
    """A list of segments with a cursor; follows its growing end until the person looks elsewhere."""

    HELP = """\
# The transcript

What was said, with the times in the recording (minutes:seconds). **?** marks a segment of which the engine was not
sure, **??** one of which it was not sure at all; doubtful words are underlined. `*` marks one that was corrected.

- **Up / Down**, **j / k**, **Page Up / Down**, **g / G**: read. **t** goes to a time: `1:02:03`, `62` or `1m2s`.
- **/** finds words, **n** and **N** go to the next place and the one before; **Escape** takes the marks away.
- While more text comes, its end is followed until you go elsewhere; **f** or **End** follows again.
- **v** selects from the cursor on, **Shift + Up / Down** segment by segment. **y** copies what is selected, or all;
  **Y** the segment under the cursor. It goes to the clipboard of the terminal you sit at, also over SSH (OSC 52; in
  tmux: `set -g set-clipboard on`). If your terminal does not take it, save instead.
- **z** gives the text the whole screen. **s** saves.
"""
    BINDINGS: ClassVar[list[BindingType]] = [
        *moving("scroll_down", "scroll_up", "scroll_home", "scroll_end"),
        Binding("f", "follow", "Follow", show=False, id="reader.follow", tooltip="Follow the text while it grows"),
        Binding("n", "find_next(1)", "Next", show=False, id="reader.next", tooltip="Go to the next place found"),
        Binding("N", "find_next(-1)", "Previous", show=False, id="reader.previous", tooltip="Go to the place before"),
        Binding("v", "select", "Select", show=False, id="reader.select", tooltip="Select from here on, or no more"),
        Binding("shift+down", "extend(1)", "Select on", show=False, id="reader.extend", tooltip="Select one more"),
        Binding("shift+up", "extend(-1)", "Select back", show=False, id="reader.shrink", tooltip="Select one above"),
        Binding("escape", "release", "Release", show=False, id="reader.release", tooltip="Select and mark nothing"),
    ]

    class Moved(Message):
        """The cursor is elsewhere, or on another segment, or other segments are selected.

        Attributes:
            index: the number of the segment under the cursor; None: there is none.
            segment: the segment itself.
            selected: the numbers of the selected segments; that under the cursor, where nothing is selected.
        """

        def __init__(self, reader: Reader) -> None:
            super().__init__()
            self.reader = reader
            self.index, self.segment, self.selected = reader.cursor, reader.cursor_segment, reader.selected

        @property
        def control(self) -> Reader:
            """The reader, for `textual.on`."""
            return self.reader

    class Changed(Message):
        """There are other segments, other words are looked for, or the end is followed or not."""

    growing = False
    """Whether more text may come."""

    # --- the text ---------------------------------------------------------------------------------

    def begin(self, *, growing: bool) -> None:
        """Show nothing, ready for another text: one that grows is followed, another is read from its beginning."""
        self._anchor = None
        self.mark_corrected(())
        self.growing = self.following = growing
        self.search.look("", [])
        self.splice(0, [])

    def splice(self, kept: int, segments: Sequence[Segment]) -> None:
        """Keep the first `kept` segments, and show these behind them; what is in sight stays where it is."""
        before, empty = self.cursor_segment, not self._shown
        super().splice(kept, segments)
        if self.cursor_segment != before:
            self.post_message(self.Moved(self))
        if empty and self.search.words:  # they were looked for before there was any text
            self.find(self.search.words)
        self.post_message(self.Changed())

    def show_run(self, run: TranscriptionRun) -> bool:
        """Show what became of a run since the last call; return whether anything did."""
        kept, added = run.new_segments()
        if kept == self.segment_count and not added:
            return False
        self.splice(kept, added)
        return True

    def set_growing(self, growing: bool) -> None:  # noqa: FBT001 - the name says what it is
        """Say whether more text may come; what is in sight stays."""
        if growing != self.growing:
            self.growing, self.following = growing, False
            self.post_message(self.Changed())

    # --- getting about ----------------------------------------------------------------------------

    def go_to(self, index: int, *, jump: bool = False) -> None:
        """Put the cursor on a segment and have it in sight; after a `jump`, with what stands around it."""
        if not self._shown:
            return
        before = self.selected
        self.cursor = max(0, min(index, self.segment_count - 1))
        if self.cursor < self.segment_count - 1:
            self._unfollow()
        self._redraw({*before, *self.selected})
        self._reveal(self.size.height // 3 if jump else 0)
        self.post_message(self.Moved(self))

    def go_to_time(self, seconds: float) -> None:
        """Put the cursor on the segment that is spoken then, or on the last one before."""
        starts = [(segment.start or 0.0, index) for index, segment in enumerate(self.segments)]
        self.go_to(max((start for start in starts if start[0] <= seconds), default=(0.0, 0))[1], jump=True)

    def follow(self) -> None:
        """Go to the end, and stay there while more text comes."""
        self.following = self.growing
        self.go_to(self.segment_count - 1)
        self.post_message(self.Changed())

    def watch_scroll_y(self, old_value: float, new_value: float) -> None:
        """Follow no more when the person scrolls back; what comes and goes by itself changes nothing."""
        super().watch_scroll_y(old_value, new_value)
        if new_value < old_value and not self._arranging:
            self._unfollow()

    def find(self, words: str) -> None:
        """Mark all that reads so, and go to the first place at the cursor or behind it; no words: mark nothing."""
        self.search.look(words, self._lines.texts)
        self.search.go_to(self.cursor or 0)
        self._show_found()

    def find_next(self, direction: int) -> None:
        """Go to the next place found (1), or to the one before (-1)."""
        self.search.step(direction, self.cursor or 0)
        self._show_found()

    def _show_found(self) -> None:
        self._drawn.clear()
        self.refresh()
        if self.search.segment is not None:
            self.go_to(self.search.segment, jump=True)
        self.post_message(self.Changed())

    def _unfollow(self) -> None:
        if self.following:
            self.following = False
            self.post_message(self.Changed())

    # --- keys and the mouse -----------------------------------------------------------------------

    def check_action(self, action: str, parameters: tuple[object, ...]) -> bool | None:  # noqa: ARG002 - Textual's
        """Offer what makes sense now."""
        offered = {"find_next": bool(self.search.words), "release": self.selecting or bool(self.search.words)}
        return offered.get(action, True)

    def action_scroll_down(self) -> None:
        """Go to the next segment, or first on in one that is longer than the screen."""
        rows, end = self._rows(), round(self.scroll_y) + self.size.height
        if rows.start < end < rows.stop:
            self._scroll_to_line(min(end - 1, rows.stop - self.size.height))
        else:
            self.go_to((self.cursor or 0) + 1)

    def action_scroll_up(self) -> None:
        """Go to the segment before, or first back in one that is longer than the screen."""
        rows, top = self._rows(), round(self.scroll_y)
        if rows.start < top < rows.stop:
            self._scroll_to_line(max(rows.start, top - self.size.height + 1))
        else:
            self.go_to((self.cursor or 0) - 1)

    def action_page_down(self) -> None:
        """Go on by a screen."""
        self._turn(1)

    def action_page_up(self) -> None:
        """Go back by a screen."""
        self._turn(-1)

    def action_scroll_home(self) -> None:
        """Go to the first segment."""
        self.go_to(0)

    def action_scroll_end(self) -> None:
        """Go to the last segment, and follow what comes."""
        self.follow()

    def action_follow(self) -> None:
        """Follow the text while it grows."""
        self.follow()

    def action_find_next(self, direction: int) -> None:
        """Go to another place found."""
        self.find_next(direction)

    def action_select(self) -> None:
        """Select from the cursor on, or select nothing any more."""
        self._select_from(None if self.selecting else self.cursor)

    def action_extend(self, direction: int) -> None:
        """Select one more segment, or one less."""
        if not self.selecting:
            self._select_from(self.cursor)
        self.go_to((self.cursor or 0) + direction)

    def action_release(self) -> None:
        """Select nothing; if nothing was selected, mark nothing."""
        if self.selecting:
            self._select_from(None)
        else:
            self.find("")

    def on_click(self, event: events.Click) -> None:
        """Put the cursor where the person clicked; with Shift, select until there."""
        line = round(self.scroll_y) + event.y
        if line < self._lines.height:
            if event.shift != self.selecting:
                self._select_from(self.cursor if event.shift else None)
            self.go_to(self._lines.at(line))

    def _select_from(self, anchor: int | None) -> None:
        before, self._anchor = self.selected, anchor
        self._redraw(before)
        self.post_message(self.Moved(self))

    def _turn(self, direction: int) -> None:
        if self.cursor is not None:
            line = self._rows().start + direction * max(self.size.height - 1, 1)
            target = self._lines.at(max(line, 0))
            self.go_to(target if target != self.cursor else self.cursor + direction)
