"""The reader: a text in segments that is wrapped, searched, selected and followed, however long it is."""

from __future__ import annotations

from collections.abc import AsyncGenerator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import pytest
from rich.cells import cell_len
from textual.app import App, ComposeResult
from textual.pilot import Pilot
from textual.strip import Strip
from tui.piloting import screen_text, until

import orstt_tui
from orstt_core.errors import InvalidRequest
from orstt_core.types import Segment, Word
from orstt_tui.recording_time import parse_time
from orstt_tui.text_search import TextSearch
from orstt_tui.widgets import segment_list
from orstt_tui.widgets.reader import Reader
from orstt_tui.widgets.reader_pane import ReaderPane
from orstt_tui.widgets.segment_lines import SegmentLines, line_breaks
from orstt_tui.widgets.segment_strips import ShownSegment, draw

STYLESHEET = Path(orstt_tui.__file__).parent / "widgets" / "reader.tcss"


def passage(number: int, text: str, **changes: object) -> Segment:
    """A segment of two seconds."""
    facts: dict[str, object] = {"id": number, "start": 2.0 * number, "end": 2.0 * number + 2, "text": text} | changes
    return Segment(**facts)  # type: ignore[arg-type]  # fields of its own


def passages(*texts: str) -> list[Segment]:
    """Segments of two seconds each."""
    return [passage(number, text) for number, text in enumerate(texts)]


class ReaderApp(App[None]):
    """A reader and nothing else; notes what it reports."""

    CSS_PATH = STYLESHEET

    def __init__(self) -> None:
        super().__init__()
        self.moves: list[tuple[int | None, range]] = []

    def compose(self) -> ComposeResult:
        yield ReaderPane()

    def on_reader_moved(self, event: Reader.Moved) -> None:
        self.moves.append((event.index, event.selected))


@asynccontextmanager
async def reading(
    segments: list[Segment], *, growing: bool = False, size: tuple[int, int] = (60, 12)
) -> AsyncGenerator[tuple[Pilot[None], Reader]]:
    """Open a reader on these segments."""
    app = ReaderApp()
    async with app.run_test(size=size, notifications=True) as pilot:
        reader = app.query_one(Reader)
        reader.begin(growing=growing)
        reader.splice(0, segments)
        reader.focus()
        await pilot.pause()
        yield pilot, reader


@pytest.mark.parametrize(
    "text",
    [
        "It is a truth universally acknowledged, that a single man must want a wife.",
        "Donaudampfschifffahrtselektrizitätenhauptbetriebswerkbauunterbeamtengesellschaft, sagte er.",
        "这是一个没有空格的句子它必须在任何地方换行 with some Latin words in between",
        "e\u0301 \u0301 ok 👩‍👩‍👧 family",
        "",
    ],
)
@pytest.mark.parametrize("width", [10, 24])
def test_lines_are_as_long_as_the_room_and_nothing_of_the_text_is_lost(text: str, width: int) -> None:
    lines = SegmentLines()
    lines.arrange(width)
    lines.splice(0, [text])
    pieces = [text[start:end] for start, end in lines.pieces(0)]
    assert "".join(pieces) == text
    assert all(cell_len(piece.rstrip()) <= width for piece in pieces)
    assert len(lines.rows(0)) == len(pieces) == len(line_breaks(text, width)) + 1


def test_words_are_found_whatever_their_case_also_across_the_end_of_a_segment() -> None:
    search = TextSearch()
    texts = ["The left knee", "is stable. Left", "KNEE again.", "这是一", "个句子"]
    search.look("left KNEE", texts)
    assert len(search) == 2
    assert [(place.start, place.end) for place in search.places(0)] == [(4, 13)]
    assert [(place.hit, place.start, place.end) for segment in (1, 2) for place in search.places(segment)] == [
        (1, 11, 15),
        (1, 0, 4),
    ]
    search.go_to(1)
    assert [search.current, search.segment] == [1, 1]
    search.step(1, 1)
    assert [search.current] == [0], "after the last comes the first"
    search.look("一个", texts)
    assert len(search) == 1, "a language without spaces has none between segments either"
    search.look("hip (", texts)
    search.step(1, 0)
    assert not len(search)


