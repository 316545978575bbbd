"""create_app: the HTTP face of a Backend, a thin skin that knows Backend, types and errors only."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager, nullcontext

from litestar import Litestar, Router
from litestar.config.cors import CORSConfig
from litestar.datastructures import State
from litestar.di import Provide

from orstt_api.access_log import AccessLogMiddleware, OnRequest
from orstt_api.addresses import web_origins
from orstt_api.authentication import EXPOSED, AuthenticationMiddleware
from orstt_api.controllers.benchmarks import StoredBenchmarks
from orstt_api.controllers.comparisons import Comparisons
from orstt_api.controllers.dashboard import DashboardModels, DashboardTranscription
from orstt_api.controllers.experiments import LiveExperiments
from orstt_api.controllers.health import HEALTH
from orstt_api.controllers.job_sound import JobSound
from orstt_api.controllers.jobs import Jobs
from orstt_api.controllers.keys import Keys
from orstt_api.controllers.models import Models, loaded_models
from orstt_api.controllers.openai import OpenAI
from orstt_api.controllers.operations import Server, metrics_page, root
from orstt_api.controllers.pulls import pull
from orstt_api.controllers.stats import Statistics
from orstt_api.controllers.transcriptions import Transcriptions
from orstt_api.controllers.transcripts import Transcripts
from orstt_api.controllers.vocabularies import VocabularyLists
from orstt_api.controllers.weights import Weights
from orstt_api.controllers.whisper_asr import WhisperAsr
from orstt_api.metrics import Metrics
from orstt_api.openapi import assets_router, openapi_config
from orstt_api.openapi_document import StructSchemas
from orstt_api.problems import error_response
from orstt_api.protocol.allow_header import add_allow_header
from orstt_api.protocol.origin_form import OriginForm
from orstt_api.protocol.request_drain import RequestDrain
from orstt_api.scopes import check_scope
from orstt_api.tracing import traced
from orstt_api.upload_places import UploadPlaces
from orstt_api.uploads import body_limit
from orstt_api.web.controller import page_router
from orstt_api.web.pages import WebPages
from orstt_core.backend import Backend
from orstt_core.settings import Settings
from orstt_core.units import MIB


def create_app(
    backend: Backend,
    settings: Settings,
    *,
    owns_backend: bool = True,
    on_request: OnRequest | None = None,
    pages: WebPages | None = None,
) -> Litestar:
    """Return the application that serves this backend.

    Args:
        backend: does the work.
        settings: give the key, the origins that may call, the largest upload and the folder of uploads.
        owns_backend: open the backend at start and close it at the end; False when it is open already.
        on_request: called with every request when it has been answered.
        pages: the terminal program, served as a page too.

    Raises:
        SettingsError: what is to be an origin that may call is none.

    The application's `state.stopping` is an event that ends the streams under way when it is set.
    """
    metrics = Metrics()

    @asynccontextmanager
    async def lifespan(_: Litestar) -> AsyncIterator[None]:
        async with backend if owns_backend else nullcontext():
            metric_tasks = [asyncio.create_task(work) for work in (metrics.follow(backend), metrics.follow_lag())]
            try:
                yield
            finally:
                for task in metric_tasks:
                    task.cancel()
                await asyncio.gather(*metric_tasks, return_exceptions=True)
                await asyncio.to_thread(send_last_spans)

    uploads = Router(
        path="/",
        route_handlers=[DashboardTranscription, Transcriptions, Jobs, OpenAI, WhisperAsr],
        request_max_body_size=body_limit(settings.max_upload_mb),
    )
    origins = web_origins(settings.cors_origins)
    cors = CORSConfig(allow_origins=origins, expose_headers=list(EXPOSED)) if origins else None
    app = Litestar(
        route_handlers=[
            *HEALTH,
            root,
            DashboardModels,
            Models,
            loaded_models,
            pull,
            Weights,
            Keys,
            JobSound,
            VocabularyLists,
            StoredBenchmarks,
            LiveExperiments,
            Transcripts,
            Comparisons,
            Statistics,
            Server,
            metrics_page,
            uploads,
            assets_router(),
            *([page_router(pages)] if pages is not None else []),
        ],
        dependencies={"backend": Provide(lambda: backend, use_cache=True, sync_to_thread=False)},
        lifespan=[lifespan],
        state=State(
            {
                "stopping": asyncio.Event(),
                "shutdown_seconds": settings.shutdown_seconds,
                "spool": settings.spool,
                "import_bytes": settings.max_import_mb * MIB,
                "upload_places": UploadPlaces(settings),
                "metrics": metrics,
                "pages": pages,
                "api_key": settings.api_key.encode(),
            }
        ),
        exception_handlers={Exception: error_response},
        guards=[check_scope],
        before_send=[add_allow_header],
        plugins=[StructSchemas()],
        openapi_config=openapi_config(key_needed=bool(settings.api_key)),
        cors_config=cors,
        request_max_body_size=MIB,
        logging_config=None,
    )
    # Around the whole application and not in its middleware list, which unknown addresses never reach.
    sessions = pages.sessions if pages is not None else None
    guarded = RequestDrain(AuthenticationMiddleware(app.asgi_handler, backend, settings, cors, sessions))
    app.asgi_handler, send_last_spans = traced(OriginForm(AccessLogMiddleware(guarded, metrics, on_request)))
    return app
