"""Waveform: the sound of a recording in three lines, with its speech, the segment under the cursor, and what plays.

What it shows is told by shape as well as by colour: under the wave speech is a line, the segment a thick one.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import groupby
from typing import NamedTuple

from textual import events
from textual.content import Content
from textual.message import Message
from textual.widget import Widget

from orstt_core.types import Peaks, SpeechSpan
from orstt_tui.formatting import timestamp
from orstt_tui.widgets.wave_cells import ascii_rows, braille_rows, levels

WINDOW = 60.0
"""Seconds that are in sight of a longer recording."""
LEAD = 0.25
"""How much of what is in sight lies before what came into sight just now."""
STYLES = {"position": "bold reverse", "segment": "bold $text-primary", "speech": "$text", "silence": "$text-muted"}


class Marks(NamedTuple):
    """The characters under the wave, and of the place that plays."""

    segment: str
    speech: str
    silence: str
    position: str
    playing: str
    loop: str


DRAWN, TYPED = Marks("━", "─", " ", "│", "▶", "↻"), Marks("=", "-", " ", "|", ">", "@")


class Waveform(Widget):
    """Draws peaks around the segment under the cursor; a click chooses a time.

    Args:
        drawn: the terminal shows more than ASCII.
    """

    DEFAULT_CSS = "Waveform { height: 3; padding: 0 1; }"

    class Chosen(Message):
        """Somebody clicked at a time of the recording."""

        def __init__(self, seconds: float) -> None:
            super().__init__()
            self.seconds = seconds

    def __init__(self, *, drawn: bool = True, id: str | None = None) -> None:  # noqa: A002 - Textual's name
        super().__init__(id=id)
        self._drawn = drawn
        self._peaks = Peaks()
        self._segment = (0.0, 0.0)
        self._position: float | None = None
        self._speed, self._looping = "", False
        self._start = 0.0

    def show(self, peaks: Peaks) -> None:
        """Draw these; nothing of the recording before is left."""
        self._peaks, self._start, self._segment, self._position = peaks, 0.0, (0.0, 0.0), None
        self.refresh()

    def mark(self, start: float, end: float) -> None:
        """Show which segments are selected, by the times in seconds at which the first begins and the last ends."""
        self._segment = (start, end)
        self._bring_into_sight(start, end)
        self.refresh()

    def show_position(self, seconds: float | None) -> None:
        """Show which place plays; None: nothing does."""
        if seconds != self._position:
            self._position = seconds
            if seconds is not None:
                self._bring_into_sight(seconds, seconds)
            self.refresh()

    def show_mode(self, speed: str, *, looping: bool) -> None:
        """Show how fast it is played, unless as usual, and whether it begins again at the end."""
        if (speed, looping) != (self._speed, self._looping):
            self._speed, self._looping = speed, looping
            self.refresh()

    @property
    def duration(self) -> float:
        """Seconds that the recording lasts."""
        return len(self._peaks.peaks) / self._peaks.per_second

    @property
    def window(self) -> float:
        """Seconds that are in sight."""
        return min(self.duration, WINDOW)

    def render(self) -> Content:
        """The wave over the line of speech, with the times of both ends beside that."""
        columns = self._columns
        if columns < 1 or not self._peaks.peaks:
            return Content("")
        marks, kinds = DRAWN if self._drawn else TYPED, self._kinds(columns)
        per_column = 2 if self._drawn else 1
        loudness = levels(self._peaks, self._start, self.window, columns * per_column)
        above, below = (braille_rows if self._drawn else ascii_rows)(loudness)
        ruler = "".join(getattr(marks, kind) for kind in kinds)
        left, right = timestamp(self._start).rjust(self._gutter - 1), timestamp(self._start + self.window)
        muted = STYLES["silence"]
        playing = [marks.playing] if self._position is not None else []
        state = " ".join([*playing, *([marks.loop] if self._looping else [])])
        lines = [
            self._in_gutter(state) + _styled(self._with_position(above, kinds), kinds),
            self._in_gutter(self._speed) + _styled(self._with_position(below, kinds), kinds),
            Content.styled(f"{left} ", muted) + _styled(ruler, kinds) + Content.styled(f" {right}", muted),
        ]
        return Content("\n").join(lines)

    def on_click(self, event: events.Click) -> None:
        """Choose the time that was clicked at."""
        offset = event.get_content_offset(self)
        column = -1 if offset is None else offset.x - self._gutter
        if self._peaks.peaks and 0 <= column < self._columns:
            self.post_message(self.Chosen(self._time(column)))

    def _in_gutter(self, text: str) -> Content:
        width = self._gutter
        return Content.styled(text[: width - 1].ljust(width), STYLES["segment"])

    @property
    def _gutter(self) -> int:
        return len(timestamp(self.duration)) + 1

    @property
    def _columns(self) -> int:
        return self.size.width - 2 * self._gutter

    def _time(self, column: int) -> float:
        return self._start + column * self.window / self._columns

    def _kinds(self, columns: int) -> list[str]:
        """Return for each column what it shows: a field of `Marks`."""
        first, last = self._time(0), self._time(columns)
        speech = [passage for passage in self._peaks.speech if passage.start < last and passage.end > first]
        return [self._kind(self._time(column), self._time(column + 1), speech) for column in range(columns)]

    def _kind(self, start: float, end: float, speech: Sequence[SpeechSpan]) -> str:
        if self._position is not None and start <= self._position < end:
            return "position"
        if self._segment[0] < end and self._segment[1] > start:
            return "segment"
        return "speech" if any(passage.start < end and passage.end > start for passage in speech) else "silence"

    def _with_position(self, row: str, kinds: list[str]) -> str:
        mark = (DRAWN if self._drawn else TYPED).position
        return "".join(mark if kind == "position" else cell for cell, kind in zip(row, kinds, strict=True))

    def _bring_into_sight(self, start: float, end: float) -> None:
        shown_until = self._start + self.window
        if start < self._start or min(end, start + self.window) > shown_until:
            self._start = max(0.0, min(start - LEAD * self.window, self.duration - self.window))


def _styled(row: str, kinds: list[str]) -> Content:
    return Content.assemble(*_runs(row, kinds))


def _runs(row: str, kinds: list[str]) -> Iterator[tuple[str, str]]:
    """Yield the parts of a row that look alike, each with its style."""
    start = 0
    for kind, run in groupby(kinds):
        length = sum(1 for _ in run)
        yield row[start : start + length], STYLES[kind]
        start += length
