"""What the commands print: results on standard output, everything about them on standard error.

Results are UTF-8 wherever they are piped to, whatever the locale says. A failure is one line.
"""

from __future__ import annotations

import io
import os
import sys
import textwrap
from collections.abc import AsyncGenerator, Iterator, Sequence
from contextlib import aclosing, contextmanager
from typing import TextIO

import click

from orstt_core.disk import is_full, why_not
from orstt_core.errors import FileProblem, StorageFull
from orstt_core.text import CONTROLS, printable

UNEXPECTED = 1
INTERRUPTED = 130
ECHO = "^C"
"""What a terminal shows when Ctrl-C is pressed."""
USUAL_COLUMNS = 80
MIN_COLUMN, INDENT = 20, "    "
"""Characters that a wrapped column has at least; with fewer it goes below its row, indented."""
PIPE_CLOSED = 141
"""What a shell shows for a program that SIGPIPE ended, such as `cat` before `head`."""


class _Mode:
    lines_only = False


_mode = _Mode()


class OutputLost(click.ClickException):
    """Standard output takes no more, so nothing that would be printed is worth doing."""

    exit_code = FileProblem.exit_code

    def __init__(self, why: str) -> None:
        super().__init__(f"The output cannot be written: {why}.")


class OutputFull(OutputLost):
    """Its disk is full."""

    exit_code = StorageFull.exit_code


class Interrupted(click.ClickException):
    """Ctrl-C."""

    exit_code = INTERRUPTED


def write_lines_only() -> None:
    """From now on write nothing over what a terminal shows, as for screen readers: each line is written once."""
    _mode.lines_only = True


def lines_only() -> bool:
    """Return whether nothing may be written over."""
    return _mode.lines_only


def accept_any_text(stream: TextIO | None) -> None:
    """Make a stream take any text: UTF-8 into a pipe or a file; a terminal shows what it can."""
    if isinstance(stream, io.TextIOWrapper):
        encoding = stream.encoding if stream.isatty() else "utf-8"
        stream.reconfigure(encoding=encoding, errors="backslashreplace")


def to_terminal() -> bool:
    """Return whether a person reads standard output as it is written."""
    return sys.stdout is not None and sys.stdout.isatty()


def write(text: str, *, styled: bool = False) -> None:
    """Write to standard output and see it through; a terminal is sent no control codes, whoever wrote the text.

    Args:
        text: what to write.
        styled: its control codes are colours of ours, and there are no others in it.

    Raises:
        OutputLost: the output cannot be written, e.g. because the disk is full.
        click.exceptions.Exit: whoever read the output has gone; nobody is left to tell.
    """
    if sys.stdout is None:  # the program was started so, as by `orstt types >&-`
        raise OutputLost("standard output is closed")
    if to_terminal() and not styled:
        text = CONTROLS.sub("?", text)
    with _seen_through():
        sys.stdout.write(text)
        sys.stdout.flush()


async def write_parts(parts: AsyncGenerator[bytes]) -> None:
    """Write bytes to standard output as they come; the parts are closed in any case.

    Raises:
        OutputLost, click.exceptions.Exit: as `write`.
        OrsttError: what the parts raise.
    """
    if sys.stdout is None:
        raise OutputLost("standard output is closed")
    async with aclosing(parts):
        async for data in parts:
            with _seen_through():
                sys.stdout.buffer.write(data)
                sys.stdout.buffer.flush()


@contextmanager
def _seen_through() -> Iterator[None]:
    """Turn what standard output refuses into what ends the command."""
    try:
        yield
    except BrokenPipeError:
        _abandon_stdout()
        raise click.exceptions.Exit(PIPE_CLOSED) from None
    except OSError as error:
        _abandon_stdout()
        raise (OutputFull if is_full(error) else OutputLost)(why_not(error)) from error


def write_json(value: object) -> None:
    """Write a Struct, or a list of them, as one line of JSON to standard output."""
    from orstt_core.types import to_json

    write(f"{to_json(value).decode()}\n")


