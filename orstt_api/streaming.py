"""Answers that go on: a backend's generator sent as server-sent events, as lines, or as a file."""

from __future__ import annotations

from collections.abc import AsyncGenerator, Awaitable, Callable, Iterable
from contextlib import aclosing
from typing import Any, NamedTuple, cast

from litestar import Request
from litestar.response import Stream
from litestar.response.base import ASGIResponse
from litestar.types import Receive, Send
from msgspec import Struct

from orstt_api.background_generator import BackgroundGenerator
from orstt_api.client_connection import ClientDisconnected, while_connected
from orstt_api.problems import client_error
from orstt_api.wire import ERROR_EVENT, KEEP_ALIVE_SECONDS
from orstt_core.errors import OrsttError
from orstt_core.types import problem, to_json

KEY_CHECK = "orstt.key_check"
"""Key of the scope under which authentication left what raises once the caller's key is revoked or has expired."""


class Framing(NamedTuple):
    """How the items of a stream are separated from each other.

    Attributes:
        keep_alive: sent when there is no event for a while; empty: nothing.
    """

    media_type: str
    encode: Callable[[Struct], bytes]
    keep_alive: bytes


class EventStream(ASGIResponse):
    """An answer that goes on; make one with `event_stream`."""

    _should_set_content_length = False

    def __init__(
        self,
        request: Request[Any, Any, Any],
        events: BackgroundGenerator[Struct | None],
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
        self._request, self._events, self._first, self._finish = request, events, first, finish
        self._failure, self._framing = failure, framing

    async def send_body(self, send: Send, receive: Receive) -> None:  # noqa: ARG002 - litestar's signature
        """Send events until there are no more, the client is gone or the server stops."""
        try:
            await while_connected(self._request, self._send_events(send), finish=self._finish)
        except ClientDisconnected:
            return
        except Exception as error:  # noqa: BLE001 - the answer has begun: it can only say so in the stream
            await _send(send, self._framing.encode(self._failure(client_error(error))))
        finally:
            await self._events.close()
        await send({"type": "http.response.body", "body": b"", "more_body": False})

    async def _send_events(self, send: Send) -> None:
        event = self._first
        check_key = cast("Callable[[], Awaitable[None]] | None", self._request.scope.get(KEY_CHECK))
        try:
            while True:
                if check_key is not None:
                    await check_key()
                await _send(send, self._framing.keep_alive if event is None else self._framing.encode(event))
                event = await self._events.next(KEEP_ALIVE_SECONDS)
        except StopAsyncIteration:
            return


def _event(event: Struct) -> bytes:
    name = event.__struct_config__.tag or ERROR_EVENT
    return f"event: {name}\ndata: ".encode() + to_json(event) + b"\n\n"


def _line(item: Struct) -> bytes:
    return to_json(item) + b"\n"


def _unchanged(item: Struct) -> Iterable[Struct]:
    return (item,)


EVENTS = Framing("text/event-stream", _event, b": keep-alive\n\n")
"""Server-sent events."""
LINES = Framing("application/x-ndjson", _line, b"")
"""One JSON object a line."""


async def event_stream(
    request: Request[Any, Any, Any],
    begin: Callable[[], AsyncGenerator[Any]],
    *,
    await_first: bool,
    finish: bool,
    convert: Callable[[Any], Iterable[Struct | None]] = _unchanged,
    failure: Callable[[OrsttError], Struct] = problem,
    framing: Framing = EVENTS,
) -> EventStream:
    """Return a generator's items as an answer that goes on.

    Args:
        request: its body must have been read.
        begin: makes the generator, which is closed in any case.
        await_first: wait a while for the first event, so that an error before it is an answer with its own status.
        finish: it may go on for a while after the server was asked to stop.
        convert: gives the tagged Structs to send for each item, or None for a sign of life.
        failure: makes the item that says in the stream that it failed.
        framing: how the events are sent.

    Raises:
        ClientDisconnected: while the first event was awaited.
        OrsttError: what the generator raised before its first event.
    """
    events = BackgroundGenerator(begin, convert)
    try:
        first = await while_connected(request, events.next(KEEP_ALIVE_SECONDS), finish=finish) if await_first else None
    except BaseException:
        await events.close()
        raise
    return EventStream(request, events, first, finish=finish, failure=failure, framing=framing)


async def download(request: Request[Any, Any, Any], parts: AsyncGenerator[bytes], media_type: str) -> Stream:
    """Return the parts of a file as an answer; what is wrong before the first is an answer of its own.

    Raises:
        ClientDisconnected: while the first part was awaited, which is given up then.
        OrsttError: what the parts raised before the first.
    """

    async def begin() -> bytes:
        return await anext(parts)

    first = await while_connected(request, begin(), finish=False)

    async def whole() -> AsyncGenerator[bytes]:
        async with aclosing(parts):
            yield first
            async for part in parts:
                yield part

    return Stream(whole(), media_type=media_type, headers={"Cache-Control": "no-store"})


async def _send(send: Send, body: bytes) -> None:
    if body:
        await send({"type": "http.response.body", "body": body, "more_body": True})
