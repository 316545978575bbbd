"""Scatter: models as letters on a plane, such as errors against speed."""

from __future__ import annotations

from collections.abc import Sequence
from string import ascii_uppercase
from typing import NamedTuple

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


class Axis(NamedTuple):
    """An axis of `TICKS` parts.

    Attributes:
        start: where it begins.
        distance: how long a part is.
    """

    start: float
    distance: float

    def share(self, value: float) -> float:
        """Return where a value stands, 0 at the beginning and 1 at the end."""
        return (value - self.start) / (TICKS * self.distance)

    def figure(self, tick: int) -> str:
        """Return what stands at the end of a part, by its number; 0: at the beginning."""
        return f"{self.start + tick * self.distance:.3g}"


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
        level, upright = self.level(), self.upright()
        wall, floor, corner = "│─└" if draws_unicode() else "|-+"
        plane = [[" "] * width for _ in range(height)]
        figures = [""] * height
        for tick in range(1, TICKS + 1):
            figures[row_of(tick / TICKS, height)] = upright.figure(tick)
        self.draw(plane, level, upright)
        axes = (
            f"up: {self._up} · right: {self._across}" if draws_unicode() else f"up: {self._up}, right: {self._across}"
        )
        lines = [Content.styled(shorten(axes, self.size.width), "$text-muted")]
        for label, cells in zip(figures, plane, strict=True):
            lines.append(Content.assemble((f"{label:>{LABEL}}{wall}", "$text-muted"), ("".join(cells), "bold")))
        lines.append(Content.styled(f"{upright.figure(0):>{LABEL}}{corner}{floor * width}", "$text-muted"))
        below = [self.level_figure(level, tick) for tick in range(1, TICKS + 1)]
        lines.append(Content.styled(" " * (LABEL + 1) + _level_figures(below, width), "$text-muted"))
        lines.append(Content(shorten(self.legend(), self.size.width)))
        return Content("\n").join(lines)

    # --- what a subclass draws otherwise ----------------------------------------------------------

    def level(self) -> Axis:
        """Return the level axis."""
        return Axis(0, tick_distance(max(point.across for point in self._points)))

    def upright(self) -> Axis:
        """Return the upright axis."""
        return Axis(0, tick_distance(max(max(point.high, point.up) for point in self._points)))

    def level_figure(self, level: Axis, tick: int) -> str:
        """Return what stands below the end of a part of the level axis."""
        return level.figure(tick)

    def legend(self) -> str:
        """Return what stands below all."""
        return "  ".join(f"{letter} {point.name}" for letter, point in zip(LETTERS, self._points, strict=False))

    def draw(self, plane: list[list[str]], level: Axis, upright: Axis) -> None:
        """Put the points into the cells of the plane, its uppermost row first."""
        height, width = len(plane), len(plane[0])
        for point in self._points:
            column = column_of(level.share(point.across), width)
            for row in range(row_of(upright.share(point.high), height), row_of(upright.share(point.low), height) + 1):
                plane[row][column] = "┊" if draws_unicode() else ":"
        for letter, point in zip(LETTERS, self._points, strict=False):
            row, column = row_of(upright.share(point.up), height), column_of(level.share(point.across), width)
            # Of two in one cell, the second stands in the next that is free.
            free = [place for place in range(width) if plane[row][place] not in LETTERS]
            plane[row][min(free, key=lambda place: abs(place - column), default=column)] = letter


def row_of(share: float, height: int) -> int:
    """Return the row of a plane so far up, counted from the uppermost."""
    return height - 1 - min(int(share * height), height - 1)


def column_of(share: float, width: int) -> int:
    """Return the column of a plane so far to the right."""
    return min(int(share * width), width - 1)


def _level_figures(figures: Sequence[str], width: int) -> str:
    """Return the figures of the level axis below their places."""
    cells = [" "] * width
    for tick, figure in enumerate(figures, start=1):
        end = width if tick == TICKS else column_of(tick / TICKS, width) + 1
        cells[end - len(figure) : end] = figure
    return "".join(cells)
