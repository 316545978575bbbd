"""`orstt serve`: the same models over HTTP, until SIGINT or SIGTERM."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from orstt_core.backend import Backend
from orstt_tui.commands import output
from orstt_tui.commands.context import CommandContext
from orstt_tui.commands.options import global_options, listening_options

if TYPE_CHECKING:
    from orstt_api.web.pages import WebPages


@click.command
@listening_options
@global_options
@click.pass_obj
def serve(context: CommandContext) -> None:
    """Offer all of this over HTTP.

    Prints the address once requests are taken, and stops at Ctrl-C or SIGTERM when those under way have ended.
    Works on every job that waits on this machine.
    With --remote it passes everything on to that server.
    """
    serve_until_stopped(context)


def serve_until_stopped(context: CommandContext, path: str = "", pages: WebPages | None = None) -> None:
    """Serve the backend until a signal, having printed the address.

    Args:
        context: where the backend and the address come from.
        path: what is printed behind the address.
        pages: the terminal program, served as a page too.

    Raises:
        OrsttError: the address is taken or may not be used, or a remote server does not answer.
    """

    async def listen(backend: Backend) -> None:
        from orstt_api.server import serve as serve_until_signal

        await backend.info()  # a remote server that does not answer is said now, not to the first client
        await serve_until_signal(
            backend,
            context.settings,
            on_start=lambda address: output.write(f"Listening on {address}{path}\n"),
            pages=pages,
        )

    import uvloop

    context.run(listen, uvloop.new_event_loop, drain=True)
    output.clear_echo()
