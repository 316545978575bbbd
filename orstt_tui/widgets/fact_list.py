"""FactList: a pane with names and values below headings."""

from __future__ import annotations

from collections.abc import Sequence

from textual.content import Content
from textual.widget import Widget

from orstt_tui.widgets.facts import grouped, wrapped
from orstt_tui.widgets.pane import CLASS, show_title


class FactList(Widget):
    """Shows as much as there is room for.

    Args:
        title: what they are facts of.
        id: of the widget.
    """

    DEFAULT_CLASSES = CLASS

    def __init__(self, title: str, *, id: str | None = None) -> None:  # noqa: A002 - Textual's name
        super().__init__(id=id)
        self._groups: Sequence[tuple[str, Sequence[tuple[str, str]]]] = ()
        show_title(self, title)

    def show(self, groups: Sequence[tuple[str, Sequence[tuple[str, str]]]]) -> None:
        """Show these facts: headings, each with names and values below it; an empty heading takes no line."""
        if groups != self._groups:
            self._groups = groups
            self.refresh()

    def render(self) -> Content:
        """All lines."""
        return Content("\n").join(wrapped(grouped(self._groups), self.size.width))
