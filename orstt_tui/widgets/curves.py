"""Curves: figures day by day on a plane, such as the speed of a model since it was first used."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date, timedelta
from itertools import pairwise
from math import ceil, floor
from typing import NamedTuple

from orstt_core.benchmarks.plot import TICKS, Point, tick_distance
from orstt_tui.terminal import draws_unicode
from orstt_tui.widgets.scatter import LETTERS, Axis, Scatter, column_of, row_of

CHANGE = 0.1
"""Share of a figure that its axis spans at least: less is not drawn as if it were much."""


class DayFigure(NamedTuple):
    """A figure of one day; those with the same name are one curve."""

    name: str
    day: date
    value: float


class Curves(Scatter):
    """Draws a curve for each name, by day; the upright axis begins near the least figure, so that changes are seen.

    Args:
        up: what the figures are.
    """

    def __init__(self, up: str, *, id: str | None = None) -> None:  # noqa: A002 - Textual's name
        super().__init__("day", up, id=id)
        self._first = date.min

    def show_days(self, figures: Sequence[DayFigure]) -> None:
        """Show these figures."""
        self._first = min((figure.day for figure in figures), default=date.min)
        self._points = [
            Point(each.name, float((each.day - self._first).days), each.value, each.value, each.value)
            for each in sorted(figures, key=lambda each: each.day)
        ]
        self.refresh()

    @property
    def _names(self) -> list[str]:
        return list(dict.fromkeys(point.name for point in self._points))

    def level(self) -> Axis:
        """Return the days since the first."""
        return Axis(0, float(max(ceil(max(point.across for point in self._points) / TICKS), 1)))

    def upright(self) -> Axis:
        """Return an axis that all figures lie on, and that begins at a round one."""
        least, most = (chosen(point.up for point in self._points) for chosen in (min, max))
        distance = tick_distance(max(most - least, CHANGE * most))
        while most > (start := floor(least / distance) * distance) + TICKS * distance:
            distance = tick_distance(TICKS * distance)
        return Axis(start, distance)

    def level_figure(self, level: Axis, tick: int) -> str:
        """Return the day there."""
        return (self._first + timedelta(days=level.distance * tick)).isoformat()

    def legend(self) -> str:
        """Return the last figure, or which letter is which curve."""
        if len(self._names) > 1:
            return "  ".join(f"{letter} {name}" for letter, name in zip(LETTERS, self._names, strict=False))
        last = self._points[-1]
        return f"{last.up:.3g} on {(self._first + timedelta(days=last.across)).isoformat()}"

    def draw(self, plane: list[list[str]], level: Axis, upright: Axis) -> None:
        """Put the days of each curve into the plane, and dots between them."""
        height, width = len(plane), len(plane[0])
        mark, between = "●·" if draws_unicode() else "o."
        marks = dict(zip(self._names, LETTERS, strict=False)) if len(self._names) > 1 else {self._names[0]: mark}
        for name, letter in marks.items():
            places = [
                (column_of(level.share(point.across), width), upright.share(point.up))
                for point in self._points
                if point.name == name
            ]
            for (begin, low), (end, high) in pairwise(places):
                for column in range(begin + 1, end):
                    row = row_of(low + (high - low) * (column - begin) / (end - begin), height)
                    plane[row][column] = between if plane[row][column] == " " else plane[row][column]
            for column, share in places:
                plane[row_of(share, height)][column] = letter
