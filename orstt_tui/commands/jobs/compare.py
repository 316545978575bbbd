"""`orstt jobs compare`: two transcripts of a recording beside each other, their figures and errors beneath."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from itertools import pairwise, zip_longest
from pathlib import Path

import click

from orstt_core.types import ComparedRow, Comparison, ComparisonQuery, Side
from orstt_tui.commands import output
from orstt_tui.commands.completions import job_ids
from orstt_tui.commands.context import CommandContext
from orstt_tui.commands.jobs.job_ids import refuse_empty_id
from orstt_tui.commands.marked_text import coloured, marked
from orstt_tui.commands.options import global_options, json_option
from orstt_tui.commands.recordings import label
from orstt_tui.comparison_text import SIDES, MarkedText, figures, remarks, row_mark, share
from orstt_tui.file_parts import read_text
from orstt_tui.formatting import file_name, timestamp

WIDE = 100
"""Columns of a terminal from which on both stand side by side."""
TIME = len("0:00:00.0")
GAP = "  "
SIGNS: dict[Side, str] = {"first": "-", "second": "+"}
"""What a line of the first or the second begins with, where they stand below each other."""


@click.command
@click.argument("first", metavar="ID", callback=refuse_empty_id, shell_complete=job_ids)
@click.argument("second", metavar="ID", callback=refuse_empty_id, shell_complete=job_ids)
@click.option("--reference", metavar="FILE", help="A text of what was really said, to count errors against.")
@click.option("--corrected", is_flag=True, help="Compare what people corrected, not what was recognised.")
@json_option
@global_options
@click.pass_obj
def compare(
    context: CommandContext, *, first: str, second: str, reference: str | None, corrected: bool, as_json: bool
) -> None:
    """Compare two transcripts of a recording.

    Each is a job's; they are compared word by word. On a wide terminal they stand side by side, otherwise below each
    other as `-` and `+`. What differs is coloured, or stands as [-so-] and {+so+}. Below are speed, memory and
    confidence of both and, where --reference names a text or a person corrected one of the two, their errors.
    """
    version = None if corrected else 0
    query = ComparisonQuery(
        first=first,
        second=second,
        first_version=version,
        second_version=version,
        reference=read_text(Path(reference)) if reference is not None else "",
    )
    found = context.run(lambda backend: backend.compare_jobs(query))
    if as_json:
        output.write_json(found)
        return
    columns = output.terminal_columns(sys.stdout) if output.to_terminal() else 0
    lines = _side_by_side if columns >= WIDE else _unified
    output.write("".join(f"{line.rstrip()}\n" for line in lines(found, columns)), styled=True)
    head = ("", *(f"{side.job[:8]} {label(file_name(side.filename))}" for side in (found.first, found.second)))
    output.write_table([head, *figures(found), ("Differing", share(found), "")])
    for remark in remarks(found):
        output.write(f"{output.one_line(remark)}\n")


def _side_by_side(comparison: Comparison, columns: int) -> Iterator[str]:
    """Yield lines of two columns, with the time and the mark of each row before them."""
    from orstt_tui.widgets.segment_lines import line_breaks

    before = TIME + len(GAP) + len("~") + 1
    width = (columns - before - len(GAP)) // 2
    for row in comparison.rows:
        texts = [marked(row, side) for side in SIDES]
        sides = []
        for side, text in zip(SIDES, texts, strict=True):
            edges = pairwise([0, *line_breaks(text.text, width), len(text.text)])
            sides.append([_line(text, *edge, side, width) for edge in edges])
        for number, (left, right) in enumerate(zip_longest(*sides, fillvalue=" " * width)):
            head = f"{_time(row)}{GAP}{row_mark(row)} " if not number else " " * before
            yield f"{head}{left}{GAP}{right}"


def _unified(comparison: Comparison, _: int) -> Iterator[str]:
    """Yield a line for each row that is the same in both, and two for others."""
    for row in comparison.rows:
        if not row.differs:
            yield f"  {_time(row)}{GAP}{marked(row, 'first').text}"
            continue
        for side in SIDES:
            if getattr(row, side) is not None:
                text = marked(row, side)
                yield f"{SIGNS[side]} {_time(row)}{GAP}{_line(text, 0, len(text.text), side)}"


def _line(text: MarkedText, start: int, end: int, side: Side, width: int = 0) -> str:
    """Return a part of a text, filled up to a width, with what differs in colour where there are colours."""
    from rich.cells import cell_len

    shown = text.text[start:end].rstrip()
    return coloured(text, start, start + len(shown), side) + " " * max(width - cell_len(shown), 0)


def _time(row: ComparedRow) -> str:
    passage = row.first or row.second
    return (timestamp(passage.start) if passage and passage.start is not None else "").rjust(TIME)
