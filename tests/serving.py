"""Servers for the tests: the real one, on a free loopback port, in the test's own event loop."""

from __future__ import annotations

import asyncio
import ssl
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from functools import cache
from types import SimpleNamespace
from typing import Any

import anyio
import httpx2
import uvicorn.server
from answers import AnswerCheck, Document
from built_apps import BUILT
from litestar import Litestar
from scripted import ScriptedBackend

from orstt_api.access_log import OnRequest
from orstt_api.app import create_app
from orstt_api.server import ApiServer
from orstt_api.web.pages import WebPages
from orstt_core.backend import Backend
from orstt_core.settings import Settings

TICK_SECONDS = 0.005


async def _tick(seconds: float) -> None:
    await asyncio.sleep(min(seconds, TICK_SECONDS))


# uvicorn looks ten times a second whether it is to stop, and once more whether it has: a fifth of a second a test.
vars(uvicorn.server)["asyncio"] = SimpleNamespace(**{**vars(asyncio), "sleep": _tick})


@asynccontextmanager
async def served(
    backend: Backend,
    *,
    on_request: OnRequest | None = None,
    documented: bool = True,
    pages: WebPages | None = None,
    **settings: Any,
) -> AsyncIterator[str]:
    """Serve a backend and yield the address.

    Afterwards an answer fails the test that is not as the OpenAPI document says, unless `documented` is false: for
    backends that fail with what they never fail with.
    """
    server = ApiServer(backend, Settings(**{"port": 0, **settings}), on_request=on_request, pages=pages)
    app = server._app
    check = app.asgi_handler = AnswerCheck(app.asgi_handler, described_answers())
    address = await server.start()
    try:
        yield address
    finally:
        server.ask_to_stop()
        await server.stop()  # asked twice: no test waits for streams that another one left
        BUILT.give_back(app)
    assert not (documented and check.faults), "\n".join(check.faults)


@cache
def described_app() -> Litestar:
    """The application that tests ask for its routes and its document; nobody serves it."""
    return create_app(ScriptedBackend(), Settings())


@cache
def described_answers() -> Document:
    """What its document says of answers: reading it takes a third of a second."""
    return Document(described_app().openapi_schema.to_schema())


def http_client(address: str, **options: Any) -> httpx2.AsyncClient:
    """A client that knows nothing of OR-STT; it reads no certificates, which would take most of a test's time."""
    return httpx2.AsyncClient(
        base_url=address, trust_env=False, timeout=20, verify=ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT), **options
    )


async def eventually(condition: Callable[[], object], seconds: float = 60.0) -> None:
    """Wait until the condition holds; fail when it does not in time."""
    with anyio.fail_after(seconds):
        while not condition():
            await anyio.sleep(0.01)
