"""MakesMainScreens: the screens that the figures lead to, made when they are gone to, and the empty one before them."""

from __future__ import annotations

from contextlib import suppress

from textual.screen import Screen

from orstt_tui.backend_connection import BackendConnection
from orstt_tui.drawn_app import DrawnApp
from orstt_tui.screens.opening import OpeningScreen

OPENING = "opening"
"""Mode of the empty screen: at first, and for the moment in which the others are made anew."""


class MakesMainScreens(DrawnApp, inherit_bindings=False):
    """A program with four main screens; an empty one is there until the first is imported and made."""

    DEFAULT_MODE = OPENING

    _connection: BackendConnection

    def __init__(self) -> None:
        super().__init__()
        self._main_screens = {
            "models": self._models_screen,
            "transcribe": self._transcribe_screen,
            "jobs": self._jobs_screen,
            "measure": self._measure_screen,
        }
        for mode, screen in (self._main_screens | {OPENING: self._opening_screen}).items():
            self.add_mode(mode, screen)

    async def show_first_screen(self) -> None:
        """Go from the empty screen to the first of the main ones."""
        await self.switch_mode(next(iter(self._main_screens)))
        await self.remove_mode(OPENING)

    async def make_screens_anew(self) -> None:
        """Make all main screens anew: those that are there show what the backend that was left had."""
        self.add_mode(OPENING, self._opening_screen)
        await self.switch_mode(OPENING)
        for mode, screen in self._main_screens.items():
            await self.remove_mode(mode)
            self.add_mode(mode, screen)
        await self.show_first_screen()

    def main_screens(self) -> list[Screen[object]]:
        """Return the main screens that were gone to since they were made anew."""
        made = []
        for mode in self._main_screens:
            with suppress(KeyError):
                made += self.get_screen_stack(mode)[:1]
        return made

    def _opening_screen(self) -> Screen[None]:
        return OpeningScreen(self._connection)

    def _models_screen(self) -> Screen[None]:
        from orstt_tui.screens.models import ModelsScreen

        return ModelsScreen(self._connection)

    def _transcribe_screen(self) -> Screen[None]:
        from orstt_tui.screens.transcribe import TranscribeScreen

        return TranscribeScreen(self._connection)

    def _jobs_screen(self) -> Screen[None]:
        from orstt_tui.screens.jobs import JobsScreen

        return JobsScreen(self._connection)

    def _measure_screen(self) -> Screen[None]:
        from orstt_tui.screens.measure import MeasureScreen

        return MeasureScreen(self._connection)
