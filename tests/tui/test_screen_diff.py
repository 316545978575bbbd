"""What is sent to the terminal: only what changed, and it shows the same as if all were sent."""

from __future__ import annotations

import os
import pty
import random
from itertools import product
from typing import IO, cast

import pyte
import pytest
from pyte.screens import Char
from rich.cells import set_cell_size
from textual.drivers._writer_thread import MAX_QUEUED_WRITES, WriterThread

from orstt_tui.screen_diff import ScreenDiff
from orstt_tui.screen_driver import Terminal

WIDTH, HEIGHT = 30, 5
STYLES = ("", "1", "38;5;3", "1;38;5;3;48;5;4", "4;48;2;1;2;3", "1;4;48;2;1;2;3", "7;31;42", "48;5;7", "97;40")
LETTERS = "ab  x─é中👍"
ROW = "\x1b[2;1H\x1b[1;38;5;3mmedium\x1b[0m  \x1b[38;5;3mwhisper\x1b[0m             \x1b[1;1H"


def test_a_frame_that_changes_nothing_costs_nothing_and_a_letter_a_few_bytes() -> None:
    diff = ScreenDiff()
    assert "medium" in diff.reduce(ROW)
    assert diff.reduce(ROW) == ""
    sent = diff.reduce(ROW.replace("medium", "median"))
    assert "an" in sent
    assert "whisper" not in sent
    assert len(sent) < 45


def test_each_style_is_sent_once_for_the_words_that_have_it() -> None:
    words = "".join(f"\x1b[38;5;3mword\x1b[0m\x1b[48;5;4m{number}\x1b[0m " for number in range(3))
    assert ScreenDiff().reduce("\x1b[1;1H\x1b[38;5;3mone\x1b[0m \x1b[38;5;3mtwo\x1b[0m\x1b[1;1H").count("38;5;3") == 1
    assert ScreenDiff().reduce(f"\x1b[1;1H{words}\x1b[1;1H").count("48;5;4") == 3


def test_a_bright_colour_is_ended_before_one_that_is_not_since_the_console_of_linux_keeps_the_brightness() -> None:
    sent = ScreenDiff().reduce("\x1b[1;1H\x1b[97;40mone\x1b[0m\x1b[30;107mtwo\x1b[0m\x1b[1;1H")
    assert sent.index("one") < sent.index("\x1b[0;30;107m") < sent.index("two")


def test_the_end_of_an_attribute_costs_no_colour() -> None:
    colours = "38;2;224;224;224;48;2;18;18;18"
    sent = ScreenDiff().reduce(f"\x1b[1;1H\x1b[1;{colours}mone\x1b[0m\x1b[{colours}mtwo\x1b[0m\x1b[1;1H")
    assert sent.count("38;2;224") == 1


@pytest.mark.parametrize("data", ["\x1b[?1049h", "\x1b[?2026h", "\x1b]52;c;YQ==\x07", "\x07"])
def test_what_is_no_frame_passes(data: str) -> None:
    assert ScreenDiff().reduce(data) == data


def test_a_terminal_that_erases_in_colour_is_sent_no_blank_cells() -> None:
    frame = f"\x1b[1;1H\x1b[48;5;4mname{' ' * 60}size\x1b[0m{' ' * 40}\x1b[1;1H"
    sent = ScreenDiff(erases=True).reduce(frame)
    assert len(sent) < 60
    assert "\x1b[60X" in sent
    assert " " * 60 in ScreenDiff().reduce(frame)


@pytest.mark.parametrize("seed", range(20))
def test_a_terminal_shows_the_same_as_if_all_were_sent(seed: int) -> None:
    choose = random.Random(seed)
    diff = ScreenDiff(erases=seed % 2 == 1)
    whole, reduced = pyte.Screen(WIDTH, HEIGHT), pyte.Screen(WIDTH, HEIGHT)
    for _ in range(30):
        frame = _frame(choose)
        pyte.Stream(whole).feed(frame)
        pyte.Stream(reduced).feed(diff.reduce(frame))
        for row, column in product(range(HEIGHT), range(WIDTH)):
            assert _seen(reduced.buffer[row][column]) == _seen(whole.buffer[row][column]), (row, column, frame)


def test_nobody_waits_for_a_terminal_that_is_gone() -> None:
    ours, its = pty.openpty()
    os.close(ours)
    file = os.fdopen(its, "w")
    writer = WriterThread(cast("IO[str]", Terminal(file)))
    writer.start()
    for _ in range(3 * MAX_QUEUED_WRITES):
        writer.write("text")
    writer.stop()
    with pytest.raises(OSError, match="Input/output error"):
        file.close()


def _frame(choose: random.Random) -> str:
    """A region of the screen, drawn anew as Textual does it."""
    top, left = choose.randrange(HEIGHT), choose.randrange(WIDTH)
    width = choose.randint(1, WIDTH - left)
    lines = []
    for row in range(top, choose.randint(top, HEIGHT - 1) + 1):
        parts, missing = "", width
        while missing:
            length = choose.randint(1, missing)
            letters = choose.choices(LETTERS, k=length) if choose.random() < 0.7 else " "  # few letters, or a blank
            text = set_cell_size("".join(letters), length)
            style = choose.choice(STYLES)
            parts += f"\x1b[{style}m{text}\x1b[0m" if style else text
            missing -= length
        lines.append(f"\x1b[{row + 1};{left + 1}H{parts}")
    return "".join(lines) + "\x1b[1;1H"


def _seen(cell: Char) -> object:
    """Of a space, only what shows."""
    return cell.bg if cell.data == " " and not (cell.underscore or cell.reverse) else cell
