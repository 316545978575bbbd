"""`orstt` as a process: signals, pipes, terminals and locales."""

from __future__ import annotations

import fcntl
import os
import signal
import struct
import subprocess
import sys
import termios
from pathlib import Path
from typing import Any

import pytest
from cli.running import Shell, seen, terminal, wait_for

SLOW = "backend.script = [*speech('Hello there.')[:-1], 600.0]"
"""A transcription that says one sentence and then works on for ten."""


def test_without_a_command_it_opens_in_the_terminal_and_ends_with_it(shell: Shell) -> None:
    with terminal() as (ours, theirs):
        fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 24, 80, 0, 0))
        environ = {"TERM": "xterm"}
        streams: dict[str, Any] = {"stdin": theirs, "stdout": theirs, "stderr": theirs}
        process = shell.start(command=shell.scripted(), environ=environ, start_new_session=True, **streams)
        shown = b""
        while b"medium" not in shown:
            shown += os.read(ours, 65536)
        os.write(ours, b"q")
        seen(ours, process, theirs)
    assert process.returncode == 0


def test_an_api_address_that_is_none_is_named_before_the_screen_opens(shell: Shell) -> None:
    with terminal() as (ours, theirs):
        streams: dict[str, Any] = {"stdin": theirs, "stdout": theirs, "stderr": theirs}
        process = shell.start("--api", "127.0.0.1:99999", **streams)
        shown = seen(ours, process, theirs)
    assert process.returncode == 2
    assert shown.strip().startswith("orstt: '127.0.0.1:99999'")
    assert shown.count("\n") == 1


def test_a_user_id_without_a_home_needs_only_the_two_folders(shell: Shell, tmp_path: Path) -> None:
    nameless = """
import pwd, sys
def unknown(*_): raise KeyError
pwd.getpwuid = pwd.getpwnam = unknown
from orstt_tui import cli
sys.exit(cli.main())
"""
    unset = [f"--unset={name}" for name in shell.environ() if name == "HOME" or name.startswith("XDG_")]
    command = ("env", *unset, sys.executable, "-c", nameless)
    data, cache = tmp_path / "data", tmp_path / "cache"
    done = shell("doctor", command=command, ORSTT_DATA_DIR=str(data), ORSTT_CACHE_DIR=str(cache))
    assert done.err == ""
    assert "database: SQLite, 5 models" in done.out
    assert f"hub's cache: {data}/.cache/huggingface/hub" in done.out
    refused = shell("models", "list", command=command, ORSTT_CACHE_DIR="")
    assert refused.code == 2
    assert "Set ORSTT_DATA_DIR and ORSTT_CACHE_DIR to folders." in refused.err


def written_over(line: str) -> str:
    """What stands in a line after its carriage returns."""
    cells: list[str] = []
    for part in line.split("\r"):
        cells[: len(part)] = part
    return "".join(cells).rstrip()


def test_tables_and_errors_are_wrapped_between_words_on_a_terminal(shell: Shell) -> None:
    for args, wrapped, width in (
        (("models", "list"), "COMPUTE\r\n    DESCRIPTION", 60),
        (("models", "show", "none such"), "See `orstt\r\nmodels list`.", 50),
    ):
        with terminal() as (ours, theirs):
            fcntl.ioctl(theirs, termios.TIOCSWINSZ, struct.pack("HHHH", 24, width, 0, 0))
            process = shell.start(*args, command=shell.scripted(), stdout=theirs, stderr=theirs)
            shown = seen(ours, process, theirs)
        assert wrapped in shown
        assert all(len(line.rstrip()) <= width for line in shown.split("\r\n")), shown


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM, signal.SIGHUP])
def test_a_signal_cancels_a_transcription_with_nothing_half_written_and_no_residue_on_the_line(
    shell: Shell, recording: Path, tmp_path: Path, number: int
) -> None:
    folder = tmp_path / "out"
    folder.mkdir()
    mark = tmp_path / "cancelled"
    script = f"""
from pathlib import Path
class Telling(ScriptedBackend):
    async def __aexit__(self, *_): Path({str(mark)!r}).write_text(str(self.cancelled))
    def _maybe_fail(self): Path({str(mark)!r}).touch()
backend = Telling()
{SLOW}
"""
    with terminal() as (ours, theirs):
        process = shell.start(
            "transcribe", recording, "--output", folder, command=shell.scripted(script), stderr=theirs
        )
        wait_for(mark.exists)
        shown = ""
        if number == signal.SIGINT:
            modes = termios.tcgetattr(theirs)
            modes[3] &= ~termios.ISIG  # it shows ^C, and we send the signal
            termios.tcsetattr(theirs, termios.TCSANOW, modes)
            os.write(ours, b"\x03")
            while "^C" not in shown:
                shown += os.read(ours, 4096).decode()
        process.send_signal(number)
        lines = [written_over(line) for line in (shown + seen(ours, process, theirs)).split("\r\n")]
        assert process.stdout.read() == b""
        process.stdout.close()
    assert process.returncode == 128 + number
    assert lines == (["orstt: stopped.", ""] if number == signal.SIGINT else [""])
    assert mark.read_text() == "1"
    assert list(folder.iterdir()) == []


