"""Work for one client: it ends when the client goes away or the server stops.

Plain asyncio tasks are used here and not anyio's cancel scopes: those cancel again at every await, which
would cut off the clean-up of a backend's generator (ending a child process, releasing a lease).
"""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from typing import Any, TypeVar

from litestar import Request
from litestar.datastructures import State
from litestar.types import Receive

from orstt_core.errors import ServerUnreachable

T = TypeVar("T")


class ClientDisconnected(Exception):
    """The client closed the connection before it had its answer."""


async def while_connected(request: Request[Any, Any, Any], work: Coroutine[Any, Any, T], *, finish: bool) -> T:
    """Do the work, but cancel it when the client goes away or the server stops.

    Args:
        request: its body must have been read.
        work: what to do.
        finish: it may go on for a while after the server was asked to stop.

    Raises:
        ClientDisconnected: the client closed the connection.
        ServerUnreachable: the server stops.
    """
    working = asyncio.create_task(work)
    disconnected = asyncio.create_task(_disconnect(request.receive))
    stopped = asyncio.create_task(_stop(request.app.state, finish=finish))
    try:
        await asyncio.wait({working, disconnected, stopped}, return_when=asyncio.FIRST_COMPLETED)
        if working.done():
            return working.result()
        if disconnected.done():
            raise ClientDisconnected
        raise server_stopping()
    finally:
        for task in (working, disconnected, stopped):
            task.cancel()
        await asyncio.gather(working, disconnected, stopped, return_exceptions=True)


def server_stopping() -> ServerUnreachable:
    """Return the error of what is not begun, or not finished, because the server stops."""
    return ServerUnreachable("The server is stopping.", hint="Try again when it is back.", retry_after=5)


async def _disconnect(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass


async def _stop(state: State, *, finish: bool) -> None:
    await state.stopping.wait()
    if finish:
        await asyncio.sleep(state.shutdown_seconds)
