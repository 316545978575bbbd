"""How fast a body must arrive and an answer be read: who stands still holds what others wait for, and who drips too.

docs/security.md promises it. `deploy/nginx.conf` passes bodies on as they arrive, and uvicorn has no such setting;
Apache's `mod_reqtimeout` has both limits of an upload.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections.abc import AsyncGenerator, Callable
from contextlib import aclosing

from litestar.types import HTTPDisconnectEvent, Receive, ReceiveMessage

from orstt_api.client_connection import ClientDisconnected
from orstt_core.errors import Busy, InvalidRequest, OrsttError

logger = logging.getLogger(__name__)

IDLE_SECONDS = 30.0
"""How long a client may send nothing in the middle of an upload."""
GRACE_SECONDS, MINIMUM_RATE = 60.0, 1024
"""An upload may be waited for so many seconds; so many bytes give it a second back. What it brought before is no
excuse for later drops: it never has more than these seconds."""
CROWDED_SECONDS, CROWDED_RATE = 10.0, 8 * 1024
"""The same where no place is free and another upload wants one: a telephone on a bad 3G network sends more."""
BODY_SECONDS = 60.0
"""Time for the whole body of a request that is no upload."""

BODY = "orstt.body"
"""Key of the scope under which authentication leaves the request's `LimitedBody`."""


class Allowance:
    """How long an upload may be waited for: waiting uses it up, and bytes give it back.

    Args:
        seconds: what it is at first, and at most; it is never overdrawn by more.
        rate: so many bytes give back a second.
    """

    def __init__(self, seconds: float, rate: int) -> None:
        self._most, self._rate, self._seconds = seconds, rate, seconds

    def left(self, waited: float) -> float:
        """Return the seconds left of it, less than 0 where it is overdrawn."""
        return self._seconds - waited

    def arrived(self, waited: float, count: int) -> None:
        """Take off what was waited for so many bytes, and add what they give back."""
        self._seconds = min(max(self._seconds - waited, -self._most) + count / self._rate, self._most)


class PacedBody:
    """The body of an upload, which is given up when it comes too slowly.

    Args:
        body: what arrives.
    """

    def __init__(self, body: AsyncGenerator[bytes]) -> None:
        self._body = body
        self._allowance = Allowance(GRACE_SECONDS, MINIMUM_RATE)
        self._crowded = Allowance(CROWDED_SECONDS, CROWDED_RATE)
        self._timeout: asyncio.Timeout | None = None
        self._waiting_since: float | None = None
        self._given_up = False

    @property
    def spare(self) -> float:
        """Seconds that it could still be waited for if its place were wanted; less than 0: another may have it."""
        return self._crowded.left(self._waited)

    async def read(self) -> bytes | None:
        """Return the next bytes; None after the last.

        Raises:
            InvalidRequest: the client stopped sending, or sends by drops.
            Busy: it was given up for another.
        """
        if self._given_up:
            raise self._too_slow()  # also where more is here already
        self._waiting_since = time.monotonic()
        try:
            async with asyncio.timeout(min(IDLE_SECONDS, self._allowance.left(0))) as self._timeout:
                data = await anext(self._body, None)
        except TimeoutError:
            raise self._too_slow() from None
        finally:
            waited = self._waited
            self._timeout = self._waiting_since = None
        if data is not None:
            self._allowance.arrived(waited, len(data))
            self._crowded.arrived(waited, len(data))
        return data

    def give_up(self) -> None:
        """Read no more of it: another upload has its place."""
        self._given_up = True
        if self._timeout is not None and not self._timeout.expired():
            self._timeout.reschedule(asyncio.get_running_loop().time())

    async def aclose(self) -> None:
        """Read no more of it."""
        await self._body.aclose()

    @property
    def _waited(self) -> float:
        return 0.0 if self._waiting_since is None else time.monotonic() - self._waiting_since

    def _too_slow(self) -> OrsttError:
        if self._given_up:
            return Busy(
                f"The recording arrived at less than {CROWDED_RATE} bytes a second, and its place was needed.",
                hint="Send it again, or over a faster connection.",
            )
        if self._allowance.left(0) < IDLE_SECONDS:
            return InvalidRequest(
                f"The recording arrives too slowly: fewer than {MINIMUM_RATE} bytes a second.",
                hint="Send it over a faster connection.",
            )
        return InvalidRequest(
            f"The recording stopped arriving: nothing came for {IDLE_SECONDS:g} seconds.", hint="Send it again."
        )


async def paced(parts: AsyncGenerator[bytes]) -> AsyncGenerator[bytes]:
    """Yield the parts of an answer as its client reads them; from one that reads too slowly they are taken away.

    They may hold what others wait for, such as the room for decoded sound, also while a part is being sent.

    Raises:
        ClientDisconnected: the client is taken for one that left, and its answer stays incomplete.
    """
    allowance = Allowance(GRACE_SECONDS, CROWDED_RATE)
    loop = asyncio.get_running_loop()
    taken_away: list[asyncio.Task[None]] = []

    async def close() -> None:
        logger.warning("An answer was cut off: its client reads less than %d bytes a second.", CROWDED_RATE)
        await parts.aclose()

    async with aclosing(parts):
        async for part in parts:
            began = time.monotonic()
            longest = allowance.left(0) + len(part) / CROWDED_RATE
            timer = loop.call_later(longest, lambda: taken_away.append(loop.create_task(close())))
            try:
                yield part
            finally:
                timer.cancel()
            if taken_away:
                await taken_away[0]
                raise ClientDisconnected
            allowance.arrived(time.monotonic() - began, len(part))


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
