"""Long answers: work that ends when its client goes away, and generators sent as server-sent events.

Plain asyncio tasks are used here and not anyio's cancel scopes: those cancel again at every await, which
would cut off the clean-up of a backend's generator (ending a child process, giving back a lease).
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Coroutine
from contextlib import aclosing
from typing import Any, Generic, TypeVar

from litestar import Request
from litestar.response.base import ASGIResponse
from litestar.types import Receive, Send
from msgspec import Struct

from orstt_api.problems import ClientGone, expected, problem
from orstt_api.wire import ERROR_EVENT, KEEP_ALIVE_SECONDS
from orstt_core.errors import ServerUnreachable
from orstt_core.types import to_json

T = TypeVar("T")
Item = TypeVar("Item")

STOP_GRACE_SECONDS = 3.0
"""How long a transcription may go on after the server was asked to stop."""


async def while_connected(request: Request[Any, Any, Any], work: Coroutine[Any, Any, T], *, grace: float) -> T:
    """Do the work, but cancel it when the client goes away or the server stops.

    Args:
        request: its body must have been read.
        work: what to do.
        grace: seconds it may go on after the server was asked to stop.

    Raises:
        ClientGone: the client closed the connection.
        ServerUnreachable: the server stops.
    """
    working = asyncio.create_task(work)
    gone = asyncio.create_task(_disconnect(request.receive))
    stopped = asyncio.create_task(_stop(request.app.state.stopping, grace))
    try:
        await asyncio.wait({working, gone, stopped}, return_when=asyncio.FIRST_COMPLETED)
        if working.done():
            return working.result()
        if gone.done():
            raise ClientGone
        raise ServerUnreachable("The server is stopping.", hint="Try again when it is back.")
    finally:
        for task in (working, gone, stopped):
            task.cancel()
        await asyncio.gather(working, gone, stopped, return_exceptions=True)


class Feed(Generic[Item]):
    """An async generator run by one task, from which others take.

    One task resumes and closes it, so that whatever it holds across its yields (locks, timeouts) is let go
    of where it was taken. It runs at most one item ahead.
    """

    def __init__(self, source: AsyncGenerator[Item]) -> None:
        self._results: asyncio.Queue[Item | Exception] = asyncio.Queue(maxsize=1)
        self._task = asyncio.create_task(self._run(source))

    async def take(self, patience: float | None = None) -> Item | None:
        """Return the next item, or None if there was none within `patience` seconds.

        Raises:
            StopAsyncIteration: there are no more.
            Exception: whatever the generator raised.
        """
        try:
            async with asyncio.timeout(patience):
                result = await self._results.get()
        except TimeoutError:
            return None
        if isinstance(result, Exception):
            raise result
        return result

    async def close(self) -> None:
        """End the generator and wait until its clean-up is over."""
        self._task.cancel()
        await asyncio.gather(self._task, return_exceptions=True)

    async def _run(self, source: AsyncGenerator[Item]) -> None:
        try:
            async with aclosing(source):
                async for item in source:
                    await self._results.put(item)
        except Exception as error:  # noqa: BLE001 - handed to whoever takes
            await self._results.put(error)
        else:
            await self._results.put(StopAsyncIteration())


class EventStream(ASGIResponse):
    """An answer of server-sent events; make one with `event_stream`."""

    _should_set_content_length = False

    def __init__(
        self, request: Request[Any, Any, Any], feed: Feed[Struct], first: Struct | None, *, grace: float
    ) -> None:
        # The last header keeps nginx from holding events back.
        super().__init__(
            media_type="text/event-stream", headers={"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
        )
        self._request, self._feed, self._first, self._grace = request, feed, first, grace

    async def send_body(self, send: Send, receive: Receive) -> None:  # noqa: ARG002 - litestar's signature
        """Send events until there are no more, the client is gone or the server stops."""
        try:
            await while_connected(self._request, self._send_events(send), grace=self._grace)
        except ClientGone:
            return
        except Exception as failure:  # noqa: BLE001 - the answer has begun: all that is left is to tell in it
            await _send(send, _encode(problem(expected(failure))))
        finally:
            await self._feed.close()
        await send({"type": "http.response.body", "body": b"", "more_body": False})

    async def _send_events(self, send: Send) -> None:
        event = self._first
        try:
            while True:
                await _send(send, b": keep-alive\n\n" if event is None else _encode(event))
                event = await self._feed.take(KEEP_ALIVE_SECONDS)
        except StopAsyncIteration:
            return


async def event_stream(
    request: Request[Any, Any, Any], source: AsyncGenerator[Any], *, await_first: bool, grace: float
) -> EventStream:
    """Return the generator's items as server-sent events.

    Args:
        request: its body must have been read.
        source: yields tagged Structs; it is closed in any case.
        await_first: wait for the first item, so that an error before it is an answer with its own status.
        grace: seconds the stream may go on after the server was asked to stop.

    Raises:
        ClientGone: while the first item was awaited.
        OrsttError: what the generator raised before its first item.
    """
    feed = Feed(source)
    try:
        first = await while_connected(request, feed.take(), grace=grace) if await_first else None
    except BaseException:
        await feed.close()
        raise
    return EventStream(request, feed, first, grace=grace)


def _encode(event: Struct) -> bytes:
    name = event.__struct_config__.tag or ERROR_EVENT
    return f"event: {name}\ndata: ".encode() + to_json(event) + b"\n\n"


async def _send(send: Send, body: bytes) -> None:
    await send({"type": "http.response.body", "body": body, "more_body": True})


async def _disconnect(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass


async def _stop(stopping: asyncio.Event, grace: float) -> None:
    await stopping.wait()
    await asyncio.sleep(grace)
