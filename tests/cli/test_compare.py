"""`orstt jobs compare`: in colour and side by side where there is room, with marks and below each other where not."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
from cli.running import Result, Shell, seen, terminal
from scripted import ScriptedBackend
from tui.piloting import a_done_job

Run = Callable[..., Result]
TEXTS = ("The knee is stable.", "No pain."), ("the new is stable", "No pain.")
SCRIPT = f"""
import fcntl, struct, termios
from tui.piloting import a_done_job
backend.put(a_done_job(1, *{TEXTS[0]!r}))
backend.put(a_done_job(2, *{TEXTS[1]!r}))
fcntl.ioctl(1, termios.TIOCSWINSZ, struct.pack("HHHH", 40, COLUMNS, 0, 0))
"""


def test_a_comparison_is_told_with_marks_figures_and_errors(
    orstt: Run, scripted: ScriptedBackend, tmp_path: Path
) -> None:
    for number, texts in enumerate(TEXTS, start=1):
        scripted.put(a_done_job(number, *texts))
    result = orstt("jobs", "compare", "1111", "2222")
    assert (result.code, result.err) == (0, "")
    lines = result.out.splitlines()
    assert lines[0].endswith("The [-knee-] is stable.")
    assert lines[1].endswith("the {+new+} is stable")
    assert (lines[0][0], lines[1][0], lines[2][0], lines[2].split(maxsplit=1)[1]) == ("-", "+", " ", "No pain.")
    assert "16.7% of the words of both" in result.out
    assert "Errors" not in result.out
    reference = tmp_path / "said.txt"
    reference.write_text("The knee is stable. No pain.")
    told = orstt("jobs", "compare", "1111", "2222", "--reference", reference).out
    assert "0.0%: 0 of 6 words" in told
    assert "16.7%: 1 of 6 words (1 replaced)" in told
    found = json.loads(orstt("jobs", "compare", "1111", "2222", "--reference", reference, "--json").out)
    assert (found["second"]["errors"]["rate"], found["rows"][0]["pieces"][1]["differs"]) == (1 / 6, True)
    assert orstt("jobs", "compare", "1111", "1111").code == 2
    assert orstt("jobs", "compare", "1111", "3333").code == 3
    missing = orstt("jobs", "compare", "1111", "2222", "--reference", tmp_path / "none")
    assert (missing.code, "cannot be read" in missing.err) == (3, True)


@pytest.mark.parametrize(("columns", "environ"), [(120, {}), (60, {}), (120, {"NO_COLOR": "1"})])
def test_a_terminal_shows_it_side_by_side_or_below_each_other(
    shell: Shell, columns: int, environ: dict[str, str]
) -> None:
    command = shell.scripted(SCRIPT.replace("COLUMNS", str(columns)))
    with terminal() as (ours, theirs):
        process = subprocess.Popen(
            [*command, "jobs", "compare", "1111", "2222"],
            stdin=theirs,
            stdout=theirs,
            stderr=theirs,
            env=shell.environ(**{"TERM": "xterm", "NO_COLOR": "", **environ}),
        )
        out = seen(ours, process, theirs)
    assert process.returncode == 0
    first = next(line for line in out.splitlines() if "knee" in line)
    assert ("new" in first) == (columns > 100), first
    assert ("\x1b[31m" in first or "\x1b[31;1m" in first) == (not environ), repr(first)
    assert ("[-knee-]" in first) == bool(environ)
