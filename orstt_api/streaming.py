"""Long answers: work that ends when its client goes away, and generators sent as server-sent events or as lines.

Plain asyncio tasks are used here and not anyio's cancel scopes: those cancel again at every await, which
would cut off the clean-up of a backend's generator (ending a child process, giving back a lease).
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable, Coroutine
from contextlib import aclosing
from typing import Any, Generic, NamedTuple, TypeVar, cast

from litestar import Request
from litestar.datastructures import State
from litestar.response.base import ASGIResponse
from litestar.types import Receive, Send
from msgspec import Struct

from orstt_api.problems import ClientGone, expected
from orstt_api.wire import ERROR_EVENT, KEEP_ALIVE_SECONDS
from orstt_core.errors import OrsttError, ServerUnreachable
from orstt_core.types import problem, to_json

WELCOME = "orstt.welcome"
"""Key of the scope under which the gate left what raises once the caller's key opens nothing any more."""

T = TypeVar("T")
Item = TypeVar("Item")


async def while_connected(request: Request[Any, Any, Any], work: Coroutine[Any, Any, T], *, finish: bool) -> T:
    """Do the work, but cancel it when the client goes away or the server stops.

    Args:
        request: its body must have been read.
        work: what to do.
        finish: it may go on for a while after the server was asked to stop.

    Raises:
        ClientGone: the client closed the connection.
        ServerUnreachable: the server stops.
    """
    working = asyncio.create_task(work)
    gone = asyncio.create_task(_disconnect(request.receive))
    stopped = asyncio.create_task(_stop(request.app.state, finish=finish))
    try:
        await asyncio.wait({working, gone, stopped}, return_when=asyncio.FIRST_COMPLETED)
        if working.done():
            return working.result()
        if gone.done():
            raise ClientGone
        raise ServerUnreachable("The server is stopping.", hint="Try again when it is back.", retry_after=5)
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


class Framing(NamedTuple):
    """How the items of a stream are told from each other.

    Attributes:
        alive: sent when there is nothing to tell; empty: nothing.
    """

    media_type: str
    encode: Callable[[Struct], bytes]
    alive: bytes


class EventStream(ASGIResponse):
    """An answer that goes on; make one with `event_stream`."""

    _should_set_content_length = False

    def __init__(
        self,
        request: Request[Any, Any, Any],
        feed: Feed[Struct | None],
        first: Struct | None,
        *,
        finish: bool,
        failure: Callable[[OrsttError], Struct],
        framing: Framing,
    ) -> None:
        # The last header keeps nginx from holding events back.
        super().__init__(
            media_type=framing.media_type, headers={"Cache-Control": "no-store", "X-Accel-Buffering": "no"}
        )
        self._request, self._feed, self._first, self._finish = request, feed, first, finish
        self._failure, self._framing = failure, framing

    async def send_body(self, send: Send, receive: Receive) -> None:  # noqa: ARG002 - litestar's signature
        """Send events until there are no more, the client is gone or the server stops."""
        try:
            await while_connected(self._request, self._send_events(send), finish=self._finish)
        except ClientGone:
            return
        except Exception as error:  # noqa: BLE001 - the answer has begun: all that is left is to tell in it
            await _send(send, self._framing.encode(self._failure(expected(error))))
        finally:
            await self._feed.close()
        await send({"type": "http.response.body", "body": b"", "more_body": False})

    async def _send_events(self, send: Send) -> None:
        event = self._first
        still_welcome = cast("Callable[[], Awaitable[None]] | None", self._request.scope.get(WELCOME))
        try:
            while True:
                if still_welcome is not None:
                    await still_welcome()
                await _send(send, self._framing.alive if event is None else self._framing.encode(event))
                event = await self._feed.take(KEEP_ALIVE_SECONDS)
        except StopAsyncIteration:
            return


def _event(event: Struct) -> bytes:
    name = event.__struct_config__.tag or ERROR_EVENT
    return f"event: {name}\ndata: ".encode() + to_json(event) + b"\n\n"


def _line(item: Struct) -> bytes:
    return to_json(item) + b"\n"


EVENTS = Framing("text/event-stream", _event, b": keep-alive\n\n")
"""Server-sent events."""
LINES = Framing("application/x-ndjson", _line, b"")
"""One JSON object a line."""


async def event_stream(
    request: Request[Any, Any, Any],
    source: AsyncGenerator[Any],
    *,
    await_first: bool,
    finish: bool,
    failure: Callable[[OrsttError], Struct] = problem,
    framing: Framing = EVENTS,
) -> EventStream:
    """Return the generator's items as an answer that goes on.

    Args:
        request: its body must have been read.
        source: yields tagged Structs, or None for a sign of life; it is closed in any case.
        await_first: wait a while for the first item, so that an error before it is an answer with its own status.
        finish: it may go on for a while after the server was asked to stop.
        failure: what tells in the stream that it failed.
        framing: how the items are sent.

    Raises:
        ClientGone: while the first item was awaited.
        OrsttError: what the generator raised before its first item.
    """
    feed = Feed(source)
    try:
        first = await while_connected(request, feed.take(KEEP_ALIVE_SECONDS), finish=finish) if await_first else None
    except BaseException:
        await feed.close()
        raise
    return EventStream(request, feed, first, finish=finish, failure=failure, framing=framing)


async def _send(send: Send, body: bytes) -> None:
    if body:
        await send({"type": "http.response.body", "body": body, "more_body": True})


async def _disconnect(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass


async def _stop(state: State, *, finish: bool) -> None:
    await state.stopping.wait()
    if finish:
        await asyncio.sleep(state.shutdown_seconds)
