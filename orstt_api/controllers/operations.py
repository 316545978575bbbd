"""What an operator or a client asks about the server itself."""

from __future__ import annotations

from typing import Any

from litestar import Controller, Request, get, head
from litestar.openapi import ResponseSpec
from litestar.response import Redirect
from msgspec import Struct

from orstt_api.controllers.injection import InjectedBackend
from orstt_api.openapi import PAGES
from orstt_api.streaming import EventStream, event_stream
from orstt_api.wire import API
from orstt_core.types import BackendEvent, BackendInfo, Diagnosis, EngineList


class Health(Struct, frozen=True, kw_only=True):
    """The server answers."""

    status: str = "ok"


@get("/health", operation_id="health", tags=["Server"], security=[{}])
async def health() -> Health:
    """Say that the server answers; asks nothing of database or engines, and needs no key."""
    return Health()


@head("/health", include_in_schema=False)
async def health_head() -> None:
    """Say so to a load balancer that wants no body."""


@get("/", include_in_schema=False)
async def root() -> Redirect:
    """Lead a browser to the documentation."""
    return Redirect(PAGES)


class Server(Controller):
    """The server, its engines and what happens on it."""

    path = API
    tags = ("Server",)

    @get("/info", operation_id="getInfo")
    async def info(self, backend: InjectedBackend) -> BackendInfo:
        """Say what stands behind this server and which model is active."""
        return await backend.info()

    @get("/engines", operation_id="listEngines")
    async def engines(self, backend: InjectedBackend) -> EngineList:
        """List every registered engine, a broken one with its reason."""
        return await backend.engines()

    @get("/doctor", operation_id="diagnose")
    async def diagnose(self, backend: InjectedBackend) -> Diagnosis:
        """Look at everything that could be missing on the server."""
        return await backend.diagnose()

    @get(
        "/events",
        operation_id="followEvents",
        responses={200: ResponseSpec(BackendEvent, media_type="text/event-stream", description="Server-sent events")},
    )
    async def events(self, request: Request[Any, Any, Any], backend: InjectedBackend) -> EventStream:
        """Tell what changes from now on, whoever changes it."""
        return await event_stream(request, backend.events(), await_first=False, grace=0.0)
