"""What a shell completes, and the manual page."""

from __future__ import annotations

import os
import shlex
import shutil
import subprocess
from collections.abc import Callable
from pathlib import Path

import pytest
from cli.running import Result, Shell
from click.shell_completion import ShellComplete
from scripted import ScriptedBackend
from scripted_jobs import a_job

from orstt_tui.cli import COMMANDS, cli
from orstt_tui.commands.completion import VARIABLE
from orstt_tui.commands.context import CommandContext

Orstt = Callable[..., Result]


def completed(backend: ScriptedBackend, line: str) -> list[str]:
    """What may follow a line."""
    context = CommandContext(open_backend=lambda settings, *, drain=False: backend)
    *words, incomplete = line.split(" ")[1:]
    shell = ShellComplete(cli, {"obj": context}, "orstt", VARIABLE)
    return [item.value for item in shell.get_completions(words, incomplete)]


def test_commands_options_models_jobs_and_languages_are_completed(
    scripted: ScriptedBackend, capfd: pytest.CaptureFixture[str]
) -> None:
    scripted.put(a_job(1))
    scripted.put(a_job(2))
    assert completed(scripted, "orstt ") == list(COMMANDS)
    assert completed(scripted, "orstt mo") == ["models"]
    assert "--remote" in completed(scripted, "orstt nope --")
    assert completed(scripted, "orstt models show ba") == ["base"]
    assert completed(scripted, "orstt transcribe --model s") == ["small"]
    assert completed(scripted, "orstt transcribe --language d") == ["da", "de", "dv", "dz"]
    assert completed(scripted, "orstt audio ") == ["2" * 8, "1" * 8]
    assert completed(scripted, f"orstt audio {'1' * 10}") == ["1" * 10]
    assert completed(scripted, "orstt audio 1111 --fr") == ["--from"]
    scripted.failure = RuntimeError("gone")
    assert completed(scripted, "orstt models show ") == [], "whatever goes wrong leaves the line as it is"
    assert capfd.readouterr() == ("", "")


def test_a_shell_is_answered_by_the_program_itself(shell: Shell) -> None:
    environ = {"COMP_WORDS": "orstt models show ba", "COMP_CWORD": "3"}
    done = shell(command=shell.scripted(f"import os; os.environ.update({environ}, {VARIABLE}='bash_complete')"))
    assert done == (0, "plain,base\n", "")


@pytest.mark.parametrize("name", ["bash", "zsh", "fish"])
def test_the_script_of_each_shell_is_printed(orstt: Orstt, name: str) -> None:
    code, out, err = orstt("completion", name)
    assert (code, err) == (0, "")
    assert VARIABLE in out


def test_bash_completes_by_its_script(orstt: Orstt, shell: Shell, tmp_path: Path) -> None:
    program = tmp_path / "orstt"
    program.write_text(f'#!/bin/sh\nexec {shlex.join(shell.scripted())} "$@"\n')
    program.chmod(0o700)
    script = orstt("completion", "bash").out
    asked = """
complete -p orstt
COMP_WORDS=(orstt models show ba) COMP_CWORD=3
_orstt_completion orstt ba show
printf '%s\n' "${COMPREPLY[@]}"
"""
    path = f"{tmp_path}:{os.environ['PATH']}"
    done = subprocess.run(
        ["bash", "--noprofile", "--norc"],
        input=script + asked,
        env=shell.environ(PATH=path),
        capture_output=True,
        text=True,
        check=True,
    )
    registered, *found = done.stdout.splitlines()
    assert "-F _orstt_completion" in registered
    assert (found, done.stderr) == (["base"], "")


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
