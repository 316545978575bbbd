"""Nothing but the program draws on the screen, and a program that breaks says so in one line."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

from orstt_core.errors import OrsttError
from orstt_core.settings import Settings
from orstt_tui import app as program
from orstt_tui.app import OrsttApp
from orstt_tui.terminal import log_file, reserve_screen

SCRIPT = """
import logging, os, sys
from orstt_tui.terminal import reserve_screen
with reserve_screen("info"):
    os.write(2, b"native noise\\n")
    logging.getLogger("library").info("python noise")
    logging.getLogger("httpx2").info("GET /api/jobs?q=Mrs+Smith")
    sys.__stderr__.write("the picture\\n")
    sys.__stderr__.flush()
os.write(2, b"and after\\n")
"""


def test_what_libraries_write_goes_to_the_log_and_the_picture_to_the_screen() -> None:
    done = subprocess.run([sys.executable, "-c", SCRIPT], capture_output=True, text=True, check=True)
    assert done.stderr == "the picture\nand after\n"
    log = log_file().read_text()
    assert "native noise" in log
    assert "INFO library: python noise" in log
    assert "Smith" not in log, "nobody's search is logged"
    assert log_file().stat().st_mode & 0o077 == 0, "it may hold names of recordings"


def test_where_no_log_can_be_written_the_program_works_all_the_same(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "file").touch()
    monkeypatch.setenv("XDG_STATE_HOME", str(tmp_path / "file"))
    done = subprocess.run([sys.executable, "-c", SCRIPT], capture_output=True, text=True, check=True)
    assert done.stderr == "the picture\nand after\n"


def test_everything_is_put_back() -> None:
    import logging

    before = (
        logging.getLogger().handlers[:],
        logging.getLogger().level,
        sys.__stderr__,
        len([*Path("/proc/self/fd").iterdir()]),
    )
    with reserve_screen():
        assert sys.__stderr__ is not before[2]
    after = (
        logging.getLogger().handlers[:],
        logging.getLogger().level,
        sys.__stderr__,
        len([*Path("/proc/self/fd").iterdir()]),
    )
    assert after == before


def test_a_program_that_breaks_is_one_sentence_and_the_name_of_the_log(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(OrsttApp, "run", lambda self: None)
    monkeypatch.setattr(OrsttApp, "return_code", 1)
    with pytest.raises(OrsttError, match="error of its own") as caught:
        program.run(lambda _: None, settings=Settings())  # type: ignore[arg-type,return-value]  # never opened
    assert str(log_file()) in caught.value.hint
