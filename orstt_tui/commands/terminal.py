"""`orstt` without a command: the program in the terminal."""

from __future__ import annotations

import gc
import os
import sys
from collections.abc import Callable
from functools import partial

import click

from orstt_tui.commands import output
from orstt_tui.commands.context import CommandContext

NO_SCREEN = ("", "dumb", "unknown")
"""What `TERM` is where letters alone are shown, as in Emacs' shell."""


def open_terminal(context: CommandContext, api: str | None, *, plain: Callable[[CommandContext], int]) -> int:
    """Run the terminal program until it is left and return its exit code.

    A terminal that cannot be drawn on gets the plain program.

    Args:
        context: where the backend comes from.
        api: where to serve the API from the start, as `HOST:PORT`; empty for the settings' address.
        plain: runs the plain program.

    Raises:
        UsageError: there is no terminal here.
        OrsttError: the settings or the address are wrong.
    """
    if not all(stream is not None and stream.isatty() for stream in (sys.stdin, sys.stdout)):
        raise click.UsageError("There is no terminal here to open in; give a command, e.g. `orstt transcribe FILE`.")
    if (term := os.environ.get("TERM")) in NO_SCREEN:
        if api is not None:
            raise click.UsageError(f"This terminal cannot show the API's requests (TERM={term}): use `orstt serve`.")
        output.write(f"This terminal cannot place text on its screen (TERM={term}), so this is orstt --plain.\n")
        return plain(context)
    settings = context.settings
    gc.disable()  # nearly all that is made until the program is open stays: a look at it takes a tenth of the start
    try:
        from orstt_tui.app import run

        open_backend = partial(context.backend, drain=True)
        note = run(open_backend, settings=settings, api=api, overrides=context.overrides, opened=_collect_garbage)
    finally:
        gc.enable()
    if note:
        output.write_stderr(note)
    return 0


def _collect_garbage() -> None:
    """Collect from now on, and never look again through what is there: that would hold up keys."""
    gc.freeze()
    gc.enable()
