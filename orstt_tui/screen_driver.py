"""IncrementalDriver: Textual's own driver, which writes only what changed on the screen."""

from __future__ import annotations

from textual.drivers.linux_driver import LinuxDriver

from orstt_tui.screen_diff import ScreenDiff


class IncrementalDriver(LinuxDriver):
    """Writes to the terminal through a `ScreenDiff`."""

    _diff: ScreenDiff | None = None

    def write(self, data: str) -> None:
        """Write a frame's changed cells; anything else as it is."""
        if self._diff is None:
            self._diff = ScreenDiff()
        if data := self._diff.reduce(data):
            super().write(data)

    def forget(self) -> None:
        """Write the whole of the next frame: the terminal may show anything."""
        self._diff = None

    def start_application_mode(self) -> None:
        """Begin with an empty screen, also when the program goes on after it was stopped."""
        self.forget()
        super().start_application_mode()  # type: ignore[no-untyped-call]  # Textual's
