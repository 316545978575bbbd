"""ContrastFilter: whatever theme and depth of colour, what is written can be read.

Themes are made for sixteen million colours; a terminal that has 256 or sixteen, as most do over SSH, shows the nearest
ones, and what stood apart runs together. The colours that it will show are compared here, of every line that is drawn:
those of letters, of marks, and of the line under the field that has the focus or the row that the cursor is on.

What sixteen colours look like is the terminal's business. There, surfaces are black or one of the few light colours
that bear black text in all usual palettes.
"""

from __future__ import annotations

from functools import lru_cache

from rich.color import Color as RichColor
from rich.color import ColorSystem
from rich.color_triplet import ColorTriplet
from rich.console import COLOR_SYSTEMS, Console
from rich.segment import Segment
from rich.style import Style
from textual.color import Color
from textual.filter import LineFilter

from orstt_tui.palettes import BLACK, BRIGHT, contrast, ground, least_contrast

TEXT, MARK = 4.5, 3.0
"""The least contrast of text, and of marks such as ● and ─ (WCAG 2.2, criteria 1.4.3 and 1.4.11)."""
EDGES = frozenset(map(chr, range(0x2580, 0x25A0)))
"""Blocks: they continue the surface beside them, as the edge of a field does, and say nothing themselves."""
STEPS = 20
ENDS = ColorTriplet(255, 255, 255), ColorTriplet(0, 0, 0)
BLACK_GROUND = RichColor.from_ansi(BLACK)


class ContrastFilter(LineFilter):
    """Moves colours of letters and marks towards white or black until they stand out.

    Args:
        system: the depth of colour of the terminal.
        lines: the terminal can draw a line under text that has a colour.
    """

    def __init__(self, system: ColorSystem, *, lines: bool = True) -> None:
        super().__init__()
        self.system = system
        self.lines = lines

    def apply(self, segments: list[Segment], background: Color) -> list[Segment]:
        """Return the line with colours that can be told apart."""
        behind = background.rich_color
        return [
            Segment(text, self._readable(style, behind, _least(text, style)), control) if style else segment
            for segment in segments
            for text, style, control in (segment,)
        ]

    def _readable(self, style: Style, behind: RichColor, least: float) -> Style:
        if self.system is ColorSystem.STANDARD:
            return _of_sixteen(style, behind, least, lines=self.lines)
        return _moved_apart(style, behind, least, self.system) if least else style


def depth_of(console: Console) -> ColorSystem:
    """Return how many colours Textual sends: all of them to a terminal of which nothing is known."""
    return COLOR_SYSTEMS.get(console.color_system or "truecolor", ColorSystem.TRUECOLOR)


def shown_contrast(one: RichColor, other: RichColor, system: ColorSystem) -> float:
    """Return the contrast of two colours on terminals of this depth: of sixteen colours, in the worst palette."""
    one, other = one.downgrade(system), other.downgrade(system)
    if one.number is not None and other.number is not None and system is ColorSystem.STANDARD:
        return least_contrast(one.number, other.number)
    return contrast(one.get_truecolor(), other.get_truecolor())


def brightened(color: RichColor) -> RichColor:
    """Return what most terminals make of one of the sixteen colours in bold text."""
    return RichColor.from_ansi((color.number or BLACK) % BRIGHT + BRIGHT)


def _least(text: str, style: Style) -> float:
    return 0.0 if text.isspace() and not style.underline else _least_of(text)


@lru_cache(maxsize=4096)
def _least_of(text: str) -> float:
    letters = text.replace(" ", "")
    if letters.isascii() or any(map(str.isalnum, letters)):
        return TEXT
    return 0.0 if EDGES.issuperset(letters) else MARK


@lru_cache(maxsize=4096)
def _moved_apart(style: Style, behind: RichColor, least: float, system: ColorSystem) -> Style:
    front, back = style.color, style.bgcolor or behind
    if front is None or front.is_default or back.is_default:
        return style
    if style.reverse:
        return style + Style(bgcolor=_stand_out(back, front, least, system))
    return style + Style(color=_stand_out(front, back, least, system))


@lru_cache(maxsize=4096)
def _of_sixteen(style: Style, behind: RichColor, least: float, *, lines: bool) -> Style:
    """Return a style that every usual palette shows well, and that no terminal changes by an attribute of its own.

    Most show bold text in the bright variant of its colour, black as a grey. Reversed and bright, the kernel's console
    turns black letters grey. What is underlined it shows in cyan, which is lost on a light ground.
    """
    front, back = style.color or behind, style.bgcolor or behind
    if front.is_default or back.is_default:
        return style
    if style.reverse:
        front, back = back, front
    surface = _ground(back)
    underline = style.underline
    if underline and not lines and surface != BLACK_GROUND:
        surface, underline = (surface, False) if _ground(behind) == BLACK_GROUND else (BLACK_GROUND, True)
    letters = _stand_out(front, surface, least, ColorSystem.STANDARD) if least else _ground(front)
    colour = letters.downgrade(ColorSystem.STANDARD)
    bold = style.bold and shown_contrast(brightened(colour), surface, ColorSystem.STANDARD) >= least
    return style + Style(color=colour, bgcolor=surface, bold=bold, reverse=False, underline=underline)


def _ground(color: RichColor) -> RichColor:
    return RichColor.from_ansi(ground(color.get_truecolor(), TEXT))


@lru_cache(maxsize=4096)
def _stand_out(color: RichColor, against: RichColor, least: float, system: ColorSystem) -> RichColor:
    """Return the colour, or the nearest one on the way to white or black that has the contrast."""
    if shown_contrast(color, against, system) >= least:
        return color
    begin = color.get_truecolor()
    ends = sorted(ENDS, key=lambda end: contrast(end, against.downgrade(system).get_truecolor()), reverse=True)
    for step in range(1, STEPS + 1):
        for end in ends:
            moved = RichColor.from_triplet(_blend(begin, end, step / STEPS))
            if shown_contrast(moved, against, system) >= least:
                return moved
    return RichColor.from_triplet(ends[0])


def _blend(begin: ColorTriplet, end: ColorTriplet, share: float) -> ColorTriplet:
    return ColorTriplet(*(round(one + (other - one) * share) for one, other in zip(begin, end, strict=True)))
