"""Help is there at once, true, and complete."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Sequence

import click
import pytest
from cli.running import Result, Shell

from orstt_core import __version__
from orstt_tui.cli import COMMANDS, cli

Run = Callable[..., Result]
HEAVY = {
    "av",
    "ctranslate2",
    "faster_whisper",
    "huggingface_hub",
    "httpx2",
    "litestar",
    "numpy",
    "onnxruntime",
    "orstt_tui.app",
    "rich",
    "soundfile",
    "textual",
    "uvicorn",
}
"""What no command imports that only looks at models."""


def imported(*commands: Sequence[str]) -> set[str]:
    """Return the modules that these commands import, called one after the other in one process."""
    code = (
        "import sys; from orstt_tui.cli import run\n"
        "for command in sys.argv[1:]: assert run(command.split()) == 0\n"
        "print(*sys.modules, file=sys.stderr)"
    )
    lines = [" ".join(command) for command in commands]
    done = subprocess.run([sys.executable, "-c", code, *lines], capture_output=True, text=True, check=True)
    return set(done.stderr.split())


@pytest.mark.parametrize("name", COMMANDS)
def test_what_the_help_says_of_a_command_is_what_the_command_says(name: str) -> None:
    command = cli.get_command(click.Context(cli), name)
    assert command.name == name
    assert COMMANDS[name][1] == command.get_short_help_str(limit=200)


def test_help_lists_every_command(orstt: Run) -> None:
    code, out, err = orstt("--help")
    assert (code, err) == (0, "")
    for name, (_, summary) in COMMANDS.items():
        assert f"  {name}" in out
        assert summary in out
    assert orstt("-h").out == out


def test_help_imports_nothing_that_click_does_not() -> None:
    found = imported(["--help"])
    assert {name for name in found if name.startswith("orstt")} == {
        "orstt_core",
        "orstt_core.disk",  # says why an output cannot be written
        "orstt_core.errors",  # says with which code a command then ends; as light as click
        *(f"orstt_core.errors.{family}" for family in ("base", "conflict", "request", "service", "work")),
        "orstt_core.termination",
        "orstt_core.text",  # for everything that is printed
        "orstt_tui",
        "orstt_tui.cli",
        "orstt_tui.commands",
        "orstt_tui.commands.options",
        "orstt_tui.commands.output",
        "orstt_tui.commands.context",
    }
    assert not found & {"asyncio", "msgspec", "logging", "json", *HEAVY}


def test_help_of_a_command_imports_no_backend() -> None:
    found = imported(*([name, "--help"] for name in COMMANDS))
    assert not found & {"asyncio", "orstt_core.local", "orstt_api.client", "piccolo", *HEAVY}


def test_looking_at_the_models_imports_nothing_heavy() -> None:
    assert not imported(["models", "list"]) & HEAVY


def test_the_version_is_the_packages(shell: Shell) -> None:
    assert shell("--version") == (0, f"orstt {__version__}\n", "")


def test_no_summary_of_a_command_is_cut_off(orstt: Run) -> None:
    for args in ((), ("models",), ("jobs",), ("vocabulary",)):
        assert "..." not in orstt(*args, "--help").out.replace("[ARGS]...", "")
