"""Pane: a part of a screen in a frame, whose upper edge says what it shows, and its lower one what else counts.

Panes that have columns or keys of their own are no `Pane`; they have the class `pane` and their title by `show_title`.
"""

from __future__ import annotations

from textual.containers import Vertical
from textual.content import Content
from textual.widget import Widget

CLASS = "pane"


class Pane(Vertical):
    """A frame around what stands below each other.

    Args:
        title: what it shows.
        id: of the widget.
        classes: CSS classes beside its own.
    """

    def __init__(self, title: str, *, id: str | None = None, classes: str = "") -> None:  # noqa: A002 - Textual's name
        super().__init__(id=id, classes=f"{CLASS} {classes}")
        show_title(self, title)


def show_title(pane: Widget, title: str, note: str = "") -> None:
    """Say in the edges of a pane what it shows, and in a few words what else counts; neither is markup."""
    # The edges are drawn with what is in them: only a change is worth it.
    upper, lower = Content(title), Content(note)
    if pane.border_title != upper.markup:
        pane.border_title = upper
    if (pane.border_subtitle or "") != lower.markup:
        pane.border_subtitle = lower
