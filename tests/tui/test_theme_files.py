"""The program's themes look the same in 256 colours and can be read; a person's own are read, or said to be wrong."""

from __future__ import annotations

import tomllib
from itertools import product
from pathlib import Path

import pytest
from rich.color import Color as RichColor
from rich.color import ColorSystem
from tui.conftest import Open
from tui.piloting import notices, program, until

from orstt_core.settings import config_file
from orstt_tui.contrast import MARK, TEXT, shown_contrast
from orstt_tui.palettes import PALETTES
from orstt_tui.theme_files import OWN, SIXTEEN, ThemeError, own_themes, read_theme, themes_folder

FILES = sorted(OWN.glob("*.toml"))
MORE = 7.0
"""The least contrast of text in the themes that are made for it."""
STEP = 10
"""Between two greys of 256 colours."""
LETTERS = ("foreground", "muted", "accent", "success", "warning", "error")
GROUNDS = ("background", "surface", "panel")
FOREST = """\
background = "#101810"
foreground = "#d0e0d0"
accent = "#80c080"
"""


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_an_own_theme_has_colours_that_every_terminal_shows_and_that_can_be_read(path: Path) -> None:
    colours = {
        name: RichColor.parse(value) for name, value in tomllib.loads(path.read_text()).items() if name != "dark"
    }
    depth = ColorSystem.STANDARD if path.stem == SIXTEEN else ColorSystem.EIGHT_BIT
    for name, colour in colours.items():
        assert _moved(colour, depth) <= STEP, name
    least = MORE if "contrast" in path.stem else TEXT
    pairs = [*product(LETTERS, GROUNDS), ("cursor_text", "cursor"), ("foreground", "resting")]
    if path.stem != SIXTEEN:  # there the filter has the last word: no palette shows white letters on green
        pairs.append(("foreground", "found"))
    for front, back in pairs:
        assert shown_contrast(colours[front], colours[back], depth) >= least, (front, back)
    assert shown_contrast(colours["frame"], colours["background"], depth) >= MARK


def _moved(colour: RichColor, depth: ColorSystem) -> int:
    """How far a terminal of this depth is from the colour, in the part that it changes most."""
    shown = colour.downgrade(depth)
    sixteen = depth is ColorSystem.STANDARD
    triplet = PALETTES["Linux console"][shown.number or 0] if sixteen else shown.get_truecolor()
    return max(abs(one - other) for one, other in zip(triplet, colour.get_truecolor(), strict=True))


async def test_a_theme_of_ones_own_is_there_and_one_that_is_wrong_is_said_by_file_and_line(open_app: Open) -> None:
    folder = themes_folder()
    folder.mkdir(parents=True)
    (folder / "forest.toml").write_text(FOREST)
    (folder / "typo.toml").write_text(f'{FOREST}# more\nacent = "#ffffff"\n')
    async with open_app() as pilot:
        await until(pilot, lambda: any("typo.toml" in notice for notice in notices(pilot)))
        assert any("typo.toml, line 5: there is no colour called acent" in notice for notice in notices(pilot))
        program(pilot).theme = "forest"
        await pilot.pause()
        assert program(pilot).theme_variables["accent"].lower() == "#80c080"
    async with open_app() as pilot:
        assert program(pilot).theme == "forest"


@pytest.mark.parametrize(
    ("text", "said"),
    [
        pytest.param('background = "#000"\nforeground "', "line 2: this is not TOML", id="no TOML"),
        pytest.param('background = "#000000"\naccent = "#ffffff"', "it lacks foreground", id="too little"),
        pytest.param(f'{FOREST}error = "reddish"', 'line 4: error = "reddish" is no colour', id="no colour"),
        pytest.param(f"{FOREST}error = 12", "line 4: ", id="a number"),
    ],
)
def test_what_is_wrong_with_a_theme_is_said(tmp_path: Path, text: str, said: str) -> None:
    path = tmp_path / "mine.toml"
    path.write_text(text)
    with pytest.raises(ThemeError) as raised:
        read_theme(path)
    assert str(raised.value).startswith(str(path))
    assert said in str(raised.value)


def test_all_of_a_theme_follows_from_three_colours(tmp_path: Path) -> None:
    path = tmp_path / "forest.toml"
    path.write_text(FOREST)
    theme, whole = read_theme(path), own_themes()[0]
    assert theme.name == "forest"
    assert theme.variables.keys() == whole.variables.keys()
    assert all(theme.variables.values())
    assert config_file().with_name("themes") == themes_folder()
