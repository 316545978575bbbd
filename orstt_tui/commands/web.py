"""`orstt web`: the terminal program as a page in the browser, beside the HTTP API."""

from __future__ import annotations

import sys
from pathlib import Path

import click

from orstt_tui.commands.context import CommandContext
from orstt_tui.commands.options import global_options, listening_options
from orstt_tui.commands.serve import serve_until_stopped

MOST_PAGES = 8


@click.command
@listening_options
@click.option(
    "--folder",
    type=click.Path(exists=True, file_okay=False, path_type=Path),
    default=Path(),
    metavar="FOLDER",
    help="Where pages read recordings and write texts, and nowhere else; default: the current folder.",
)
@click.option(
    "--pages",
    type=click.IntRange(1, 1000),
    default=MOST_PAGES,
    show_default=True,
    help="How many may be open at once; each is a process of its own.",
)
@global_options
@click.pass_obj
def web(context: CommandContext, folder: Path, pages: int) -> None:
    """Offer this program as a page in the browser.

    Prints the page's address, and stops at Ctrl-C or SIGTERM. The HTTP API is served beside it, as by `orstt serve`.
    The page asks for an API key where the server has one, and may do what that key may.
    Files that are chosen in it and texts that it saves are those of this machine, in FOLDER.
    """
    from orstt_api.web.pages import WebPages
    from orstt_api.web.sessions import PAGE

    served = WebPages((sys.executable, "-P", "-m", "orstt_tui.web_program"), folder=folder.resolve(), most=pages)
    serve_until_stopped(context, PAGE, served)
