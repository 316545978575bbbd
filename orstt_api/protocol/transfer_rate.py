"""How fast the body of a request must arrive: who sends nothing, or by drops, holds a place that others wait for.

docs/security.md promises it. `deploy/nginx.conf` passes bodies on as they arrive, and uvicorn has no such setting;
Apache's `mod_reqtimeout` has both limits of an upload.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncGenerator, Callable

from litestar.types import HTTPDisconnectEvent, Receive, ReceiveMessage

from orstt_core.errors import InvalidRequest

IDLE_SECONDS = 30.0
"""How long a client may send nothing in the middle of an upload."""
GRACE_SECONDS, MINIMUM_RATE = 60.0, 1024
"""An upload may be waited for so many seconds; so many bytes give it a second back. What it brought before is no
excuse for later drops: it never has more than these seconds."""
BODY_SECONDS = 60.0
"""Time for the whole body of a request that is no upload."""

BODY = "orstt.body"
"""Key of the scope under which authentication leaves the request's `LimitedBody`."""


class PacedBody:
    """The body of an upload, which is given up when it comes too slowly.

    Args:
        body: what arrives.
    """

    def __init__(self, body: AsyncGenerator[bytes]) -> None:
        self._body = body
        self._left = GRACE_SECONDS

    async def read(self) -> bytes | None:
        """Return the next bytes; None after the last.

        Raises:
            InvalidRequest: the client stopped sending, or sends by drops.
        """
        began = time.monotonic()
        try:
            async with asyncio.timeout(min(IDLE_SECONDS, self._left)):
                data = await anext(self._body, None)
        except TimeoutError:
            raise self._too_slow() from None
        if data is not None:
            self._left = min(self._left - (time.monotonic() - began) + len(data) / MINIMUM_RATE, GRACE_SECONDS)
        return data

    def _too_slow(self) -> InvalidRequest:
        if self._left < IDLE_SECONDS:
            return InvalidRequest(
                f"The recording arrives too slowly: fewer than {MINIMUM_RATE} bytes a second.",
                hint="Send it over a faster connection.",
            )
        return InvalidRequest(
            f"The recording stopped arriving: nothing came for {IDLE_SECONDS:g} seconds.", hint="Send it again."
        )


class LimitedBody:
    """Receives a request, and takes a client that does not bring its body in time for one that left.

    So every body is limited, whatever it says that it is, until its route lifts that for limits of its own.

    Args:
        receive: ASGI's.
        take_memory: told how many bytes came; may raise Busy.
    """

    def __init__(self, receive: Receive, take_memory: Callable[[int], None]) -> None:
        self._receive = receive
        self._take_memory = take_memory
        self._deadline = asyncio.get_running_loop().time() + BODY_SECONDS
        self._limited = True

    async def __call__(self) -> ReceiveMessage:
        """Return ASGI's next message.

        Raises:
            Busy: there is no memory for what came.
        """
        if not self._limited:
            return await self._receive()
        try:
            async with asyncio.timeout_at(self._deadline):
                message = await self._receive()
        except TimeoutError:
            return HTTPDisconnectEvent(type="http.disconnect")
        if message["type"] == "http.request":
            self._take_memory(len(message["body"]))
        self._limited = message["type"] == "http.request" and message["more_body"]
        return message

    def lift(self) -> None:
        """Limit no more: an upload goes to disk, at a pace and within limits that its route sees to."""
        self._limited = False
