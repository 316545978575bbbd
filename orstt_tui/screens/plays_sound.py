"""PlaysSound: a screen that plays parts of a job's recording, where this machine has sound that one hears."""

from __future__ import annotations

from collections.abc import AsyncGenerator

from textual import work

from orstt_tui.backend_connection import BackendConnection
from orstt_tui.playback import Playback, elsewhere
from orstt_tui.player import Player, PlayerFailed
from orstt_tui.screens.base import MainScreen

NO_SOUND = "No program here plays sound where you sit. To hear it at your machine:"


class PlaysSound(MainScreen):
    """Plays one part at a time; where that cannot be heard, it says so once, and each time what to type elsewhere."""

    def __init__(self, connection: BackendConnection) -> None:
        super().__init__(connection)
        self._playback = Playback(self._audio, Player())
        self._silence_told = False

    def play_part(self, job: str, start: float, end: float | None, *, again: bool = False) -> None:
        """Play a part of a job's recording, or stop what is heard.

        Args:
            job: its id.
            start: in seconds.
            end: likewise; None: two minutes on.
            again: play in any case.
        """
        if not self._playback.is_available:
            line = elsewhere(job, start, end)
            self.notify(line if self._silence_told else f"{NO_SOUND}\n{line}", timeout=20, markup=False)
            self._silence_told = True
        elif self._playback.position is not None and not again:
            self.stop_sound()
        else:
            self.hear(job, start, end)

    def stop_sound(self) -> None:
        """Play nothing."""
        self.workers.cancel_group(self, "sound")

    @work(exclusive=True, group="sound", exit_on_error=False)
    async def hear(self, job: str, start: float, end: float | None) -> None:
        """Play a part of the recording."""
        try:
            await self._playback.play(job, start, end)
        except PlayerFailed as error:
            self.notify(f"{error}\n{NO_SOUND}\n{elsewhere(job, start, end)}", severity="warning", markup=False)

    def _audio(self, job: str, start: float, end: float | None) -> AsyncGenerator[bytes]:
        return self.connection.backend.audio(job, start, end)
