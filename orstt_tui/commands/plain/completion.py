"""What Tab completes in the plain program: commands, options, models, jobs, and paths, where readline is there."""

from __future__ import annotations

import glob
import os
import shlex
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

import click
from click.shell_completion import ShellComplete

from orstt_tui.commands.completion import VARIABLE
from orstt_tui.commands.context import CommandContext
from orstt_tui.commands.plain.menu import MENU, expand

PATHS = frozenset({"file", "dir"})
DUMB = "dumb"
"""The terminal that readline is told: it then moves no cursor, sends no colour, and marks no paste."""


def provide_editing(group: click.Group, context: CommandContext, commands: Sequence[str]) -> bool:
    """Let lines be edited, remembered and completed, where Python has readline; return whether it has."""
    try:
        with _terminal_called(DUMB):
            import readline
    except ImportError:
        return False
    candidates: list[str] = []

    def complete(text: str, state: int) -> str | None:
        if state == 0:
            before = readline.get_line_buffer()[: readline.get_begidx()]
            candidates[:] = candidates_for(group, context, commands, before, text)
        return candidates[state] if state < len(candidates) else None

    readline.set_completer(complete)
    readline.set_completer_delims(" \t")
    readline.parse_and_bind("tab: complete")
    readline.parse_and_bind("set enable-bracketed-paste off")
    return True


def candidates_for(
    group: click.Group, context: CommandContext, commands: Sequence[str], before: str, text: str
) -> list[str]:
    """Return what the last word of a line may become.

    Args:
        group: all commands.
        context: whom to ask for the names of models and jobs.
        commands: their names.
        before: the line up to that word.
        text: what is typed of the word.
    """
    try:
        words = shlex.split(before.strip().removeprefix(":"))
    except ValueError:  # a quotation mark is open
        return []
    if not words:
        colon = ":" if text.startswith(":") else ""
        names = dict.fromkeys([*(entry.name for entry in MENU), *commands])
        return [f"{colon}{name} " for name in names if name.startswith(text.removeprefix(":"))]
    shell = ShellComplete(group, {"obj": context}, "orstt", VARIABLE)
    items = shell.get_completions(expand(words, commands), text)
    if not items or any(item.type in PATHS for item in items):
        return list(_paths(text))
    return [f"{item.value} " for item in items]


def _paths(text: str) -> Iterator[str]:
    for path in sorted(glob.glob(f"{glob.escape(os.path.expanduser(text))}*")):  # noqa: PTH111, PTH207 - as typed
        yield f"{shlex.quote(path)}{'/' if os.path.isdir(path) else ' '}"  # noqa: PTH112 - as above


@contextmanager
def _terminal_called(name: str) -> Iterator[None]:
    """Have a library that looks at the environment take the terminal for another one; editors get it as it is."""
    before = os.environ.get("TERM")
    os.environ["TERM"] = name
    try:
        yield
    finally:
        if before is None:
            del os.environ["TERM"]
        else:
            os.environ["TERM"] = before
