"""What an operator or a client asks about the server itself."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Annotated, Any

from litestar import Controller, Request, get
from litestar.datastructures import State
from litestar.params import QueryParameter
from litestar.response import Redirect

from orstt_api.controllers.injection import InjectedBackend
from orstt_api.metrics import Metrics
from orstt_api.openapi import PAGES, Stream, problems, server_sent
from orstt_api.scopes import ADMIN, MANAGE, TRANSCRIBE
from orstt_api.streaming import EventStream, event_stream
from orstt_api.wire import API
from orstt_core.errors import OrsttError
from orstt_core.measurements.drift import changes_lately
from orstt_core.settings.listing import Setting
from orstt_core.types import AuditEntry, BackendEvent, BackendInfo, Diagnosis, EngineList, Measurement, Problem

Limit = Annotated[int, QueryParameter(description="How many entries.", ge=1, le=10_000)]
Subject = Annotated[str, QueryParameter(description="Only those about the model of this name, or the job of this id.")]


@get("/", include_in_schema=False, opt=TRANSCRIBE)
async def root() -> Redirect:
    """Lead a browser to the documentation."""
    return Redirect(PAGES)


@get("/metrics", include_in_schema=False, opt=MANAGE, media_type="text/plain; version=0.0.4")
async def metrics_page(state: State, backend: InjectedBackend) -> bytes:
    """Return what is counted, as Prometheus reads it."""
    metrics: Metrics = state.metrics
    try:
        loaded = await backend.loaded_models()
    except OrsttError:  # without its database the names are unknown; what was counted is there all the same
        loaded = None
    try:
        changes = await changes_lately(backend.stats, datetime.now(UTC).date())
    except OrsttError:
        changes = None
    return metrics.page(await backend.readiness(), loaded, changes)


class Server(Controller):
    """The server, its engines and what happens on it."""

    path = API
    tags = ("Server",)
    opt = TRANSCRIBE

    @get("/info", operation_id="getInfo", responses=problems())
    async def info(self, backend: InjectedBackend) -> BackendInfo:
        """Say what stands behind this server and which model is active."""
        return await backend.info()

    @get("/engines", operation_id="listEngines", responses=problems())
    async def engines(self, backend: InjectedBackend) -> EngineList:
        """List every registered engine, a broken one with its reason."""
        return await backend.engines()

    @get("/doctor", operation_id="diagnose", opt=MANAGE, responses=problems())
    async def diagnose(self, backend: InjectedBackend) -> Diagnosis:
        """Look at everything that could be missing on the server."""
        return await backend.diagnose()

    @get("/settings", operation_id="listSettings", opt=MANAGE, responses=problems())
    async def settings(self, backend: InjectedBackend) -> list[Setting]:
        """List the settings that the server was started with, and where each comes from; of secrets no value."""
        return await backend.settings()

    @get("/audit", operation_id="listAudit", opt=ADMIN, responses=problems())
    async def audit(self, backend: InjectedBackend, limit: Limit = 100, subject: Subject = "") -> list[AuditEntry]:
        """List who did what to models and jobs, newest first."""
        return await backend.audit(limit, subject)

    @get(
        "/measurements",
        operation_id="followMeasurements",
        operation_class=Stream,
        opt=MANAGE,
        responses={
            200: server_sent(Measurement | Problem),
            **problems(),
        },
    )
    async def measurements(self, request: Request[Any, Any, Any], backend: InjectedBackend) -> EventStream:
        """Tell what is measured from now on: how jobs end, how long weights take to load."""
        return await event_stream(request, backend.measurements, await_first=False, finish=False)

    @get(
        "/events",
        operation_id="followEvents",
        operation_class=Stream,
        responses={
            200: server_sent(BackendEvent | Problem),
            **problems(),
        },
    )
    async def events(self, request: Request[Any, Any, Any], backend: InjectedBackend) -> EventStream:
        """Tell what changes from now on, whoever changes it."""
        return await event_stream(request, backend.events, await_first=False, finish=False)
