"""`orstt man`: the manual page, made from the help of all commands.

It is one page, which `man -l -` shows as it comes: makers of such pages for click write a file for each command, into a
folder that whoever installs with pip does not have.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator

import click

from orstt_tui.commands import output
from orstt_tui.commands.options import global_options

SECTION = 1
"""Of the manual: programs."""
UNWRAPPED = "\b"
"""With this click's help marks a paragraph whose lines stay as they are."""


@click.command
@global_options
@click.pass_context
def man(ctx: click.Context) -> None:
    """Print the manual page of all commands.

    Read it with: orstt man | man -l -
    """
    from orstt_core import __version__

    output.write("".join(f"{line}\n" for line in _page(ctx.find_root(), __version__)))


def _page(root: click.Context, version: str) -> Iterator[str]:
    program = root.command
    yield f'.TH ORSTT {SECTION} "" "OR-STT {version}" "User Commands"'
    yield from (".SH NAME", rf"orstt \- {_text(program.get_short_help_str(limit=200))}")
    yield from (".SH SYNOPSIS", *_usage(root))
    yield from (".SH DESCRIPTION", *_paragraphs(program.help or ""), *_paragraphs(program.epilog or ""))
    yield from (".SH OPTIONS", *_options(root))
    yield ".SH COMMANDS"
    for context in _commands(root):
        yield from (f".SS {_text(context.command_path)}", *_usage(context))
        yield from (*_paragraphs(context.command.help or ""), *_options(context, common=_flags(root)))
    yield from (".SH SEE ALSO", "The options, exit codes and JSON of every command: docs/cli.md of the program.")


def _commands(context: click.Context) -> Iterator[click.Context]:
    """Yield the context of every command, each group before its own."""
    group = context.command
    assert isinstance(group, click.Group)
    for name in group.list_commands(context):
        command = group.get_command(context, name)
        assert command is not None
        below = click.Context(command, info_name=name, parent=context)
        yield below
        if isinstance(command, click.Group):
            yield from _commands(below)


def _usage(context: click.Context) -> Iterator[str]:
    pieces = " ".join(context.command.collect_usage_pieces(context))
    yield from (".PP", rf"\fB{_text(context.command_path)}\fR {_text(pieces)}")


def _flags(context: click.Context) -> Collection[str]:
    return {flag for parameter in context.command.params for flag in parameter.opts}


def _options(context: click.Context, common: Collection[str] = ()) -> Iterator[str]:
    """Yield the options of a command but those that it has in common with all."""
    for parameter in context.command.params:
        record = parameter.get_help_record(context)
        if record is not None and not set(parameter.opts).intersection(common):
            yield from (".TP", rf"\fB{_text(record[0])}\fR", _text(record[1]))


def _paragraphs(text: str) -> Iterator[str]:
    for paragraph in re.split(r"\n\s*\n", text.strip()):
        lines = [line.strip() for line in paragraph.splitlines()]
        if lines[:1] == [UNWRAPPED]:
            yield from (".PP", ".nf", *map(_text, lines[1:]), ".fi")
        elif paragraph:
            yield from (".PP", _text(" ".join(lines)))


def _text(text: str) -> str:
    r"""Return a text as roff writes it: `-` is a hyphen there, and a `.` or `'` that begins a line an order."""
    text = " ".join(text.split()).replace("\\", r"\e").replace("-", r"\-")
    return rf"\&{text}" if text.startswith((".", "'")) else text
