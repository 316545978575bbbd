"""Themes as TOML: the program's own in `data/themes`, and a person's in `themes/` beside the settings file.

A theme names its colours by what they are for; those it leaves out follow from the others. The program's own keep to
colours that terminals with 256 have exactly, so that they look the same there.
"""

from __future__ import annotations

import re
import tomllib
from collections.abc import Iterator
from functools import cache
from pathlib import Path

import msgspec
from msgspec import Struct
from textual.color import Color, ColorParseError
from textual.theme import Theme

from orstt_core.settings import config_file

OWN = Path(__file__).with_name("data") / "themes"
DARK, LIGHT, SIXTEEN = "orstt-dark", "orstt-light", "orstt-16"
COUNTERPARTS = {"orstt-contrast-dark": "orstt-contrast-light", "orstt-contrast-light": "orstt-contrast-dark"}
"""What `F6` changes to where it is not from dark to light."""
LINE = re.compile(r"at line (\d+)")
NAMED = re.compile(r"`([^`]+)`")


class ThemeColours(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a theme's file says; an empty colour follows from the others.

    Attributes:
        dark: whether light letters stand on something dark.
        background: of the screen.
        foreground: of text.
        accent: of the frame with the focus, of keys, and of what is under way.
        surface: of fields and dialogs.
        panel: of the lines at the top and the bottom.
        muted: of text that matters less.
        frame: of frames without the focus.
        cursor: of the row under the cursor.
        cursor_text: of text in it.
        resting: of that row in a list without the focus.
        found: behind words that were looked for.
        success: of what is done.
        warning: of what needs a look.
        error: of what failed.
    """

    background: str
    foreground: str
    accent: str
    dark: bool = True
    surface: str = ""
    panel: str = ""
    muted: str = ""
    frame: str = ""
    cursor: str = ""
    cursor_text: str = ""
    resting: str = ""
    found: str = ""
    success: str = ""
    warning: str = ""
    error: str = ""


class ThemeError(ValueError):
    """A theme's file that cannot be used: which, in which line, and why."""


def themes_folder() -> Path:
    """Return where a person's own themes are."""
    return config_file().with_name("themes")


@cache
def own_themes() -> tuple[Theme, ...]:
    """Return the themes that come with the program."""
    return tuple(read_theme(path) for path in sorted(OWN.glob("*.toml")))


def read_themes(folder: Path) -> tuple[list[Theme], list[str]]:
    """Return the themes in a folder, each called as its file, and what is wrong with the others in plain sentences."""
    themes, problems = [], []
    for path in sorted(folder.glob("*.toml")):
        try:
            themes.append(read_theme(path))
        except ThemeError as error:
            problems.append(f"{error} The other themes are there.")
    return themes, problems


def read_theme(path: Path) -> Theme:
    """Read a theme.

    Raises:
        ThemeError: it cannot be read, names no such colour, or leaves out one that it needs.
    """
    try:
        text = path.read_text(encoding="utf-8")
        colours = msgspec.convert(tomllib.loads(text), ThemeColours)
    except tomllib.TOMLDecodeError as error:
        line = LINE.search(str(error))
        raise ThemeError(f"{path}, line {line[1] if line else 'last'}: this is not TOML: {error}.") from error
    except (OSError, UnicodeDecodeError) as error:
        raise ThemeError(f"{path} cannot be read: {error}.") from error
    except msgspec.ValidationError as error:
        named = NAMED.findall(str(error))
        raise ThemeError(f"{path}{_line_of(text, named)}: {_plain(error)}.") from error
    for name in ThemeColours.__struct_fields__:
        value = getattr(colours, name)
        if isinstance(value, str) and value and not _is_colour(value):
            where = _line_of(text, [name])
            raise ThemeError(f'{path}{where}: {name} = "{value}" is no colour; write it as "#5fd7d7".')
    return _theme(path.stem, colours)


def _plain(error: msgspec.ValidationError) -> str:
    message = str(error).replace("`", "").replace("Object contains unknown field", "there is no colour called")
    return message.replace("Object missing required field", "it lacks").replace(" - at $.", ", at ")


def _line_of(text: str, names: list[str]) -> str:
    """Return `, line 3` where one of these names is given a value; nothing where none is."""
    for name in names:
        given = re.compile(rf"""\s*["']?{re.escape(name.removeprefix("$."))}["']?\s*=""")
        for number, line in enumerate(text.splitlines(), start=1):
            if given.match(line):
                return f", line {number}"
    return ""


def _is_colour(value: str) -> bool:
    try:
        return Color.parse(value).a == 1
    except ColorParseError:
        return False


def _theme(name: str, colours: ThemeColours) -> Theme:
    given = {
        field: str(value)
        for field in ThemeColours.__struct_fields__
        if isinstance(value := getattr(colours, field), str)
    }
    of = dict(_derived(given, dark=colours.dark)) | {field: value for field, value in given.items() if value}
    return Theme(
        name=name,
        dark=colours.dark,
        primary=of["accent"],
        secondary=of["accent"],
        accent=of["accent"],
        background=of["background"],
        surface=of["surface"],
        panel=of["panel"],
        foreground=of["foreground"],
        success=of["success"],
        warning=of["warning"],
        error=of["error"],
        variables={
            "frame": of["frame"],
            "border": of["accent"],
            "border-blurred": of["frame"],
            "text-muted": of["muted"],
            "foreground-muted": of["muted"],
            "text-disabled": of["muted"],
            "text-primary": of["accent"],
            "text-accent": of["accent"],
            "text-success": of["success"],
            "text-warning": of["warning"],
            "text-error": of["error"],
            "primary-muted": of["resting"],
            "warning-muted": of["found"],
            "block-cursor-background": of["cursor"],
            "block-cursor-foreground": of["cursor_text"],
            "block-cursor-text-style": "none",
            "block-cursor-blurred-background": of["resting"],
            "block-cursor-blurred-foreground": of["foreground"],
            "input-selection-background": of["cursor"],
            "input-selection-foreground": of["cursor_text"],
            "screen-selection-background": of["cursor"],
            "screen-selection-foreground": of["cursor_text"],
            "button-color-foreground": of["background"],
            "footer-key-foreground": of["accent"],
        },
    )


def _derived(given: dict[str, str], *, dark: bool) -> Iterator[tuple[str, str]]:
    """Yield the colours that follow from background, foreground and accent."""
    background, foreground = Color.parse(given["background"]), Color.parse(given["foreground"])
    accent = Color.parse(given["accent"])
    for name, share in (("surface", 0.05), ("panel", 0.1), ("resting", 0.15), ("frame", 0.4), ("muted", 0.7)):
        yield name, background.blend(foreground, share).hex
    yield "cursor", background.blend(accent, 0.35).hex
    yield "cursor_text", foreground.hex
    states = ("#afd787", "#d7af5f", "#ff8787") if dark else ("#005f00", "#875f00", "#af0000")
    yield from zip(("success", "warning", "error"), states, strict=True)
    yield "found", background.blend(Color.parse(states[1]), 0.4).hex
