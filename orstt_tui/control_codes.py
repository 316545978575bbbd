"""Keeps what a terminal would obey off the screen: names and texts come from other people's servers and files.

Textual draws every character of a text as it is, those that begin a terminal's commands too.
"""

from __future__ import annotations

from rich.segment import Segment
from textual.color import Color
from textual.filter import LineFilter

from orstt_core.text import CONTROLS


class ControlCodeFilter(LineFilter):
    """Leaves out control codes, which take no column, of every line that is drawn."""

    def apply(self, segments: list[Segment], background: Color) -> list[Segment]:  # noqa: ARG002 - Textual's
        """Return the line without them."""
        if not any(CONTROLS.search(segment.text) for segment in segments):
            return segments
        return [Segment(CONTROLS.sub("", text), style, control) for text, style, control in segments]
