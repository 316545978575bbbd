"""Plots of models, as an SVG inside a page or as lines of text: how fast each is, its errors, and how sure they are."""

from __future__ import annotations

import html
from collections.abc import Sequence
from math import floor, log10
from typing import NamedTuple

WIDTH, HEIGHT, MARGIN = 640, 360, 56
TICKS = 4
COLUMNS = 50
"""Characters between the ends of the axis of a plot in text."""


class Point(NamedTuple):
    """A model: where it stands, and between which bounds its height is."""

    name: str
    across: float
    up: float
    low: float
    high: float


def plot(points: Sequence[Point], *, across: str, up: str) -> str:
    """Return a drawing of the points, or nothing where there are none; both axes begin at zero and have these names."""
    if not points:
        return ""
    across_step = tick_distance(max(point.across for point in points))
    up_step = tick_distance(max(max(point.high, point.up) for point in points))
    most_across, most_up = TICKS * across_step, TICKS * up_step

    def place(x: float, y: float) -> tuple[float, float]:
        plain = WIDTH - 2 * MARGIN, HEIGHT - 2 * MARGIN
        return MARGIN + plain[0] * x / most_across, HEIGHT - MARGIN - plain[1] * y / most_up

    parts = [_line(place(0, 0), place(most_across, 0), "#444"), _line(place(0, 0), place(0, most_up), "#444")]
    for step in range(TICKS + 1):
        x, y = across_step * step, up_step * step
        parts.append(_text(place(x, 0), f"{x:.3g}", "middle", below=18))
        parts.append(_text(place(0, y), f"{y:.3g}", "end", left=8, below=4))
    for point in points:
        parts.append(_line(place(point.across, point.low), place(point.across, point.high), "#06c"))
        x, y = place(point.across, point.up)
        parts.append(f'<circle cx="{x:.1f}" cy="{y:.1f}" r="5" fill="#06c"/>')
        parts.append(_text((x, y), point.name, "start", left=-9, below=-7))
    parts.append(_text((WIDTH / 2, HEIGHT), across, "middle", below=-12))
    parts.append(_text((MARGIN, 0), up, "start", left=40, below=20))
    drawing = "".join(parts)
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {WIDTH} {HEIGHT}" width="{WIDTH}" role="img" '
        f'aria-label="{html.escape(up)} against {html.escape(across)}" font-family="sans-serif" font-size="12">'
        f"{drawing}</svg>"
    )


def text_plot(points: Sequence[Point]) -> list[str]:
    """Return lines for a page of text: of each point its height as a mark between its bounds, from zero to the right.

    The last line has both ends of the axis; there is none where there are no points.
    """
    if not points:
        return []
    most = TICKS * tick_distance(max(max(point.high, point.up) for point in points))
    names = max(len(point.name) for point in points)

    def column(height: float) -> int:
        return round((COLUMNS - 1) * max(height, 0.0) / most)

    lines = []
    for point in points:
        low, high = column(point.low), column(point.high)
        cells = [" "] * COLUMNS
        cells[low : high + 1] = "-" * (high + 1 - low)
        cells[column(point.up)] = "o"
        lines.append(f"{point.name:{names}} |{''.join(cells)}| {point.up:5.1f} {point.across:7.1f} x")
    most_told = f"{most:.3g}"
    return [*lines, f"{'':{names}}  0{most_told:>{COLUMNS - 1}}"]


def tick_distance(most: float) -> float:
    """Return a round distance of ticks, so that the last one stands above the highest value."""
    least = (most or 1.0) * 1.05 / TICKS
    power: float = 10.0 ** floor(log10(least))
    return next(power * factor for factor in (1, 2, 2.5, 5, 10) if power * factor >= least)


def _line(start: tuple[float, float], end: tuple[float, float], colour: str) -> str:
    (x1, y1), (x2, y2) = start, end
    return f'<line x1="{x1:.1f}" y1="{y1:.1f}" x2="{x2:.1f}" y2="{y2:.1f}" stroke="{colour}"/>'


def _text(at: tuple[float, float], text: str, anchor: str, *, left: float = 0, below: float = 0) -> str:
    x, y = at[0] - left, at[1] + below
    return f'<text x="{x:.1f}" y="{y:.1f}" text-anchor="{anchor}">{html.escape(text)}</text>'
