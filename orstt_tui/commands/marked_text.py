"""Texts with what differs between two of them in colour, or in marks of letters where there are no colours."""

from __future__ import annotations

import os

import click

from orstt_core.types import ComparedRow, Side
from orstt_tui.commands import output
from orstt_tui.comparison_text import MarkedText, marked_text

COLOURS: dict[Side, str] = {"first": "red", "second": "green"}


def marked(row: ComparedRow, side: Side) -> MarkedText:
    """Return what one side has in a row, on one line."""
    found = marked_text(row, side, by_letters=not has_colours())
    return MarkedText(output.one_line(found.text), found.spans)


def coloured(text: MarkedText, start: int, end: int, side: Side) -> str:
    """Return a part of a text, with what differs in colour where there are colours."""
    shown = has_colours()
    parts = text.parts(start, end)
    return "".join(
        click.style(each, fg=COLOURS[side], bold=True) if differs and shown else each for each, differs in parts
    )


def coloured_text(row: ComparedRow, side: Side) -> str:
    """Return all that one side has in a row, likewise."""
    text = marked(row, side)
    return coloured(text, 0, len(text.text), side)


def has_colours() -> bool:
    """Return whether standard output shows colours."""
    return output.to_terminal() and not os.environ.get("NO_COLOR") and os.environ.get("TERM") != "dumb"
