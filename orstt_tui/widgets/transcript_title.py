"""TranscriptTitle: one line above a text: where one is, which recording, and how it stands."""

from __future__ import annotations

from collections.abc import Sequence

from textual.content import Content
from textual.widget import Widget

from orstt_tui.formatting import shorten

CRUMB, SEPARATOR = " > ", " · "
SHORTEST_NAME = 20
"""Cells that the recording's name keeps; facts without room beside it are left out, the last ones first."""


class TranscriptTitle(Widget):
    """Shows `Jobs > visit.wav` on the left, and facts on the right, as many as fit."""

    def __init__(self, *, id: str | None = None) -> None:  # noqa: A002 - Textual's name
        super().__init__(id=id)
        self._shown: tuple[Sequence[str], str, tuple[str, str], Sequence[str]] = ((), "", ("", ""), ())

    def show(self, path: Sequence[str], name: str, state: tuple[str, str], facts: Sequence[str]) -> None:
        """Show where one is.

        Args:
            path: the screens that lead here.
            name: what is looked at.
            state: how it stands, and the style of that.
            facts: what else there is to say, the most important first.
        """
        if (shown := (tuple(path), name, state, tuple(facts))) != self._shown:
            self._shown = shown
            self.refresh()

    def render(self) -> Content:
        """The line."""
        path, name, (state, style), facts = self._shown
        crumbs, width = "".join(f"{step}{CRUMB}" for step in path), self.size.width
        kept = list(facts)
        while kept and _room(width, crumbs, state, kept) < min(SHORTEST_NAME, len(name)):
            kept.pop()
        name = shorten(name, _room(width, crumbs, state, kept))
        rest = "".join(f"{SEPARATOR}{fact}" for fact in kept)
        between = " " * max(width - len(crumbs) - Content(name).cell_length - len(state) - len(rest), 1)
        return Content.assemble((crumbs, "dim"), (name, "bold $text-primary"), between, (state, style), rest)


def _room(width: int, crumbs: str, state: str, facts: Sequence[str]) -> int:
    return width - len(crumbs) - len(state) - sum(len(SEPARATOR) + len(fact) for fact in facts) - 2
