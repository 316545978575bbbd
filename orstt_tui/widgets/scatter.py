"""Scatter: models as letters on a plane, such as errors against speed."""

from __future__ import annotations

from collections.abc import Sequence
from string import ascii_uppercase

from textual.content import Content
from textual.widget import Widget

from orstt_core.benchmarks.plot import TICKS, Point, tick_distance
from orstt_tui.formatting import shorten
from orstt_tui.terminal import draws_unicode

LETTERS = ascii_uppercase
LABEL = 5
"""Cells for the figures at the upright axis."""
LEAST_ROWS, LEAST_CELLS = 3, 16
"""Room of the plane below which nothing is drawn."""


class Scatter(Widget):
    """Draws a letter for each point, a line between its bounds where there is room, and the names below.

    Args:
        across: name of the level axis.
        up: name of the upright axis.
    """

    def __init__(self, across: str, up: str, *, id: str | None = None) -> None:  # noqa: A002 - Textual's name
        super().__init__(id=id)
        self._across, self._up = across, up
        self._points: Sequence[Point] = ()

    def show(self, points: Sequence[Point]) -> None:
        """Show these points; those after the 26th have no letter and are left out."""
        self._points = points[: len(LETTERS)]
        self.refresh()

    def render(self) -> Content:
        """The names of the axes, the plane, the figures of the level axis, and the names of the points."""
        width, height = self.size.width - LABEL - 1, self.size.height - 4
        if not self._points or width < LEAST_CELLS or height < LEAST_ROWS:
            return Content("")
        across = tick_distance(max(point.across for point in self._points))
        up = tick_distance(max(max(point.high, point.up) for point in self._points))
        upright, level, corner, bar = "│─└┊" if draws_unicode() else "|-+:"
        plane = [[" "] * width for _ in range(height)]
        figures = [""] * height
        for tick in range(1, TICKS + 1):
            figures[_row(tick / TICKS, height)] = f"{tick * up:.3g}"
        for point in self._points:
            column = _column(point.across / (TICKS * across), width)
            for row in range(_row(point.high / (TICKS * up), height), _row(point.low / (TICKS * up), height) + 1):
                plane[row][column] = bar
        for letter, point in zip(LETTERS, self._points, strict=False):
            row, column = _row(point.up / (TICKS * up), height), _column(point.across / (TICKS * across), width)
            # Of two in one cell, the second stands in the next that is free.
            free = [place for place in range(width) if plane[row][place] not in LETTERS]
            plane[row][min(free, key=lambda place: abs(place - column), default=column)] = letter
        axes = (
            f"up: {self._up} · right: {self._across}" if draws_unicode() else f"up: {self._up}, right: {self._across}"
        )
        lines = [Content.styled(shorten(axes, self.size.width), "$text-muted")]
        for label, cells in zip(figures, plane, strict=True):
            lines.append(Content.assemble((f"{label:>{LABEL}}{upright}", "$text-muted"), ("".join(cells), "bold")))
        lines.append(Content.styled(f"{'0':>{LABEL}}{corner}{level * width}", "$text-muted"))
        lines.append(Content.styled(" " * (LABEL + 1) + _level_figures(across, width), "$text-muted"))
        names = "  ".join(f"{letter} {point.name}" for letter, point in zip(LETTERS, self._points, strict=False))
        lines.append(Content(shorten(names, self.size.width)))
        return Content("\n").join(lines)


def _row(share: float, height: int) -> int:
    return height - 1 - min(int(share * height), height - 1)


def _column(share: float, width: int) -> int:
    return min(int(share * width), width - 1)


def _level_figures(distance: float, width: int) -> str:
    """Return the figures of the level axis below their places."""
    cells = [" "] * width
    for tick in range(1, TICKS + 1):
        figure = f"{tick * distance:.3g}"
        end = width if tick == TICKS else _column(tick / TICKS, width) + 1
        cells[end - len(figure) : end] = figure
    return "".join(cells)
