"""ScreenDiff: sends of each frame only the cells that differ from what the terminal shows, as curses does.

Textual draws whole regions anew, a third of the screen for one cursor key: 15 to 50 kB, which is seconds on a slow
link. What it writes is read here into cells; those that changed are written, each style once for all that have it.
"""

from __future__ import annotations

import re
from collections import deque
from collections.abc import Iterator
from functools import lru_cache
from typing import NamedTuple

from rich.cells import cell_len, get_character_cell_size

TOKEN = re.compile(
    r"\x1b\[(?P<row>\d+);(?P<column>\d+)H|\x1b\[(?P<style>[\d;]*)m|(?P<text>[^\x00-\x1f\x7f]+)|\n"
    r"|(?P<link>\x1b\]8;[^\x07\x1b]*(?:\x1b\\|\x07))|(?P<other>\x1b\[[0-?]*[ -/]*[@-~]|[\x00-\x1f\x7f])"
)
"""What a frame is made of (ECMA-48): places, styles, text, links; anything else is passed on."""
FRAME = re.compile(r"\x1b\[\d+;\d+H")
FOREGROUND, BACKGROUND = re.compile("3[0-79]|9[0-7]"), re.compile("4[0-79]|10[0-7]")
LINED = frozenset({"4", "7", "9", "21", "51", "52", "53"})
"""Attributes that show in a space: lines under, through and over it, frames, and colours exchanged."""
ENDS = {"1": "22", "2": "22", "3": "23", "4": "24", "7": "27", "9": "29"}
"""What ends an attribute and leaves the colours; any other is ended by 0, as are all."""
NO_LINK = "\x1b]8;;\x1b\\"
SHORTEST_MOVE = 6
"""A move costs as much as so many cells: between two that changed, no more than these are written again."""
SHORTEST_ERASURE = 12
"""So many blank cells cost more than to have them erased (ECH, ECMA-48, section 8.3.38) and to go behind them."""


class Style(NamedTuple):
    """How a cell is drawn, each part as parameters of SGR (ECMA-48, section 8.3.117); "" is the terminal's own."""

    attributes: tuple[str, ...] = ()
    foreground: str = ""
    background: str = ""

    @property
    def blank(self) -> Style:
        """The part of it that shows in a space."""
        return self if LINED & set(self.attributes) else Style(background=self.background)

    def after(self, before: Style) -> str:
        """Return what changes from another style to this one."""
        anew = ["0", *self.attributes, self.foreground, self.background]
        ends = {ENDS.get(attribute, "0") for attribute in before.attributes if attribute not in self.attributes}
        if before.foreground.startswith("9") and not self.foreground.startswith("9"):
            ends.add(ENDS["1"])  # the console of Linux keeps the brightness of a foreground for the next one
        begins = [
            attribute
            for attribute in self.attributes
            if attribute not in before.attributes or ENDS.get(attribute) in ends
        ]
        change = [
            *sorted(ends),
            *begins,
            "" if self.foreground == before.foreground else self.foreground or "39",
            "" if self.background == before.background else self.background or "49",
        ]
        parameters = min((anew if "0" in ends else change, anew), key=_length)
        return f"\x1b[{';'.join(filter(None, parameters))}m" if self != before else ""


def _length(parameters: list[str]) -> int:
    return len(";".join(filter(None, parameters)))


class Cell(NamedTuple):
    """What stands in one column of one row.

    Attributes:
        text: its character. Text with wide characters or marks stands as a whole in its first cell, since terminals
            differ in the columns that they give it; "" in the others.
        style: of a space, what of it shows.
        link: what opens the hyperlink that it belongs to.
    """

    text: str
    style: Style
    link: str = ""


NOTHING = Cell("", Style())