def write_table(rows: Sequence[Sequence[str]]) -> None:
    """Write aligned columns to standard output; the first row is the header.

    On a terminal that is too narrow, the last column is wrapped between words.
    """
    cells = [[one_line(cell) for cell in row] for row in rows]
    widths = [max(map(len, column)) for column in zip(*cells, strict=True)]
    columns = terminal_columns(sys.stdout) if to_terminal() else sys.maxsize
    write("".join(f"{line}\n" for row in cells for line in _row_lines(row, widths, columns)))


def _row_lines(row: Sequence[str], widths: Sequence[int], columns: int) -> list[str]:
    line = "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip()
    if len(line) <= columns:
        return [line]
    before = "".join(cell.ljust(width) + "  " for cell, width in zip(row[:-1], widths, strict=False))
    if columns - len(before) >= MIN_COLUMN:
        first, *others = wrap(row[-1], columns - len(before))
        return [f"{before}{first}", *(f"{' ' * len(before)}{other}" for other in others)]
    return [before.rstrip(), *wrap(row[-1], columns, indent=INDENT)]


def wrap(text: str, columns: int, *, indent: str = "") -> list[str]:
    """Return the text in lines of so many characters, broken between words; a longer word has a line of its own."""
    # No path and no name is broken: whoever copies it wants all of it.
    return textwrap.wrap(
        text, columns, initial_indent=indent, subsequent_indent=indent, break_long_words=False, break_on_hyphens=False
    )


def terminal_columns(stream: TextIO) -> int:
    """Return how many characters a line of the terminal holds."""
    try:
        return os.get_terminal_size(stream.fileno()).columns or USUAL_COLUMNS
    except OSError:
        return USUAL_COLUMNS


def clear_echo() -> None:
    """Take the `^C` away that a terminal shows for Ctrl-C, so that the prompt stands at the beginning of its line."""
    if sys.stderr is not None and sys.stderr.isatty() and not lines_only():
        sys.stderr.write(f"\r{' ' * len(ECHO)}\r")
        sys.stderr.flush()


def write_stderr(text: str) -> None:
    """Write one line about the work to standard error, whatever is in it; a terminal gets it broken between words."""
    if sys.stderr is None:
        return
    try:
        line = f"orstt: {one_line(text)}"  # control characters in names do nothing
        if sys.stderr.isatty():
            # A carriage return covers the ^C that a terminal shows.
            start = "" if lines_only() else "\r"
            line = start + "\n".join(wrap(line, terminal_columns(sys.stderr)))
        sys.stderr.write(f"{line}\n")
        sys.stderr.flush()
    except OSError:  # nothing can be said and nobody listens; the exit code still tells
        pass


def one_line(text: str) -> str:
    """Return the text as one line without control characters."""
    return printable(" ".join(text.split("\n")))


def fail(error: Exception) -> int:
    """Say in one line why a command failed and return the exit code for it."""
    from orstt_core.errors import OrsttError

    if isinstance(error, OrsttError):
        write_stderr(str(error))
        return error.exit_code
    if isinstance(error, click.exceptions.NoArgsIsHelpError):  # a group without a command: its help is for reading
        click.echo(error.format_message(), err=True)
        return error.exit_code
    if isinstance(error, click.UsageError):
        command = error.ctx.command_path if error.ctx else "orstt"
        said = " ".join(error.format_message().split())  # choices stand on lines of their own
        write_stderr(f"{said}{'' if said.endswith(('.', '?', '?)')) else '.'} See `{command} --help`.")
        return error.exit_code
    if isinstance(error, click.ClickException):
        write_stderr(error.format_message())
        return error.exit_code
    if isinstance(error, click.Abort):  # Ctrl-C before a command began
        write_stderr("stopped.")
        return INTERRUPTED
    import logging

    write_stderr(f"unexpected {type(error).__name__}: {error}; run with ORSTT_LOG_LEVEL=debug for details")
    logging.getLogger(__name__).debug("this is where it came from", exc_info=error)
    return UNEXPECTED


def _abandon_stdout() -> None:
    # What is still in the buffer would fail again when Python flushes it at exit.
    nowhere = os.open(os.devnull, os.O_WRONLY)
    os.dup2(nowhere, sys.stdout.fileno())
    os.close(nowhere)
