"""What a load balancer asks, without a key: does the server live, and would it take another recording?"""

from __future__ import annotations

import msgspec
from litestar import Response, get, head
from litestar.datastructures import State
from litestar.openapi import ResponseSpec
from msgspec import Struct

from orstt_api.controllers.injection import InjectedBackend
from orstt_api.scopes import OPEN
from orstt_api.wire import READY
from orstt_core.errors import Busy, OrsttError
from orstt_core.types import Readiness

NO_DATABASE = "The database does not answer."
NO_JOBS = "As many jobs wait already as may."
NO_RECORDINGS = "As many recordings wait already as may."
NO_ROOM = "The disk has no room for another recording."


class Health(Struct, frozen=True, kw_only=True):
    """The server answers."""

    status: str = "ok"


@get("/health", operation_id="health", tags=["Server"], security=[{}], opt={"scope": OPEN})
async def health() -> Health:
    """Say that the server answers; asks nothing of database or engines, and needs no key."""
    return Health()


@get("/health/live", operation_id="live", tags=["Server"], security=[{}], opt={"scope": OPEN})
async def live() -> Health:
    """Say the same, by the name that orchestrators look for."""
    return Health()


@get(
    READY,
    operation_id="ready",
    tags=["Server"],
    security=[{}],
    opt={"scope": OPEN},
    responses={Busy.status: ResponseSpec(Readiness, description="Not now", generate_examples=False)},
)
async def ready(backend: InjectedBackend, state: State) -> Response[Readiness]:
    """Say whether another recording would be taken now, as a job or for somebody who waits; needs no key."""
    if state.stopping.is_set():
        return _not_now(Readiness(ready=False), "The server is stopping.")
    try:
        readiness = await backend.readiness()
    except OrsttError:
        readiness = Readiness(ready=False)
    # Anyone may ask: the backend's own reason may name a path or a host, and is for whoever may ask for /doctor.
    if readiness.ready:
        return Response(msgspec.structs.replace(readiness, reason=NO_JOBS if readiness.queue_full else ""))
    counted = readiness.queued or readiness.running  # nothing can be counted without the database
    reason = NO_RECORDINGS if counted else NO_DATABASE
    reason = NO_ROOM if readiness.disk_full else reason
    return _not_now(readiness, reason)


def _not_now(readiness: Readiness, reason: str) -> Response[Readiness]:
    answer = msgspec.structs.replace(readiness, reason=reason)
    return Response(answer, status_code=Busy.status, headers={"Retry-After": str(Busy.retry_after)})


@head(["/health", "/health/live"], include_in_schema=False, opt={"scope": OPEN})
async def health_head() -> None:
    """Say so to a load balancer that wants no body."""


@head(READY, include_in_schema=False, opt={"scope": OPEN})
async def ready_head(backend: InjectedBackend, state: State) -> Response[None]:
    """Say so to a load balancer that wants no body."""
    answer = await ready.fn(backend, state)
    return Response(None, status_code=answer.status_code, headers=answer.headers)


HEALTH = [health, live, ready, health_head, ready_head]
"""All handlers of this file."""
