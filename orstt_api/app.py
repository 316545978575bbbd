"""create_app: the HTTP face of a Backend, a thin skin that knows Backend, types and errors only."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

from litestar import Litestar, Router
from litestar.config.cors import CORSConfig
from litestar.datastructures import State
from litestar.di import Provide

from orstt_api.access import Gate
from orstt_api.controllers.models import Models
from orstt_api.controllers.operations import Server, health, health_head, root
from orstt_api.controllers.seed import SeedModels, SeedTranscription
from orstt_api.controllers.transcriptions import Transcriptions
from orstt_api.lingering import LingeringClose
from orstt_api.openapi import assets_router, openapi_config
from orstt_api.problems import answer_failure
from orstt_api.uploads import MIB, body_limit
from orstt_core.backend import Backend
from orstt_core.settings import Settings


def create_app(backend: Backend, settings: Settings, *, owns_backend: bool = True) -> Litestar:
    """Return the application that serves this backend.

    Args:
        backend: does the work.
        settings: give the key, the origins that may call and the largest upload.
        owns_backend: open the backend at start and close it at the end; False when it is open already.

    The application's `state.stopping` is an event that ends the streams under way when it is set.
    """

    @asynccontextmanager
    async def lifespan(_: Litestar) -> AsyncIterator[None]:
        async with backend:
            yield

    uploads = Router(
        path="/",
        route_handlers=[SeedTranscription, Transcriptions],
        request_max_body_size=body_limit(settings.max_upload_mb),
    )
    cors = CORSConfig(allow_origins=settings.cors_origins) if settings.cors_origins else None
    app = Litestar(
        route_handlers=[health, health_head, root, SeedModels, Models, Server, uploads, assets_router()],
        dependencies={"backend": Provide(lambda: backend, use_cache=True, sync_to_thread=False)},
        lifespan=[lifespan] if owns_backend else [],
        state=State({"stopping": asyncio.Event()}),
        exception_handlers={Exception: answer_failure},
        openapi_config=openapi_config(key_needed=bool(settings.api_key)),
        cors_config=cors,
        request_max_body_size=MIB,
        logging_config=None,
    )
    # Around the whole application and not in its middleware list, which unknown addresses never reach.
    app.asgi_handler = LingeringClose(Gate(app.asgi_handler, settings, cors))
    return app
