"""How fast the body of a request must arrive: who sends nothing, or by drops, holds a place that others wait for.

docs/security.md promises it. `deploy/nginx.conf` passes bodies on as they arrive, and uvicorn has no such setting;
Apache's `mod_reqtimeout` has both limits of an upload.
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import AsyncGenerator

from litestar.types import HTTPDisconnectEvent, Receive, ReceiveMessage

from orstt_core.errors import InvalidRequest

IDLE_SECONDS = 30.0
"""How long a client may send nothing in the middle of an upload."""
GRACE_SECONDS, MINIMUM_RATE = 60.0, 1024
"""After so many seconds an upload must have brought so many bytes for each."""
BODY_SECONDS = 60.0
"""Time for the whole body of a request that is no upload."""


class PacedBody:
    """The body of an upload, which is given up when it comes too slowly.

    Args:
        body: what arrives.
    """

    def __init__(self, body: AsyncGenerator[bytes]) -> None:
        self._body = body
        self._began, self._received = time.monotonic(), 0

    async def read(self) -> bytes | None:
        """Return the next bytes; None after the last.

        Raises:
            InvalidRequest: the client stopped sending, or sends by drops.
        """
        try:
            async with asyncio.timeout(IDLE_SECONDS):
                data = await anext(self._body, None)
        except TimeoutError:
            raise InvalidRequest(
                f"The recording stopped arriving: nothing came for {IDLE_SECONDS:g} seconds.", hint="Send it again."
            ) from None
        if data is not None:
            self._received += len(data)
            self._check_rate(time.monotonic() - self._began)
        return data

    def _check_rate(self, seconds: float) -> None:
        if seconds > GRACE_SECONDS and self._received < seconds * MINIMUM_RATE:
            raise InvalidRequest(
                f"The recording arrives too slowly: {self._received} bytes in {seconds:.0f} seconds.",
                hint="Send it over a faster connection.",
            )


def receive_in_time(receive: Receive) -> Receive:
    """Return what receives the same, but takes a client that does not bring its body in time for one that left."""
    deadline = asyncio.get_running_loop().time() + BODY_SECONDS
    complete = False

    async def receive_before_deadline() -> ReceiveMessage:
        nonlocal complete
        if complete:
            return await receive()
        try:
            async with asyncio.timeout_at(deadline):
                message = await receive()
        except TimeoutError:
            return HTTPDisconnectEvent(type="http.disconnect")
        complete = not (message["type"] == "http.request" and message["more_body"])
        return message

    return receive_before_deadline
