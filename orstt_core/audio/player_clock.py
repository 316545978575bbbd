"""PlayerClock: where on a player's clock each frame of a container's sound lies."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from av import AudioFrame
    from av.container import InputContainer

TIMED = frozenset({"asf", "flv", "matroska", "mov", "mpeg", "mpegts"})
"""Containers that give packets times of their own; elsewhere FFmpeg counts the sound itself."""
RESTARTING = frozenset({"flv", "mpeg", "mpegts"})
"""Those that are often cut and joined, so that their times begin anew in the middle."""
LEAST_GAP_SECONDS = 0.1
"""What is less is the rounding of times, or a frame that comes late (`min_hard_comp` of FFmpeg's `aresample`)."""
MOST_GAP_SECONDS = 10.0
"""What is more is no gap where times may begin anew (`-dts_delta_threshold` of FFmpeg's program)."""
MPEG_CLOCK_SECONDS = 2**33 / 90_000
"""After how long times in MPEG streams begin anew (ISO/IEC 13818-1, 2.4.3.7)."""


class PlayerClock:
    """Tells how much silence a player gives before each frame: the picture was first, or sound is missing.

    Args:
        container: the frames' own; its start is the clock's zero, and no silence goes past its length.
    """

    def __init__(self, container: InputContainer) -> None:
        names = set(container.format.name.split(","))
        self._timed = bool(names & TIMED)
        self._longest_gap = MOST_GAP_SECONDS if names & RESTARTING else float("inf")
        self._zero = (container.start_time or 0) / 1e6
        self._length = (container.duration or 0) / 1e6
        self._expected: float | None = None

    def silence_before(self, frame: AudioFrame) -> float:
        """Return the seconds of silence before a frame; each frame is to be given once, in order."""
        silence = self._silence(frame.time) if self._timed or self._expected is None else 0.0
        self._expected = (self._expected or 0.0) + silence + frame.samples / frame.sample_rate
        return silence

    def _silence(self, time: float | None) -> float:
        if time is None:
            return 0.0
        place = time - self._zero
        if self._expected is None:
            # A time just before zero comes as one just before the clock of MPEG begins anew.
            return place if 0 < place < min(self._length, MPEG_CLOCK_SECONDS / 2) else 0.0
        gap = place - self._expected
        if LEAST_GAP_SECONDS <= gap <= self._longest_gap and place < (self._length or float("inf")):
            return gap
        if abs(gap) >= LEAST_GAP_SECONDS:  # the times begin anew here
            self._zero += gap
        return 0.0
