"""What is written can be read, in every theme and depth of colour, and the theme that was chosen stays."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Iterator
from pathlib import Path

import pytest
from benchmarked import measure, statistics
from msgspec.structs import replace
from rich.color import Color as RichColor
from rich.color import ColorSystem
from rich.segment import Segment
from rich.style import Style
from scripted import ScriptedBackend
from textual.color import Color
from textual.pilot import Pilot
from textual.theme import BUILTIN_THEMES
from textual.widget import Widget
from textual.widgets import Input, Select
from textual.widgets._select import SelectOverlay
from tui.conftest import Open
from tui.piloting import a_done_job, at_rest, notices, program, screen_text, until

from orstt_core.settings import Settings
from orstt_core.types import Job, KeyDraft, Word
from orstt_tui.contrast import EDGES, MARK, TEXT, ContrastFilter, brightened, shown_contrast
from orstt_tui.marks import CURSOR_BAR
from orstt_tui.palettes import BRIGHT, PALETTES, contrast
from orstt_tui.theme import theme_file
from orstt_tui.theme_files import DARK, LIGHT, own_themes
from orstt_tui.widgets.list_table import ListTable

DEPTHS = (ColorSystem.TRUECOLOR, ColorSystem.EIGHT_BIT, ColorSystem.STANDARD)
OWN = tuple(theme.name for theme in own_themes())
UNLIKE = (DARK, LIGHT, "orstt-16")
"""Those of them that have nothing in common."""
FIELDS: tuple[type[Widget], ...] = (Input, Select)
LIST = ("down",)
"""Moves the cursor of the list in Models."""
_WHITE_ON_BLACK = RichColor.parse("#ffffff"), RichColor.parse("#000000")
DIALOGS: dict[str, tuple[type[Widget], ...]] = {
    "f": (),
    "E": (ListTable,),
    "S": (ListTable,),
    "C": (ListTable,),
    "D": (ListTable,),
    "K": (ListTable,),
    "V": (),
    "W": (),
    "L": (),
    "f8": (),
    "f12": (),
    "f1": (),
}
"""Keys that open a dialog over the list in Models, and what in it has the focus, if that is never empty."""
FORM = ("n",)
"""Opens the form for a model, over the screen Models, which shows around it: most kinds of widget."""


@pytest.mark.parametrize("depth", DEPTHS)
def test_what_runs_together_is_moved_apart_and_what_stands_out_stays(depth: ColorSystem) -> None:
    apply = ContrastFilter(depth).apply
    for front, back in (("#636e7b", "#094370"), ("#808080", "#7f7f7f"), ("#00005f", "#121212"), ("#b6c6d2", "#7293ac")):
        (word, mark, space, edge, turned, lined) = apply(
            [
                *(Segment(text, Style(color=front, bgcolor=back)) for text in ("Add (F5)", "●", "   ", "▔")),
                Segment("word", Style(color=back, bgcolor=front, reverse=True)),
                Segment("   ", Style(color=front, bgcolor=back, underline=True)),
            ],
            Color.parse(back),
        )
        assert _contrast(word, depth) >= TEXT
        assert _contrast(turned, depth) >= TEXT
        assert _contrast(lined, depth) >= MARK
        assert _contrast(mark, depth) >= MARK
        surface = space.style and space.style.bgcolor
        assert surface == (word.style and word.style.bgcolor), "letters stand on the surface that is around them"
        if depth is not ColorSystem.STANDARD:
            assert [space.style, edge.style] == [Style(color=front, bgcolor=back)] * 2
    white = Segment("word", Style(color="#ffffff", bgcolor="#000000"))
    assert _contrast(apply([white], Color.parse("black"))[0], depth) == shown_contrast(*_WHITE_ON_BLACK, depth)


@pytest.mark.parametrize(
    ("front", "back"),
    [
        pytest.param("white", "cyan", id="the row under the cursor"),
        pytest.param("black", "bright_black", id="the header"),
        pytest.param("#e0e0e0", "#121212", id="a dark theme"),
        pytest.param("#1f1f1f", "#e0e0e0", id="a light theme"),
    ],
)
@pytest.mark.parametrize("attributes", ["not bold", "bold", "bold reverse"])
def test_sixteen_colours_can_be_read_whatever_the_terminal_makes_of_them(
    front: str, back: str, attributes: str
) -> None:
    style = Style(color=front, bgcolor=back) + Style.parse(attributes)
    (word,) = ContrastFilter(ColorSystem.STANDARD).apply([Segment("word", style)], Color.parse("black"))
    assert word.style
    assert word.style.color
    assert word.style.bgcolor
    letters, ground = word.style.color.number, word.style.bgcolor.number
    assert letters is not None
    assert ground is not None
    assert not word.style.reverse, "the console of Linux makes reversed bright colours grey"
    for name, colours in PALETTES.items():
        shown = colours[letters + BRIGHT if word.style.bold and letters < BRIGHT else letters]
        behind = colours[ground % BRIGHT if name == "Linux console" else ground]
        assert contrast(shown, behind) >= TEXT, name


@pytest.mark.parametrize(
    ("ground", "behind", "shown"),
    [
        pytest.param("#121212", "#121212", (0, True), id="a field in a dark theme"),
        pytest.param("#d8d8d8", "#d8d8d8", (0, True), id="a field in a light theme"),
        pytest.param("#0178d4", "#121212", (14, False), id="a row in a dark list"),
    ],
)
def test_cyan_letters_that_a_terminal_shows_instead_of_a_line_are_on_black(
    ground: str, behind: str, shown: tuple[int, bool]
) -> None:
    lined = Segment("word", Style(color="#808080", bgcolor=ground, underline=True))
    (word,) = ContrastFilter(ColorSystem.STANDARD, lines=False).apply([lined], Color.parse(behind))
    assert word.style
    assert word.style.bgcolor
    assert (word.style.bgcolor.number, word.style.underline) == shown


@pytest.mark.slow
async def test_every_screen_can_be_read_in_256_colours_and_dialogs_leave_the_header_in_sight(
    open_app: Open, backend: ScriptedBackend
) -> None:
    backend.statistics = statistics()
    await measure(backend)
    await backend.create_key(KeyDraft(name="ward 7"))
    backend.put(_doubtful())
    async with open_app(seconds=600) as pilot:
        await walk(pilot, LIST, (ListTable,), OWN, ColorSystem.EIGHT_BIT)
        await walk(pilot, FORM, FIELDS, OWN, ColorSystem.EIGHT_BIT)
        for key, kinds in DIALOGS.items():
            await walk(pilot, ("escape", key), kinds, UNLIKE, ColorSystem.EIGHT_BIT)
            assert pilot.app.screen.is_modal
            assert "4 Measure" in screen_text(pilot).splitlines()[0], "it lies over the header"
        for keys, kinds in ((("escape", "4"), (ListTable,)), (("enter",), ()), (("escape", "f3", "ctrl+g"), FIELDS)):
            await walk(pilot, keys, kinds, OWN, ColorSystem.EIGHT_BIT)
        await walk(pilot, ("escape", "f4"), (), OWN, ColorSystem.EIGHT_BIT)
        for key in ("f", "s", "a"):  # forms over the list of jobs
            await walk(pilot, (key,), (), UNLIKE, ColorSystem.EIGHT_BIT)
            await pilot.press("escape")


@pytest.mark.slow
@pytest.mark.parametrize("depth", DEPTHS)
async def test_every_screen_can_be_read_in_every_theme_and_depth_of_colour(
    open_app: Open, backend: ScriptedBackend, depth: ColorSystem
) -> None:
    backend.put(_doubtful())
    themes = (*OWN, *(name for name, theme in BUILTIN_THEMES.items() if not theme.ansi))
    async with open_app() as pilot:
        await walk(pilot, LIST, (ListTable,), themes, depth)
        await walk(pilot, FORM, FIELDS, themes, depth)
        await walk(pilot, ("escape", "f4"), (), (), depth)
        await walk(pilot, ("enter", "slash", *"there", "enter", "shift+down"), (), themes, depth)
        assert "1/2" in screen_text(pilot)


@pytest.mark.slow
@pytest.mark.parametrize("depth", DEPTHS)
async def test_a_comparison_can_be_read_in_every_theme_and_depth_of_colour(
    open_app: Open, backend: ScriptedBackend, depth: ColorSystem
) -> None:
    themes = tuple(name for name, theme in BUILTIN_THEMES.items() if not theme.ansi)
    for number, word in enumerate(("there", "their"), start=1):
        job = a_done_job(number, f"Hello {word}.", "General remarks.")
        backend.put(replace(job, filename="visit.wav"))
    async with open_app() as pilot:
        await walk(pilot, ("f4",), (), (), depth)
        await walk(pilot, ("equals_sign",), (), (), depth)
        await walk(pilot, ("enter",), (), themes, depth)
        assert "difference 1/1" in screen_text(pilot)


async def test_the_theme_that_was_chosen_is_that_of_the_next_start(
    open_app: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with open_app() as pilot:
        await pilot.press("f6")
        await until(pilot, lambda: theme_file().exists())
        await pilot.press("f4")
        await at_rest(pilot)
        back = next(segment.style.bgcolor for segment in _segments(pilot) if segment.style and segment.style.bgcolor)
        assert min(back.get_truecolor()) > 128, "screens that are shown later are light as well"
    async with open_app() as pilot:
        assert program(pilot).theme == LIGHT
    theme_file().write_text("no such theme")
    async with open_app() as pilot:
        assert program(pilot).theme == DARK
    async with open_app(settings=Settings(theme="nord")) as pilot:
        assert program(pilot).theme == "nord"
    async with open_app(settings=Settings(theme="none such")) as pilot:
        await until(pilot, lambda: any("no theme called none such" in notice for notice in notices(pilot)))
        assert program(pilot).theme == DARK
    theme_file().unlink()
    monkeypatch.setenv("XDG_STATE_HOME", str(Path(__file__)))
    async with open_app() as pilot:
        await pilot.press("f6")
        await until(pilot, lambda: program(pilot).theme == LIGHT)


async def walk(
    pilot: Pilot[None],
    keys: tuple[str, ...],
    kinds: tuple[type[Widget], ...],
    themes: tuple[str, ...],
    depth: ColorSystem,
) -> None:
    """Press the keys, and look at all that is on the screen then in each theme."""
    (filtering,) = (each for each in pilot.app.get_line_filters() if isinstance(each, ContrastFilter))
    filtering.system = depth
    pilot.app.theme = "nord"  # another theme empties the caches of lines, which know nothing of the depth
    await pilot.press(*keys)
    await at_rest(pilot)
    for theme in themes:
        pilot.app.theme = theme
        await pilot.pause()
        await pilot.pause()
        _can_be_read(pilot, _segments(pilot), depth)
        # Surfaces that others chose may be near each other; what is written stands out in their themes all the same.
        for kind in kinds if theme in OWN else ():
            await _focus_is_seen(pilot, kind, depth)


def _doubtful() -> Job:
    """A job with segments and words of every degree of doubt."""
    job = a_done_job(1, "Hello there.", "General remarks.", "Good bye there.")
    segments = [
        replace(
            each, channel=1, confidence=sure, words=[Word(start=0, end=1, word=each.text.split()[0], probability=sure)]
        )
        for each, sure in zip(job.segments, (0.9, 0.4, 0.1), strict=True)
    ]
    assert job.result is not None
    return replace(job, segments=segments, result=replace(job.result, segments=segments))


def _can_be_read(pilot: Pilot[None], segments: Iterable[Segment], depth: ColorSystem) -> None:
    for segment in segments:
        letters = segment.text.replace(" ", "")
        if letters and segment.style and not EDGES.issuperset(letters):
            least = TEXT if letters.isalnum() else MARK
            assert _contrast(segment, depth) >= least, (pilot.app.theme, pilot.app.screen, segment)


async def _focus_is_seen(pilot: Pilot[None], kind: type[Widget], depth: ColorSystem) -> None:
    """Look at the line under a field, the bar before the row of a list, or the surface of one in an open choice."""
    screen = pilot.app.screen
    field = next(field for field in screen.query(kind) if field.region and field.focusable)
    screen.set_focus(field)
    rows = await _rows(pilot, field, depth)
    if isinstance(field, ListTable):
        (bar,) = (row[0] for row in rows if row[0].text.startswith(CURSOR_BAR))
        surface = shown_contrast(_ground(bar), _ground(rows[-1][0]), depth)
        assert max(_contrast(bar, depth), surface) >= MARK, (pilot.app.theme, bar)
        return
    lined = [[segment for segment in row if segment.style and segment.style.underline] for row in rows]
    (row,) = filter(None, lined)
    assert not isinstance(field, Input) or sum(segment.cell_length for segment in row) == field.region.width, field
    assert all(_contrast(segment, depth) >= MARK for segment in row), (pilot.app.theme, field, row)
    if isinstance(field, Select):
        field.expanded = True
        grounds = Counter(_ground(row[0]) for row in await _rows(pilot, screen.query_one(SelectOverlay), depth))
        (usual, _), (cursor, number) = grounds.most_common()[:2]
        assert number == 1
        assert shown_contrast(usual, cursor, depth) >= MARK, (pilot.app.theme, usual, cursor)
        field.expanded = False


async def _rows(pilot: Pilot[None], widget: Widget, depth: ColorSystem) -> list[list[Segment]]:
    """Return what is drawn of a widget, row by row; all of it can be read."""
    await pilot.pause()
    await pilot.pause()
    region = widget.region
    strips = pilot.app.screen._compositor.render_strips()[region.y : region.bottom]
    rows = [[*strip.crop(region.x, region.right)] for strip in strips]
    _can_be_read(pilot, (segment for row in rows for segment in row), depth)
    return rows


def _ground(segment: Segment) -> RichColor:
    return (segment.style.bgcolor if segment.style else None) or RichColor.default()


def _segments(pilot: Pilot[None]) -> Iterator[Segment]:
    for strip in pilot.app.screen._compositor.render_strips():
        yield from strip


def _contrast(segment: Segment, depth: ColorSystem) -> float:
    style = segment.style
    assert style is not None
    front, back = style.color or RichColor.default(), style.bgcolor or RichColor.default()
    bold = style.bold and depth is ColorSystem.STANDARD
    return min(shown_contrast(color, back, depth) for color in (front, brightened(front) if bold else front))
