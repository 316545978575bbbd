"""Playback: parts of a job's recording, fetched from whoever has it and played here: once, in a loop, or slower."""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing
from typing import NamedTuple

from orstt_tui.player import Player
from orstt_tui.wav_files import excerpt, slowed

Fetch = Callable[[str, float, float | None], AsyncGenerator[bytes]]
"""Yields the sound of a job from one time to another as a WAV file: `Backend.audio`."""
SLOW = 0.75
BEHIND_SECONDS, AHEAD_SECONDS = 15.0, 120.0
"""What is fetched around a part that is to be played: whoever listens goes on to the next. Two minutes are 4 MB."""


class _Held(NamedTuple):
    """Sound of a job from one time to another, as a WAV file."""

    job: str
    start: float
    end: float
    wav: bytes


class Playback:
    """Plays one part at a time.

    Args:
        fetch: gets the sound.
        player: makes it heard.

    Attributes:
        slow: play what is begun from now on at 0.75 of its speed, at the same pitch.
        looping: begin again at the end, for as long as this is so.
    """

    def __init__(self, fetch: Fetch, player: Player) -> None:
        self._fetch = fetch
        self._player = player
        self.slow = False
        self.looping = False
        self._start = 0.0
        self._end: float | None = None
        self._speed = 1.0
        self._began: float | None = None
        self._held: _Held | None = None

    @property
    def is_available(self) -> bool:
        """Whether this machine makes sound that whoever types can hear."""
        return self._player.is_available

    @property
    def position(self) -> float | None:
        """Which second of the recording is heard now; None: nothing is."""
        if self._began is None:
            return None
        heard = self._start + self._speed * (time.monotonic() - self._began)
        return heard if self._end is None else min(heard, self._end)

    async def play(self, job: str, start: float, end: float | None) -> None:
        """Play a part of a job's recording, without an end two minutes of it; cancelling stops it.

        Raises:
            OrsttError: the sound is not to be had.
            PlayerFailed: it cannot be played here.
        """
        wav = await self._part(job, start, end)
        self._start, self._end, self._speed = start, end, SLOW if self.slow else 1.0
        if self.slow:
            wav = await asyncio.to_thread(slowed, wav, SLOW)
        try:
            while True:
                self._began = time.monotonic()
                await self._player.play(wav)
                if not self.looping:
                    return
        finally:
            self._began = None

    async def _part(self, job: str, start: float, end: float | None) -> bytes:
        """Return a part as a WAV file: decoding it takes seconds where it is far back, so more is fetched at once."""
        end = start + AHEAD_SECONDS if end is None else end
        held = self._held
        if held is None or held.job != job or not held.start <= start < end <= held.end:
            first, last = max(0.0, start - BEHIND_SECONDS), max(end, start + AHEAD_SECONDS)
            async with aclosing(self._fetch(job, first, last)) as parts:
                wav = b"".join([part async for part in parts])
            held = self._held = _Held(job, first, last, wav)
        return excerpt(held.wav, start - held.start, end - held.start)


def elsewhere(job: str, start: float, end: float | None) -> str:
    """Return what to type at a machine with loudspeakers, to hear a part there."""
    until = "" if end is None else f" --to {end:.2f}"
    return f"ssh HOST orstt audio {job[:8]} --from {start:.2f}{until} | aplay"
