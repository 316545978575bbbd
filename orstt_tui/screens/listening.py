"""ListeningScreen: a text that is read beside its sound, drawn and, where this machine has sound output, played."""

from __future__ import annotations

import asyncio
from collections.abc import Iterable
from typing import ClassVar

from textual import work
from textual.binding import Binding, BindingType
from textual.widget import Widget

from orstt_core.types import ENDED, Segment
from orstt_tui.backend_connection import BackendConnection
from orstt_tui.playback import SLOW
from orstt_tui.screens.plays_sound import PlaysSound
from orstt_tui.screens.reading import ReadingScreen
from orstt_tui.terminal import draws_unicode
from orstt_tui.widgets.waveform import Waveform

POSITIONS = 5
"""Times a second that the place which plays is drawn anew: each is a line or two over a slow link."""
AGAIN_SECONDS = 2.0
"""How long to wait for a recording to be decoded."""
AROUND_WORD = 0.05
"""Seconds that are played before and after a word: its times are exact to some hundredths of a second."""
PLAYING = frozenset({"play", "play_on", "play_word"})


class ListeningScreen(ReadingScreen, PlaysSound):
    """Draws the sound of `read_job` under its text, and plays parts of it."""

    BINDINGS: ClassVar[list[BindingType]] = [
        Binding("space", "play", "Play", id="sound.play", tooltip="Play the segments selected, or stop"),
        Binding("p", "play_on", "Play on", show=False, id="sound.on", tooltip="Play on from here, or stop"),
        Binding("w", "play_word", "Word", show=False, id="sound.word", tooltip="Play the next word of the segment"),
        Binding(
            "less_than_sign", "slow", "Slower", show=False, id="sound.slow", tooltip="Play slower, at 0.75x, or not"
        ),
        Binding("l", "loop", "Loop", show=False, id="sound.loop", tooltip="Play in a loop, or not"),
    ]

    def __init__(self, connection: BackendConnection) -> None:
        super().__init__(connection)
        self._word = 0

    def text_body(self) -> Iterable[Widget]:
        """The text, over its sound."""
        yield from super().text_body()
        yield Waveform(drawn=draws_unicode())

    def on_mount(self) -> None:
        """Draw what is there once it is known."""
        self._wave.display = False
        self.set_interval(1 / POSITIONS, self._show_position)
        self.fetch_peaks()

    def why_not(self, action: str) -> str:
        """Return why nothing can be played now."""
        if action in PLAYING and self.read_job is not None and not self.read_job.recording:
            return "The recording was not kept, so it cannot be heard."
        return super().why_not(action)

    @work(exclusive=True, group="peaks", exit_on_error=False)
    async def fetch_peaks(self) -> None:
        """Fetch how loud the recording is, once that is known, and draw it."""
        while (job := self.read_job) is not None:
            peaks = await self.connection.backend.peaks(job.id)
            if peaks.peaks:
                self._wave.display = True
                self._wave.show(peaks)
                self._mark()
            if peaks.peaks or job.state in ENDED:
                return
            await asyncio.sleep(AGAIN_SECONDS)

    def hide_sound(self) -> None:
        """Draw nothing: another recording is read."""
        self.workers.cancel_group(self, "peaks")
        self.stop_sound()
        self._wave.display = False

    # --- what is heard ----------------------------------------------------------------------------

    def action_play(self) -> None:
        """Play the selected segments, that under the cursor where none are, or stop."""
        if segments := self._selected:
            self._play(segments[0].start or 0.0, segments[-1].end)

    def action_play_on(self) -> None:
        """Play from the segment under the cursor to the end, or stop."""
        segment = self.reader.cursor_segment
        self._play(segment.start or 0.0 if segment else 0.0, None)

    def action_play_word(self) -> None:
        """Play a word of the segment under the cursor; the next time, the one behind it."""
        words = (segment := self.reader.cursor_segment) and segment.words
        if not words:
            self.notify("The times of words were not measured.", severity="warning")
            return
        word = words[self._word % len(words)]
        self._word += 1
        self._play(max(0.0, word.start - AROUND_WORD), word.end + AROUND_WORD, again=True)

    def action_slow(self) -> None:
        """Play slower from now on, or no more."""
        self._playback.slow = not self._playback.slow
        self._show_mode()

    def action_loop(self) -> None:
        """Begin again at the end from now on, or no more."""
        self._playback.looping = not self._playback.looping
        self._show_mode()

    def _play(self, start: float, end: float | None, *, again: bool = False) -> None:
        if (job := self.read_job) is not None:
            self.play_part(job.id, start, end, again=again)

    @property
    def _selected(self) -> list[Segment]:
        """The selected segments that have times; that under the cursor, where none are selected."""
        return [segment for segment in self.reader.selected_segments if segment.start is not None]

    # --- what is drawn ----------------------------------------------------------------------------

    @property
    def _wave(self) -> Waveform:
        return self.query_one(Waveform)

    def on_reader_moved(self) -> None:
        """Show in the sound what is selected."""
        self._word = 0
        self._mark()

    def on_waveform_chosen(self, event: Waveform.Chosen) -> None:
        """Go to the text of a place that was clicked at."""
        self.reader.go_to_time(event.seconds)

    def _mark(self) -> None:
        if segments := self._selected:
            start, end = segments[0].start or 0.0, segments[-1].end
            self._wave.mark(start, start if end is None else end)

    def _show_position(self) -> None:
        self._wave.show_position(self._playback.position)
        self._show_mode()

    def _show_mode(self) -> None:
        self._wave.show_mode(f"{SLOW}x" if self._playback.slow else "", looping=self._playback.looping)
