"""How one moves in every list and every text: as in less and vi, beside the arrow keys."""

from __future__ import annotations

from typing import ClassVar

from textual.binding import Binding, BindingType
from textual.containers import VerticalScroll


def moving(down: str, up: str, first: str, last: str) -> list[BindingType]:
    """Return the keys for these actions of a widget, which has `page_down` and `page_up` besides."""
    return [
        Binding("j", down, "Down", show=False, id="list.down"),
        Binding("k", up, "Up", show=False, id="list.up"),
        Binding("g,home", first, "Top", show=False, id="list.first"),
        Binding("G,end", last, "Bottom", show=False, id="list.last"),
        Binding("ctrl+d", "page_down", "Page down", show=False, id="list.pagedown"),
        Binding("ctrl+u", "page_up", "Page up", show=False, id="list.pageup"),
    ]


class ScrollPane(VerticalScroll):
    """What is longer than the room it has, to be scrolled by these keys."""

    BINDINGS: ClassVar[list[BindingType]] = moving("scroll_down", "scroll_up", "scroll_home", "scroll_end")
