"""TranscriptTitle: one line above a text: which recording, and how it stands."""

from __future__ import annotations

from collections.abc import Sequence

from textual.content import Content
from textual.widget import Widget

from orstt_tui.formatting import shorten

SEPARATOR = " · "
SHORTEST_NAME = 20
"""Cells that the recording's name keeps; facts without room beside it are left out, the last ones first."""


class TranscriptTitle(Widget):
    """Shows the name on the left, and facts on the right, as many as fit."""

    def __init__(self, *, id: str | None = None) -> None:  # noqa: A002 - Textual's name
        super().__init__(id=id)
        self._shown: tuple[str, tuple[str, str], Sequence[str]] = ("", ("", ""), ())

    def show(self, name: str, state: tuple[str, str], facts: Sequence[str]) -> None:
        """Show what is looked at.

        Args:
            name: of the recording.
            state: how it stands, and the style of that.
            facts: what else there is to say, the most important first.
        """
        if (shown := (name, state, tuple(facts))) != self._shown:
            self._shown = shown
            self.refresh()

    def render(self) -> Content:
        """The line."""
        name, (state, style), facts = self._shown
        kept, width = list(facts), self.size.width
        while kept and _room(width, state, kept) < min(SHORTEST_NAME, len(name)):
            kept.pop()
        name = shorten(name, _room(width, state, kept))
        rest = "".join(f"{SEPARATOR}{fact}" for fact in kept)
        between = " " * max(width - Content(name).cell_length - len(state) - len(rest), 1)
        return Content.assemble((name, "bold $text-primary"), between, (state, style), rest)


def _room(width: int, state: str, facts: Sequence[str]) -> int:
    return width - len(state) - sum(len(SEPARATOR) + len(fact) for fact in facts) - 2
