"""GivesTour: shows the tour at the first start on this machine, and whenever it is asked for."""

from __future__ import annotations

import logging
from pathlib import Path

from orstt_tui.offers_commands import OffersCommands
from orstt_tui.widgets.tour import Tour

logger = logging.getLogger(__name__)


def tour_file(data_dir: Path) -> Path:
    """Return what says, by being there, that the tour was shown."""
    return data_dir / "tour-shown"


class GivesTour(OffersCommands, inherit_bindings=False):
    """A program with a tour.

    Attributes:
        tour_file: what says that it was shown; None: it is shown only when it is asked for.
    """

    def __init__(self) -> None:
        super().__init__()
        self.tour_file: Path | None = None
        self._tour: Tour | None = None
        self._typed = False

    def begin_tour(self) -> None:
        """Show it, if this is the first start and nobody has pressed a key yet; that it was shown is kept."""
        path, self.tour_file = self.tour_file, None
        if path is None or self._typed or path.exists():
            return
        try:
            path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
            path.touch(mode=0o600)
        except OSError as error:  # a machine where nothing can be written would show it at every start
            logger.warning("It cannot be kept that the tour was shown: %s", error)
            return
        self.action_tour()

    def end_tour(self) -> None:
        """Take it away, as whoever types or clicks has read it."""
        self._typed = True
        if self._tour is not None:
            self._tour.remove()
            self._tour = None

    def action_tour(self) -> None:
        """Show it."""
        self.end_tour()
        self._tour = Tour(self.key_of)
        self.screen.mount(self._tour)
