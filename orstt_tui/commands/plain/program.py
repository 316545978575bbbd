"""The plain program: reads a line, runs the command that it is, and begins again."""

from __future__ import annotations

import sys
from collections.abc import Callable, Sequence
from functools import partial

import click

from orstt_core.backend import Backend
from orstt_core.errors import OrsttError
from orstt_tui.commands import output
from orstt_tui.commands.context import CommandContext
from orstt_tui.commands.plain.completion import provide_editing
from orstt_tui.commands.plain.line_reader import LineGivenUp, LineReader, interruptible
from orstt_tui.commands.plain.menu import END_WORDS, MENU, MENU_WORDS, expand, lines, missing_words, words_of
from orstt_tui.commands.plain.session import PlainSession

PROMPT = "orstt> "
Run = Callable[[Sequence[str], CommandContext], int]
"""Runs a command, given its arguments, and returns its exit code; what it fails with is said."""


def open_plain(context: CommandContext, group: click.Group, run: Run) -> int:
    """Run the plain program until it is left and return its exit code.

    Args:
        context: says which backend.
        group: all commands of `orstt`.
        run: runs one of them.

    Raises:
        OrsttError: the settings are wrong, or the backend cannot be opened.
    """
    output.write_lines_only()
    commands = group.list_commands(click.Context(group))
    with PlainSession(context) as session:
        edited = provide_editing(group, session, commands)
        _greet(session)
        with LineReader(session.ended, edited=edited) as reader:
            session.announce = reader.announce if edited else None
            while (line := _read_line(reader)) is not None and _do(line, session, commands, run, reader):
                pass
        _say_farewell(session)
    return 0


def _greet(session: PlainSession) -> None:
    async def place(backend: Backend) -> str:
        info = await backend.info()
        return f"OR-STT, {info.location}. The active model is {info.active_model}. Type menu to see what can be done."

    try:
        output.write(f"{output.one_line(session.run(place))}\n")
    except OrsttError as error:  # a server that does not answer yet: the next command asks again
        output.fail(error)


def _read_line(reader: LineReader) -> str | None:
    """Return the next line; None: there is none any more."""
    while True:
        try:
            return reader.read(PROMPT if output.to_terminal() and sys.stdin.isatty() else "")
        except LineGivenUp:
            continue
        except EOFError:
            if output.to_terminal():
                output.write("\n")
            return None


def _do(line: str, session: PlainSession, commands: Sequence[str], run: Run, reader: LineReader) -> bool:
    """Do what a line says and return whether another one is to follow."""
    try:
        words = words_of(line)
    except ValueError:
        output.write_stderr(
            "a quotation mark is open: close it, or put the word that has one into marks of the other kind"
        )
        return True
    if words[:1] and words[0] in END_WORDS:
        return False
    if words and words[0] in MENU_WORDS:
        output.write("".join(f"{each}\n" for each in lines()))
    elif words and words[0].startswith("-"):
        output.write_stderr("a line begins with what is to be done; menu shows what that may be")
    elif words:
        try:
            _run(words, session, commands, run, reader)
        except LineGivenUp:  # at a question
            pass
        except (EOFError, KeyboardInterrupt):
            output.write("\n")
    return True


def _run(words: Sequence[str], session: PlainSession, commands: Sequence[str], run: Run, reader: LineReader) -> None:
    arguments = expand(words, commands, lambda question: reader.read(f"{question}: ").strip())
    if arguments[0] not in commands:
        names = [entry.name for entry in MENU]
        said = f"There is no command {words[0]!r}; menu tells what these do: {', '.join(names)}."
        known = [*names, *commands, *MENU_WORDS, *END_WORDS]
        output.fail(click.exceptions.NoSuchCommand(words[0], said, possibilities=known))
    elif needed := missing_words(words):
        output.write_stderr(needed)
    else:
        interruptible(partial(run, arguments, session))


def _say_farewell(session: PlainSession) -> None:
    async def waiting(backend: Backend) -> int:
        now = await backend.readiness()
        return now.queued + now.running

    if not session.settings.remote and session.run(waiting):
        output.write("Jobs that wait or run go on when a program of OR-STT is open the next time.\n")
