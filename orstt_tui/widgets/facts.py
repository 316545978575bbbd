"""Facts: sentences, and names with their values wrapped in a column of their own."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Sequence

from textual.content import Content
from textual.geometry import Size
from textual.widget import Widget

NAME = 12
"""Cells for the name of a fact."""
Fact = tuple[str, str | Content]
"""What it is called, and what it is; without a name it goes on below the one before."""
Line = Content | Fact
"""A sentence over the whole width, or a fact."""


def wrapped(lines: Iterable[Line], width: int) -> Iterator[Content]:
    """Yield the lines as they are shown in so many cells."""
    for line in lines:
        if isinstance(line, Content):
            yield from line.wrap(max(width, NAME))
            continue
        name, value = line
        # Names that are longer than their column have a line of their own.
        label = name if len(name) < NAME else ""
        if name and not label:
            yield Content.styled(name, "dim")
        for part in _content(value).wrap(max(width - NAME, NAME)):
            yield Content.assemble((f"{label:<{NAME}}", "dim"), part)
            label = ""


def grouped(groups: Iterable[tuple[str, Sequence[Fact]]]) -> Iterator[Line]:
    """Yield facts below their headings; an empty heading takes no line."""
    for number, (heading, facts) in enumerate(groups):
        if heading:
            yield Content.styled(("\n" if number else "") + heading, "bold $text-primary")
        yield from facts


def _content(value: str | Content) -> Content:
    return value if isinstance(value, Content) else Content(value)


class Facts(Widget):
    """As high as what it shows.

    Args:
        *lines: what it shows at first.
        id: of the widget.
        classes: CSS classes.
    """

    DEFAULT_CSS = "Facts { height: auto; }"

    def __init__(self, *lines: Line, id: str | None = None, classes: str = "") -> None:  # noqa: A002 - Textual's name
        super().__init__(id=id, classes=classes)
        self._lines: Sequence[Line] = lines

    def show(self, lines: Sequence[Line]) -> None:
        """Show these; nothing is drawn where they are the same."""
        if [*lines] != [*self._lines]:
            self._lines = lines
            # Textual keeps a height that was asked for between two wishes for a layout, the second of which is then
            # none: facts that come right after they were placed would have the height of what stood there before.
            self._box_model_cache.clear()
            self.refresh(layout=True)

    def get_content_height(self, container: Size, viewport: Size, width: int) -> int:  # noqa: ARG002 - Textual's
        """Return how many lines there are in so many cells."""
        return len([*wrapped(self._lines, width)])

    def render(self) -> Content:
        """All lines."""
        return Content("\n").join(wrapped(self._lines, self.size.width))