def test_a_busy_server_is_waited_for_with_the_place_on_the_terminal(shell: Shell, recording: Path) -> None:
    script = """
from orstt_core.errors import Busy
Busy.retry_after = 0.15
backend.ready = Readiness(ready=False, queued=7)
original, refusals = backend.transcribe, [1, 2]
async def transcribe(request):
    if refusals:
        refusals.pop()
        raise Busy('The queue is full.')
    async for event in original(request):
        yield event
backend.transcribe = transcribe
"""
    with terminal() as (ours, theirs):
        process = shell.start("transcribe", recording, command=shell.scripted(script), stderr=theirs)
        shown = seen(ours, process, theirs)
        assert process.stdout.read() == b"Hello there. General remarks.\n"
    process.stdout.close()
    assert process.returncode == 0
    assert "waiting, 7 before it" in shown


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_removes_what_came_through_standard_input(shell: Shell, tmp_path: Path, number: int) -> None:
    environ = {**shell.environ(), "TMPDIR": str(tmp_path)}
    process = subprocess.Popen(
        [*shell.scripted(SLOW), "transcribe", "-"],
        env=environ,
        stdin=subprocess.PIPE,
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    process.stdin.write(b"RIFF" * (1 << 20))
    process.stdin.flush()
    wait_for(lambda: any(path.stat().st_size for path in tmp_path.iterdir()))
    process.send_signal(number)
    process.wait(timeout=60)
    process.stdin.close()
    assert process.returncode == 128 + number
    assert list(tmp_path.iterdir()) == []


def test_a_reader_that_goes_away_ends_it_quietly(shell: Shell, recording: Path) -> None:
    many = shell.scripted("backend.script = [*speech('word ' * 100_000)]")
    process = shell.start("transcribe", recording, command=many)
    process.stdout.close()
    assert process.wait(timeout=60) == 128 + signal.SIGPIPE
    assert process.stderr.read() == b""
    process.stderr.close()


def test_an_output_that_is_full_ends_it_with_one_line(shell: Shell, recording: Path) -> None:
    with Path("/dev/full").open("wb") as full:
        process = shell.start("transcribe", recording, recording, command=shell.scripted(), stdout=full.fileno())
        _, err = process.communicate(timeout=60)
    assert process.returncode == 5
    assert err == b"orstt: The output cannot be written: the disk is full.\n"


def test_a_closed_standard_output_is_a_failure_of_one_line(shell: Shell, recording: Path) -> None:
    done = subprocess.run(
        ["sh", "-c", '"$@" >&-', "sh", *shell.scripted(), "transcribe", str(recording)],
        env=shell.environ(),
        capture_output=True,
        check=False,
    )
    assert done.returncode == 3
    assert done.stderr == b"orstt: The output cannot be written: standard output is closed.\n"


@pytest.mark.parametrize("locale", [{"LC_ALL": "POSIX", "PYTHONUTF8": "0"}, {"PYTHONIOENCODING": "ascii"}])
def test_piped_text_is_utf8_in_any_locale_and_nothing_else_is_said(
    shell: Shell, recording: Path, locale: dict[str, Any]
) -> None:
    text = "Grüße aus 東京 — naïve"
    said = shell.scripted(f"backend.script = [*speech({text!a})]")
    assert shell("transcribe", recording, command=said, **locale) == (0, f"{text}\n", "")


def test_a_file_name_that_is_no_text_does_not_stop_it(shell: Shell, tmp_path: Path) -> None:
    name = os.fsencode(tmp_path) + b"/\xff\n.wav"
    Path(os.fsdecode(name)).write_bytes(b"RIFF")
    assert shell("transcribe", os.fsdecode(name), command=shell.scripted()).code == 0
    code, out, err = shell("transcribe", os.fsdecode(name) + "x", command=shell.scripted())
    assert (code, out) == (3, "")
    assert err.count("\n") == 1
    answer = shell("transcribe", os.fsdecode(name), "--json", command=shell.scripted())
    assert answer.code == 0, answer.err


def test_progress_is_one_line_on_a_terminal_that_is_cleared_in_the_end(shell: Shell, recording: Path) -> None:
    slow = shell.scripted(
        "backend.script = [Accepted(model='base', ahead=2), 0.15, Loading(detail='loading base'), 0.15, "
        "*[step for event in speech('Hello.')[1:] for step in (event, 0.15)]]"
    )
    with terminal() as (ours, theirs):
        process = shell.start("transcribe", recording, command=slow, stderr=theirs)
        shown = seen(ours, process, theirs)
        assert process.stdout.read() == b"Hello.\n"
    process.stdout.close()
    stages = [stage.strip() for stage in shown.split("\r")]
    assert [stage for stage in stages if stage] == [
        "waiting, 2 before it",
        "loading base",
        "0% 0.0/2.0 s",
        "[############] 100%",
    ]
    assert "\n" not in shown
    assert "\x1b" not in shown
    assert stages[-2:] == ["", ""]


def test_text_for_a_terminal_comes_as_it_is_decoded_a_segment_on_a_line(shell: Shell, recording: Path) -> None:
    halting = shell.scripted("backend.script = [*speech('One.', 'Two.')[:-1], 600.0]")
    with terminal() as (ours, theirs):
        process = shell.start("transcribe", recording, command=halting, stdout=theirs)
        shown = b""
        while b"Two." not in shown:
            shown += os.read(ours, 4096)
        assert shown.replace(b"\r", b"").rstrip(b"\n") == b"One.\nTwo."
        process.send_signal(signal.SIGINT)
        assert process.stderr.read() == b"orstt: stopped.\n"
    process.stderr.close()
    assert process.wait(timeout=60) == 130
