"""`orstt serve`: the same models over HTTP, until SIGINT or SIGTERM."""

from __future__ import annotations

import click

from orstt_core.backend import Backend
from orstt_tui.commands import output
from orstt_tui.commands.context import CommandContext
from orstt_tui.commands.options import global_options, remember


@click.command
@click.option(
    "--host",
    metavar="HOST",
    expose_value=False,
    callback=remember,
    help="Address to listen on; default: the setting host. Any but this machine's own needs an API key.",
)
@click.option(
    "--port",
    type=click.IntRange(0, 65535),
    expose_value=False,
    callback=remember,
    help="Port to listen on; default: the setting port. 0 takes a free one.",
)
@global_options
@click.pass_obj
def serve(context: CommandContext) -> None:
    """Offer all of this over HTTP.

    Prints the address once requests are taken, and stops at Ctrl-C or SIGTERM when those under way have ended.
    Works on every job that waits on this machine.
    With --remote it passes everything on to that server.
    """

    async def listen(backend: Backend) -> None:
        from orstt_api.server import serve as serve_until_signal

        await backend.info()  # a remote server that does not answer is said now, not to the first client
        await serve_until_signal(
            backend, context.settings, on_start=lambda address: output.write(f"Listening on {address}\n")
        )

    import uvloop

    context.run(listen, uvloop.new_event_loop, drain=True)
    output.clear_echo()