@pytest.mark.parametrize("words", ["aba", "a b", "b", "一一"])
def test_what_is_added_or_changed_is_searched_as_if_all_of_it_were(words: str) -> None:
    texts = ["ababa", "b a", "aba aba", "a", "b", "ab", "一一一", "一", "", "aba"]
    for kept in range(len(texts) + 1):
        search, anew = TextSearch(), TextSearch()
        search.look(words, [*texts[:kept], "aba b", "一"])
        search.renew(texts, kept)
        anew.look(words, texts)
        assert len(search) == len(anew) > 0
        for segment in range(len(texts)):
            assert list(search.places(segment)) == list(anew.places(segment))


@pytest.mark.parametrize(
    ("text", "seconds"),
    [("1:02:03", 3723), ("2:03", 123), ("62", 62), ("61.5", 61.5), ("1m2s", 62), ("1h 2m 3s", 3723), ("2min", 120)],
)
def test_times_are_read_as_people_write_them(text: str, seconds: float) -> None:
    assert parse_time(text) == seconds


@pytest.mark.parametrize("text", ["", "soon", "1:2:3:4", "-5", "5 o'clock"])
def test_what_is_no_time_is_refused_with_an_example(text: str) -> None:
    with pytest.raises(InvalidRequest, match="1m2s"):
        parse_time(text)


async def test_all_places_are_marked_and_counted_and_escape_goes_back_to_where_one_was() -> None:
    texts = [f"Sentence {number} about {'knees' if number % 10 == 5 else 'hips'}." for number in range(40)]
    async with reading(passages(*texts)) as (pilot, reader):
        await pilot.press("j", "j", "slash", *"knee")
        await until(pilot, lambda: reader.cursor == 5)
        await pilot.press("escape")
        assert (reader.cursor, reader.search.words) == (2, "")
        await pilot.press("slash", *"KNEE", "enter")
        await until(pilot, lambda: "“KNEE” 1/4" in screen_text(pilot))
        await pilot.press("n")
        await until(pilot, lambda: "“KNEE” 2/4" in screen_text(pilot) and "Sentence 15 about" in screen_text(pilot))
        await pilot.press("N", "N")
        await until(pilot, lambda: "“KNEE” 4/4" in screen_text(pilot) and reader.cursor == 35)
        reader.splice(40, passages("One more knee."))
        await until(pilot, lambda: "“KNEE” 4/5" in screen_text(pilot))
        await pilot.press("escape")
        await until(pilot, lambda: "KNEE" not in screen_text(pilot))

        await pilot.press("t", *"1m2s", "enter")
        await until(pilot, lambda: reader.cursor == 31)
        await pilot.press("t", *"soon", "enter")
        await until(pilot, lambda: any("'soon' is no time." in each.message for each in pilot.app._notifications))
        await pilot.press("escape")
        assert reader.cursor == 31


async def test_segments_are_selected_by_keys_and_the_mouse_and_each_move_is_reported() -> None:
    async with reading(passages(*(f"Sentence {number}." for number in range(30)))) as (pilot, reader):
        app = pilot.app
        assert isinstance(app, ReaderApp)
        await pilot.press("v", "j", "j")
        assert [segment.id for segment in reader.selected_segments] == [0, 1, 2]
        await until(pilot, lambda: "3 selected" in screen_text(pilot))
        assert app.moves[-1] == (2, range(3))
        await pilot.press("escape")
        assert (reader.selecting, reader.selected) == (False, range(2, 3))
        await pilot.press("shift+down", "shift+down", "shift+up")
        assert reader.selected == range(2, 4)
        await pilot.click(Reader, offset=(20, 6))
        assert (reader.cursor, reader.selecting) == (6, False)
        await pilot.click(Reader, offset=(20, 8), shift=True)
        assert reader.selected == range(6, 9)
        await pilot.press("Y")
        await until(pilot, lambda: pilot.app.clipboard == "Sentence 8.")
        await pilot.press("z")
        assert pilot.app.screen.maximized is not None
        await pilot.press("escape", "escape")
        assert pilot.app.screen.maximized is None


async def test_the_end_is_followed_until_one_looks_elsewhere_and_an_edit_moves_nothing() -> None:
    texts = [f"Sentence {number}." for number in range(50)]
    async with reading(passages(*texts), growing=True) as (pilot, reader):
        assert reader.cursor == 49
        await until(pilot, lambda: "▼ following" in screen_text(pilot) and "Sentence 49." in screen_text(pilot))
        for _ in range(3):
            pilot.app.query_one(Reader).action_scroll_up()
        await until(pilot, lambda: "staying here, f follows" in screen_text(pilot))
        reader.splice(50, passages("One more.") * 20)
        await pilot.pause()
        assert (reader.cursor, reader.segment_count) == (46, 70)
        assert "Sentence 46." in screen_text(pilot)
        await pilot.press("f")
        reader.splice(70, [passage(70, "The last.")])
        await until(pilot, lambda: reader.cursor == 70 and "The last." in screen_text(pilot))

        await pilot.press("g", *["j"] * 20)
        before = [shown[:50] for shown in screen_text(pilot).splitlines()[:8]]
        edited = "A sentence that is now longer than the line, so that what is below it moves down by a line or two."
        reader.splice(5, [passage(5, edited), *reader.segments[6:]])
        await pilot.pause()
        assert [shown[:50] for shown in screen_text(pilot).splitlines()[:8]] == before
        assert reader.cursor == 20
        reader.splice(5, [])
        await until(pilot, lambda: reader.cursor == 4 and "of 5 segments" in screen_text(pilot))


async def test_doubt_and_channels_are_told_without_colour_too() -> None:
    words = [
        Word(start=0, end=1, word=" The", probability=0.9),
        Word(start=1, end=2, word=" metformin", probability=0.3),
    ]
    segments = [
        passage(0, "The metformin", confidence=0.55, words=words, channel=1),
        passage(1, "was given.", confidence=0.2, channel=2),
        passage(2, "Yes.", confidence=0.95, channel=1),
    ]
    async with reading(segments, size=(80, 12)) as (pilot, _):
        first, second, third, *_ = screen_text(pilot).splitlines()
        assert first.startswith("▌?  ")
        assert "Channel 1  The metformin" in first
        assert second.startswith(" ??")
        assert third[1:3] == "  "
        underlined = [
            span.text for span in pilot.app.screen._compositor.render_strips()[0] if span.style and span.style.underline
        ]
        assert "metformin" in underlined
        assert "The " not in underlined
        assert "55% sure" in screen_text(pilot)
        await pilot.resize_terminal(120, 12)
        await until(pilot, lambda: "0:00.0 -  0:02.0  Channel 1  The" in screen_text(pilot))


async def test_of_ten_thousand_segments_only_those_in_sight_are_drawn(monkeypatch: pytest.MonkeyPatch) -> None:
    drawn: list[str] = []

    def noted(shown: ShownSegment, *how: Any) -> list[Strip]:
        drawn.append(shown.text)
        return draw(shown, *how)

    monkeypatch.setattr(segment_list, "draw", noted)
    texts = [f"Sentence {number} of a recording that goes on and on and on and on." for number in range(10_000)]
    async with reading(passages(*texts)) as (pilot, reader):
        await pilot.press("pagedown", "end", "pageup", "t", *"2:46:40", "enter")
        await until(pilot, lambda: "Sentence 5000" in screen_text(pilot))
        assert reader.cursor == 5000
        await pilot.resize_terminal(50, 10)
        await until(pilot, lambda: "Sentence 5000" in screen_text(pilot))
        assert len(set(drawn)) < 100
