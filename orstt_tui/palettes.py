"""Palettes: what terminals show for the sixteen colours, which have names and no values, and how two contrast."""

from __future__ import annotations

from functools import lru_cache

from rich.color_triplet import ColorTriplet
from rich.palette import Palette

BLACK, WHITE, BRIGHT = 0, 15, 8
"""Numbers of colours; `BRIGHT` is how far a bright colour is behind its own."""
GREY = 64
"""Parts of a colour that differ by less: a grey, which must not become a hue."""
LINEAR = 0.04045
"""Up to here sRGB is linear (IEC 61966-2-1)."""


def contrast(one: ColorTriplet, other: ColorTriplet) -> float:
    """Return the contrast of two colours, from 1 to 21 (WCAG 2.2, "contrast ratio")."""
    darker, lighter = sorted((_luminance(one), _luminance(other)))
    return (lighter + 0.05) / (darker + 0.05)


@lru_cache(maxsize=256)
def least_contrast(front: int, back: int) -> float:
    """Return the contrast of two of the sixteen colours where it is least."""
    return min(contrast(colours[front], GROUNDS[name][back]) for name, colours in PALETTES.items())


def _palette(colours: str) -> tuple[ColorTriplet, ...]:
    return tuple(ColorTriplet(*bytes.fromhex(colour)) for colour in colours.split())


def _luminance(color: ColorTriplet) -> float:
    """Return the relative luminance (WCAG 2.2)."""
    parts = [part / 255 for part in color]
    red, green, blue = (part / 12.92 if part <= LINEAR else ((part + 0.055) / 1.055) ** 2.4 for part in parts)
    return 0.2126 * red + 0.7152 * green + 0.0722 * blue


PALETTES = {
    "xterm": _palette(
        "000000 cd0000 00cd00 cdcd00 0000ee cd00cd 00cdcd e5e5e5 "
        "7f7f7f ff0000 00ff00 ffff00 5c5cff ff00ff 00ffff ffffff"
    ),
    "Linux console": _palette(
        "000000 aa0000 00aa00 aa5500 0000aa aa00aa 00aaaa aaaaaa "
        "555555 ff5555 55ff55 ffff55 5555ff ff55ff 55ffff ffffff"
    ),
    "GNOME Terminal": _palette(
        "171421 c01c28 26a269 a2734c 12488b a347ba 2aa1b3 d0cfcc "
        "5e5c64 f66151 33da7a e9ad0c 2a7bde c061cb 33c7de ffffff"
    ),
    "Tango": _palette(
        "2e3436 cc0000 4e9a06 c4a000 3465a4 75507b 06989a d3d7cf "
        "555753 ef2929 8ae234 fce94f 729fcf ad7fa8 34e2e2 eeeeec"
    ),
    "VS Code": _palette(
        "000000 cd3131 0dbc79 e5e510 2472c8 bc3fbc 11a8cd e5e5e5 "
        "666666 f14c4c 23d18b f5f543 3b8eea d670d6 29b8db e5e5e5"
    ),
    "VS Code, light": _palette(
        "000000 cd3131 107c10 949800 0451a5 bc05bc 0598bc 555555 "
        "666666 cd3131 14ce14 b5ba00 0451a5 bc05bc 0598bc a5a5a5"
    ),
    "Windows Terminal": _palette(
        "0c0c0c c50f1f 13a10e c19c00 0037da 881798 3a96dd cccccc "
        "767676 e74856 16c60c f9f1a5 3b78ff b4009e 61d6d6 f2f2f2"
    ),
    "macOS Terminal": _palette(
        "000000 c23621 25bc24 adad27 492ee1 d338d3 33bbc8 cbcccd "
        "818383 fc391f 31e722 eaec23 5833ff f935f8 14f0f0 e9ebeb"
    ),
}
"""The defaults of terminals, in the order of ECMA-48: xterm's `XTerm-col.ad`, the kernel's `drivers/tty/vt/vt.c` (VGA),
GNOME Terminal's two, VS Code's `terminalColorRegistry.ts`, "Campbell" of Windows' `defaults.json`, and for macOS the
table of Wikipedia's "ANSI escape code"."""
VGA = PALETTES["Linux console"]
GROUNDS = PALETTES | {"Linux console": VGA[:BRIGHT] * 2}
"""Of what is behind letters: the kernel knows no bright colours there."""


@lru_cache(maxsize=1024)
def ground(color: ColorTriplet, least: float) -> int:
    """Return the number of the nearest colour on which black or white has this contrast in every palette."""
    if max(color) - min(color) < GREY:
        return WHITE if contrast(color, VGA[BLACK]) > contrast(color, VGA[WHITE]) else BLACK
    numbers = [back for back in range(len(VGA)) if max(least_contrast(end, back) for end in (BLACK, WHITE)) >= least]
    return numbers[Palette([VGA[number] for number in numbers]).match(color)]