class ScreenDiff:
    """Remembers what a terminal shows.

    Args:
        erases: the terminal can erase cells where they are, and gives them the background that is set (terminfo's
            `ech` and `bce`).
    """

    def __init__(self, *, erases: bool = False) -> None:
        self._erases = erases
        self._rows: dict[int, dict[int, Cell]] = {}
        self._cursor = (0, 0)

    def reduce(self, data: str) -> str:
        """Return what to write instead of a frame; what is no frame is returned as it is."""
        if not FRAME.match(data):
            return data
        changed: dict[int, set[int]] = {}
        others = []
        cursor = self._cursor
        row = column = 0
        style, link = Style(), ""
        for token in TOKEN.finditer(data):
            if token["text"]:
                if dirty := self._place(row, column, cells := _cells(token["text"], style, link)):
                    changed.setdefault(row, set()).update(dirty)
                column += len(cells)
            elif token["row"]:
                row, column = int(token["row"]), int(token["column"])
            elif token["style"] is not None:
                style = _style(style, token["style"])
            elif token["link"]:
                link = "" if token["link"] == NO_LINK else token["link"]
            elif token["other"]:
                others.append(token["other"])
        output = "".join(self._runs(changed)) + "".join(others)
        self._cursor = (row, column)
        return output + _move(row, column) if output or self._cursor != cursor else ""

    def _place(self, row: int, column: int, cells: list[Cell]) -> list[int]:
        """Put cells where they belong, and return the columns that they changed."""
        known = self._rows.setdefault(row, {})
        dirty = [place for place, cell in enumerate(cells, column) if known.get(place) != cell]
        if dirty:
            for end in (column, column + len(cells)):
                _cut(known, end)
            known.update(enumerate(cells, column))
        return dirty

    def _runs(self, changed: dict[int, set[int]]) -> Iterator[str]:
        pen = NOTHING
        for row, places in sorted(changed.items()):
            known = self._rows[row]
            at: int | None = None  # in no column of this row
            for begin, end in _spans(known, places):
                column = begin
                while column < end:
                    cell, blanks = known[column], self._erasable(known, column, end)
                    if column != at:
                        yield _move(row, column) if at is None else f"\x1b[{column}G"
                    if not (cell.text == " " and cell.style == pen.style.blank and cell.link == pen.link):
                        yield from _pen(pen, cell)
                        pen = cell
                    yield f"\x1b[{blanks}X" if blanks else cell.text
                    at = column + 1 if len(cell.text) == 1 and not blanks else 0
                    column += blanks or _width(known, column, end)
        yield from _pen(pen, NOTHING)

    def _erasable(self, known: dict[int, Cell], column: int, end: int) -> int:
        """Return how many blank cells begin here, if it is shorter to have them erased than to write them."""
        cell, last = known[column], column
        if not self._erases or cell.text != " " or cell.link or cell.style.attributes:
            return 0
        while last < end and known.get(last) == cell:
            last += 1
        return last - column if last - column >= SHORTEST_ERASURE else 0


def _spans(known: dict[int, Cell], places: set[int]) -> Iterator[tuple[int, int]]:
    """Yield the first column of what is to be written and the one behind it: what is near each other together."""
    begin = end = 0
    for column in sorted({_first_column(known, place) for place in places if place in known}):
        if begin and column - end <= SHORTEST_MOVE and all(other in known for other in range(end, column)):
            end = column + 1
            continue
        if begin:
            yield begin, end
        begin, end = column, column + 1
    if begin:
        yield begin, end


def _width(known: dict[int, Cell], column: int, end: int) -> int:
    """Return how many columns the text has that begins here."""
    behind = column + 1
    while behind < end and not known[behind].text:
        behind += 1
    return behind - column


def _cut(known: dict[int, Cell], column: int) -> None:
    """Forget the text that lies on both sides of a column."""
    if column not in known or known[column].text:
        return
    begin = end = _first_column(known, column)
    while end == begin or (end in known and not known[end].text):
        end += 1
    for place in range(begin, end):
        del known[place]


def _first_column(known: dict[int, Cell], column: int) -> int:
    while not known[column].text:
        column -= 1
    return column


def _pen(before: Cell, cell: Cell) -> Iterator[str]:
    if cell.link != before.link:
        yield cell.link or NO_LINK
    yield cell.style.after(before.style)


def _cells(text: str, style: Style, link: str) -> list[Cell]:
    blank = Cell(" ", style.blank, link)
    if text.isascii() or all(get_character_cell_size(letter) == 1 for letter in text):
        return [blank if letter == " " else Cell(letter, style, link) for letter in text]
    return [Cell(text, style, link), *[Cell("", style, link)] * (cell_len(text) - 1)]


@lru_cache(maxsize=4096)
def _style(before: Style, parameters: str) -> Style:
    """Return a style after a change, of which Rich writes those of the attributes first and then the colours."""
    style, rest = before, deque(parameters.split(";"))
    while rest:
        code = rest.popleft()
        if code in {"", "0"}:
            style = Style()
        elif code in {"38", "48"} and rest:
            colour = ";".join([code, *(rest.popleft() for _ in range(min(len(rest), 2 if rest[0] == "5" else 4)))])
            style = style._replace(foreground=colour) if code == "38" else style._replace(background=colour)
        elif FOREGROUND.fullmatch(code):
            style = style._replace(foreground=code)
        elif BACKGROUND.fullmatch(code):
            style = style._replace(background=code)
        else:
            style = style._replace(attributes=(*style.attributes, code))
    return style


def _move(row: int, column: int) -> str:
    return f"\x1b[{row};{column}H"
