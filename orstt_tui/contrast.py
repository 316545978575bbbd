"""ContrastFilter: whatever theme and depth of colour, what is written can be read.

Themes are made for sixteen million colours; a terminal that has 256 or sixteen, as most do over SSH, shows the nearest
ones, and what stood apart runs together. The colours that it will show are compared here, of every line that is drawn:
those of letters, of marks, and of the line under the field that has the focus or the row that the cursor is on.
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

TEXT, MARK = 4.5, 3.0
"""The least contrast of text, and of marks such as ● and ─ (WCAG 2.2, criteria 1.4.3 and 1.4.11)."""
EDGES = frozenset(map(chr, range(0x2580, 0x25A0)))
"""Blocks: they continue the surface beside them, as the edge of a field does, and say nothing themselves."""
LINEAR = 0.04045
"""Up to here sRGB is linear (IEC 61966-2-1)."""
STEPS = 20
WHITE, BLACK = ColorTriplet(255, 255, 255), ColorTriplet(0, 0, 0)


class ContrastFilter(LineFilter):
    """Moves colours of letters and marks towards white or black until they stand out.

    Args:
        system: the depth of colour of the terminal.
    """

    def __init__(self, system: ColorSystem) -> None:
        super().__init__()
        self.system = system

    def apply(self, segments: list[Segment], background: Color) -> list[Segment]:
        """Return the line with colours that can be told apart."""
        behind = background.rich_color
        return [
            Segment(text, _readable(style, behind, _least(text), self.system), control)
            if style is not None and (style.underline or not text.isspace())
            else Segment(text, style, control)
            for text, style, control in segments
        ]


def depth_of(console: Console) -> ColorSystem:
    """Return how many colours Textual sends: all of them to a terminal of which nothing is known."""
    return COLOR_SYSTEMS.get(console.color_system or "truecolor", ColorSystem.TRUECOLOR)


def contrast(one: ColorTriplet, other: ColorTriplet) -> float:
    """Return the contrast of two colours, from 1 to 21 (WCAG 2.2, "contrast ratio")."""
    darker, lighter = sorted((_luminance(one), _luminance(other)))
    return (lighter + 0.05) / (darker + 0.05)


def shown(color: RichColor, system: ColorSystem) -> ColorTriplet:
    """Return the colour that a terminal of this depth shows, if its palette is the usual one."""
    return color.downgrade(system).get_truecolor()


@lru_cache(maxsize=4096)
def _least(text: str) -> float:
    letters = text.replace(" ", "")
    if letters.isascii() or any(map(str.isalnum, letters)):
        return TEXT
    return 0.0 if EDGES.issuperset(letters) else MARK


@lru_cache(maxsize=4096)
def _readable(style: Style, behind: RichColor, least: float, system: ColorSystem) -> Style:
    front, back = style.color, style.bgcolor or behind
    if front is None or front.is_default or back.is_default or not least:
        return style
    if style.reverse:
        readable = _stand_out(back, shown(front, system), least, system)
        return style if readable is back else style + Style(bgcolor=readable)
    readable = _stand_out(front, shown(back, system), least, system)
    return style if readable is front else style + Style(color=readable)


def _stand_out(color: RichColor, against: ColorTriplet, least: float, system: ColorSystem) -> RichColor:
    """Return the colour, or the nearest one on the way to white or black that has the contrast."""
    if contrast(shown(color, system), against) >= least:
        return color
    begin = color.get_truecolor()
    lighter, darker = contrast(WHITE, against), contrast(BLACK, against)
    for step in range(1, STEPS + 1):
        for end in (WHITE, BLACK) if lighter >= darker else (BLACK, WHITE):
            moved = RichColor.from_triplet(_blend(begin, end, step / STEPS))
            if contrast(shown(moved, system), against) >= least:
                return moved
    return RichColor.from_triplet(WHITE if lighter >= darker else BLACK)


def _blend(begin: ColorTriplet, end: ColorTriplet, share: float) -> ColorTriplet:
    return ColorTriplet(*(round(one + (other - one) * share) for one, other in zip(begin, end, strict=True)))


def _luminance(color: ColorTriplet) -> float:
    """Return the relative luminance (WCAG 2.2)."""
    parts = [part / 255 for part in color]
    red, green, blue = (part / 12.92 if part <= LINEAR else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue
