"""ComparisonFigures: the figures of two transcripts in columns, as many as there is room for, and of a row of them."""

from __future__ import annotations

from rich.cells import cell_len, set_cell_size
from textual.content import Content
from textual.geometry import Size
from textual.widget import Widget

from orstt_core.types import ComparedRow, Comparison
from orstt_tui.comparison_text import SIDES, differing_words, figures, remarks
from orstt_tui.formatting import shorten
from orstt_tui.widgets.facts import NAME
from orstt_tui.widgets.pane import CLASS, show_title

HIGH = 36
"""Lines of a terminal from which on all figures are shown."""
HERE = "Differs"
"""What the words are called in which the row under the cursor differs."""
FEW = frozenset({"Model", "Settings", "Took", "Words", "Errors", HERE})
"""Those that are shown in any."""
USUAL_HEIGHT, MORE = 24, FEW | {"Memory", "Confidence"}
"""Lines from which on these are shown."""


class ComparisonFigures(Widget):
    """Takes no room before there is a comparison."""

    DEFAULT_CLASSES = CLASS

    def __init__(self, *, id: str | None = None) -> None:  # noqa: A002 - Textual's name
        super().__init__(id=id)
        self._comparison: Comparison | None = None
        self._row: ComparedRow | None = None
        self._measured = False
        self.display = False
        show_title(self, "Figures")

    def show(self, comparison: Comparison) -> None:
        """Show the figures of this one."""
        self._comparison = comparison
        self._row = None
        self._measured = any(differing_words(row, side) for row in comparison.rows for side in SIDES)
        self.display = True
        self.refresh(layout=True)

    def show_row(self, row: ComparedRow | None) -> None:
        """Say how sure the engines were of the words in which a row differs, where they measured that."""
        if self._measured and row != self._row:
            self._row = row
            self.refresh()

    def get_content_height(self, container: Size, viewport: Size, width: int) -> int:  # noqa: ARG002 - Textual's
        """Return how many lines there are."""
        return len(self._lines(width))

    def render(self) -> Content:
        """All lines."""
        return Content("\n").join(self._lines(self.size.width))

    def _lines(self, width: int) -> list[Content]:
        if self._comparison is None:
            return []
        high, room = self.app.size.height >= HIGH, max((width - NAME) // 2, NAME)
        some = MORE if self.app.size.height >= USUAL_HEIGHT else FEW
        lines = []
        told = figures(self._comparison)
        if self._measured:
            first, second = (differing_words(self._row, side) if self._row else "" for side in SIDES)
            told.append((HERE, first, second))
        for name, *values in told:
            if high or name in some:
                heading = name == "Model"
                texts = [f"{letter} {value}" for letter, value in zip("AB", values, strict=True)] if heading else values
                cells = [
                    (set_cell_size(_fitting(text, room - 1), room), "bold $text-primary" * heading) for text in texts
                ]
                lines.append(Content.assemble((f"{name:<{NAME}}", "dim"), *cells))
        said = remarks(self._comparison)
        if high:
            lines += [Content.styled(shorten(remark, width), "dim") for remark in said]
        return lines


def _fitting(text: str, width: int) -> str:
    """Return a figure within so many cells: without what stands in brackets, and only then cut."""
    return shorten(text if cell_len(text) <= width else text.partition(" (")[0], width)
