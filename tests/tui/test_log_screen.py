"""The log in the terminal program: followed as it grows, by level, with bounded memory and no text of recordings."""

from __future__ import annotations

import logging
import sys
from pathlib import Path

import pytest
from tui.conftest import Open
from tui.piloting import line, screen_text, until

from orstt_tui import log_tail
from orstt_tui.log_tail import LogTail
from orstt_tui.screens import log as log_screen
from orstt_tui.terminal import FileFormat, log_file


def written(*lines: str) -> None:
    """Add lines to the program's log."""
    log_file().parent.mkdir(parents=True, exist_ok=True)
    with log_file().open("a", encoding="utf-8") as file:
        file.writelines(f"{each}\n" for each in lines)


def record(level: int, message: str) -> str:
    """A record as the program writes it."""
    return FileFormat().format(logging.LogRecord("orstt_core.jobs", level, "x.py", 1, message, None, None))


async def test_records_are_followed_and_shown_by_level_and_words(
    open_app: Open, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(log_screen, "SECONDS", 0.05)
    written(record(logging.INFO, "began"), "native noise", record(logging.ERROR, "it broke"), "    at x.py:3")
    async with open_app(size=(80, 24)) as pilot:
        await pilot.press("L")
        await until(pilot, lambda: "Log: debug and graver, 3 of 3 lines" in screen_text(pilot))
        assert "output" in line(pilot, "native noise")
        assert "at x.py:3" in screen_text(pilot), "the end is under the cursor, with all of it below"
        written(record(logging.WARNING, "it goes on"))
        await until(pilot, lambda: "warning" in line(pilot, "it goes on"))
        await pilot.press("e")
        await until(pilot, lambda: "Log: error and graver, 1 of 4 lines" in screen_text(pilot))
        assert not line(pilot, "native noise")
        await pilot.press("d", "slash", *"x.py:3")
        await until(pilot, lambda: not line(pilot, "it goes on"))
        assert line(pilot, "it broke")
        await pilot.press("enter", "escape")
        await until(pilot, lambda: bool(line(pilot, "it goes on")))
        log_file().write_text(record(logging.INFO, "begun anew") + "\n")
        await until(pilot, lambda: "1 of 1 lines" in screen_text(pilot))


def test_however_much_is_written_a_bounded_part_is_kept(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(log_tail, "MOST_BYTES", 4_000)
    path = tmp_path / "log"
    tail = LogTail(path)
    assert not tail.read()
    path.write_text("".join(f"{record(logging.INFO, f'line {number}')}\n" for number in range(3_000)))
    assert tail.read()
    assert tail.records[-1].text == "line 2999"
    assert sum(len(each.text) for each in tail.records) < 4_000
    with path.open("a") as file:
        file.write(f"{record(logging.INFO, 'one')}\n" + "".join(f"    {number}\n" for number in range(500)))
    assert tail.read()
    assert tail.records[-1].text.count("\n") == log_tail.MOST_LINES
    assert not tail.read()


def test_an_exception_is_logged_by_where_it_was_raised_and_not_by_what_it_quotes() -> None:
    def said() -> None:
        raise ValueError("the patient said")

    try:
        try:
            said()
        except ValueError as error:
            raise RuntimeError("because the patient said") from error
    except RuntimeError:
        failed = logging.LogRecord("x", logging.ERROR, "x.py", 1, "It\nbroke.", None, sys.exc_info())
    text = FileFormat().format(failed)
    assert "the patient" not in text.replace('raise ValueError("the patient said")', "").replace(
        'raise RuntimeError("because the patient said")', ""
    )
    first, *others = text.splitlines()
    assert first.endswith("ERROR x: It broke.")
    assert all(each.startswith("    ") for each in others)
    assert [each.strip() for each in others if each.strip() in ("ValueError", "RuntimeError")] == [
        "ValueError",
        "RuntimeError",
    ]


async def test_a_crash_writes_where_it_was_and_no_values(open_app: Open, caplog: pytest.LogCaptureFixture) -> None:
    def crash() -> None:
        words = ["the patient said"]
        words[5].title()

    apps = []

    async def crashed_program() -> None:
        async with open_app() as pilot:
            apps.append(pilot.app)
            pilot.app.call_later(crash)
            await until(pilot, lambda: not pilot.app.is_running)

    with pytest.raises(IndexError):
        await crashed_program()
    assert apps[0]._exit_renderables == [], "Textual would write the values of variables"
    [crashed] = [each for each in caplog.records if each.levelno == logging.CRITICAL]
    text = FileFormat().format(crashed)
    assert "IndexError" in text
    assert "words[5].title()" in text
    assert "patient" not in text
