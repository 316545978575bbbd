"""What a shell completes, and the manual page."""

from __future__ import annotations

import shutil
import subprocess
from collections.abc import Callable

import pytest
from cli.running import Result, Shell

from orstt_tui.cli import COMMANDS

Orstt = Callable[..., Result]
BACKEND = "from scripted_jobs import a_job; backend.put(a_job(1)); backend.put(a_job(2))"


def completed(shell: Shell, line: str, script: str = BACKEND) -> list[str]:
    """What may follow a line, as bash is told it."""
    done = shell(
        command=shell.scripted(script),
        COMP_WORDS=line,
        COMP_CWORD=str(line.count(" ")),
        _ORSTT_COMPLETE="bash_complete",
    )
    assert (done.code, done.err) == (0, "")
    return [item.removeprefix("plain,") for item in done.out.splitlines() if item]


def test_commands_options_models_jobs_and_languages_are_completed(shell: Shell) -> None:
    assert completed(shell, "orstt ") == list(COMMANDS)
    assert completed(shell, "orstt mo") == ["models"]
    assert "--remote" in completed(shell, "orstt nope --")
    assert completed(shell, "orstt models show ba") == ["base"]
    assert completed(shell, "orstt transcribe --model s") == ["small"]
    assert completed(shell, "orstt transcribe --language d") == ["da", "de", "dv", "dz"]
    assert completed(shell, "orstt audio ") == ["2" * 8, "1" * 8]
    assert completed(shell, "orstt audio 1111 --fr") == ["--from"]


def test_a_backend_that_fails_leaves_the_line_as_it_is(shell: Shell) -> None:
    assert completed(shell, "orstt models show ", "backend.failure = RuntimeError('gone')") == []


@pytest.mark.parametrize("name", ["bash", "zsh", "fish"])
def test_the_script_of_each_shell_is_printed_and_bash_runs_its_own(orstt: Orstt, name: str) -> None:
    code, out, err = orstt("completion", name)
    assert (code, err) == (0, "")
    assert "_ORSTT_COMPLETE" in out
    if name == "bash":
        subprocess.run(["bash", "-n"], input=out, text=True, check=True)


def test_the_manual_page_names_every_command_and_option_and_is_sound_roff(orstt: Orstt) -> None:
    code, out, err = orstt("man")
    assert (code, err) == (0, "")
    plain = out.replace("\\-", "-")
    assert {name for name in COMMANDS if f".SS orstt {name}" not in plain} == set()
    for words in (".SS orstt jobs submit", "--word-timestamps", "--no-vad", "ID..."):
        assert words in plain
    if groff := shutil.which("groff"):
        done = subprocess.run([groff, "-man", "-Tutf8", "-ww"], input=out, capture_output=True, text=True, check=True)
        assert done.stderr == ""
