"""TranscriptView: segments with their times, as they arrive; stays fast with thousands."""

from __future__ import annotations

from collections.abc import Sequence
from typing import ClassVar

from rich.segment import Segment as Span
from textual.binding import Binding, BindingType
from textual.content import Content
from textual.css.styles import RulesMap
from textual.strip import Strip
from textual.style import Style
from textual.visual import RenderOptions, Visual
from textual.widgets import OptionList

from orstt_core.subtitles import part_name
from orstt_core.types import Segment
from orstt_tui.formatting import timestamp
from orstt_tui.transcription_run import TranscriptionRun

GAP = 2
"""Cells between the times and the text."""
NARROWEST = 10
"""Cells left to the text at least; below that a terminal is too small for anything."""


class Timed(Visual):
    """A segment: its times, and beside them its text, wrapped in a column of its own."""

    def __init__(self, segment: Segment) -> None:
        self._times = times(segment)
        text = segment.text.strip()
        self._text = Content(f"{name}: {text}" if (name := part_name(segment)) else text)
        self._indent = len(self._times) + GAP if self._times else 0
        self._measured: tuple[int, int] | None = None

    def get_optimal_width(self, rules: RulesMap, container_width: int) -> int:
        """Return the width without wrapping, in cells."""
        return self._indent + self._text.get_optimal_width(rules, container_width)

    def get_height(self, rules: RulesMap, width: int) -> int:
        """Return the number of lines at a width in cells."""
        # Kept: the list asks for all of its segments at every change of a style, and a focus is one.
        if self._measured is None or self._measured[0] != width:
            self._measured = width, max(1, self._text.get_height(rules, max(width - self._indent, NARROWEST)))
        return self._measured[1]

    def render_strips(self, width: int, height: int | None, style: Style, options: RenderOptions) -> list[Strip]:
        """Return the lines."""
        column = max(width - self._indent, NARROWEST)
        rich_style = style.rich_style
        lines = self._text.render_strips(column, height, style, options) or [Strip.blank(column, rich_style)]
        dim = (style + Style(dim=True)).rich_style
        return [
            Strip.join([Strip([Span((self._times if number == 0 else "").ljust(self._indent), dim)]), line])
            for number, line in enumerate(lines)
        ]


def times(segment: Segment) -> str:
    """Return `0:02.0 - 0:04.5`; empty when the engine measured none."""
    if segment.start is None or segment.end is None:
        return ""
    return f"{timestamp(segment.start):>7} - {timestamp(segment.end):>7}"


class TranscriptView(OptionList):
    """The list of segments; follows the newest one until the person scrolls up."""

    HELP = """\
# The transcript

What was said, as it is recognised, with the times in the recording (minutes:seconds).

- **Up / Down**, **j / k**, **Page Up / Down**: read; the list follows new text while its end is in sight.
- **y** copies all text to the clipboard of the terminal you sit at, also over SSH (OSC 52; in tmux:
  `set -g set-clipboard on`). If your terminal does not take it, save instead.
- **s** saves as text, SubRip, WebVTT, JSON or TSV.
"""
    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("j", "cursor_down", "Down", show=False, id="list.down"),
        Binding("k", "cursor_up", "Up", show=False, id="list.up"),
        Binding("g,home", "first", "First", show=False, id="list.first"),
        Binding("G,end", "last", "Last", show=False, id="list.last"),
    ]

    _following = True

    def begin(self, *, at_end: bool) -> None:
        """Show nothing, ready for other segments: to follow them as they come, or to be read from the first."""
        self.clear_options()
        self._following = at_end

    def truncate(self, number: int) -> None:
        """Take away all segments after the first `number`: they will come again."""
        if number == 0 < self.option_count:
            self.begin(at_end=True)
        for index in range(self.option_count - 1, number - 1, -1):
            self.remove_option_at_index(index)

    def extend(self, segments: Sequence[Segment]) -> None:
        """Add segments at the end."""
        self.add_options([Timed(segment) for segment in segments])
        self._follow()

    def follow(self, run: TranscriptionRun) -> bool:
        """Show what became of a run since the last call; return whether anything did."""
        kept, added = run.new_segments()
        if kept == self.option_count and not added:
            return False
        self.truncate(kept)
        self.extend(added)
        return True

    def on_resize(self) -> None:
        """Keep the newest segment in sight when the room for it changes."""
        self._follow()

    def watch_scroll_y(self, old_value: float, new_value: float) -> None:
        """Follow while the end is in sight: only scrolling, never new text, changes that."""
        super().watch_scroll_y(old_value, new_value)
        self._following = self.is_vertical_scroll_end

    def _follow(self) -> None:
        if self._following:
            self.call_after_refresh(self.scroll_end, animate=False)
