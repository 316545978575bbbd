"""The access log: every request, once it is answered, goes to the log, to the metrics and to the terminal program.

It stands around everything else, so that refused requests are in it too. Never in it: the query, the name of a file,
what was said.
"""

from __future__ import annotations

import logging
import re
import time
import uuid
from collections.abc import Callable
from typing import Any

from litestar.datastructures import Headers, MutableScopeHeaders
from litestar.types import ASGIApp, Message, Receive, Scope, Send

from orstt_api.metrics import Metrics
from orstt_api.problems import CLIENT_CLOSED_REQUEST
from orstt_api.tracing import describe_span
from orstt_core.errors import Forbidden
from orstt_core.logs import request_id
from orstt_core.text import printable
from orstt_core.types import RequestServed

logger = logging.getLogger(__name__)

HEADER = "X-Request-ID"
VALID_ID = re.compile(r"[A-Za-z0-9._-]{1,128}", re.ASCII)
CALLER = "orstt.caller"
"""Where in an ASGI scope authentication leaves the caller's name."""
SWITCHING_PROTOCOLS = 101
OTHER = "other"
"""In the place of a route that there is not."""

OnRequest = Callable[[RequestServed], None]


class AccessLogMiddleware:
    """ASGI middleware around all others.

    Args:
        app: what answers.
        metrics: counts requests.
        on_request: called with each as well.
    """

    def __init__(self, app: ASGIApp, metrics: Metrics, on_request: OnRequest | None = None) -> None:
        self._app, self._metrics = app, metrics
        self.on_request = on_request

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer, with the request's id in the answer and in every log record on the way."""
        if scope["type"] not in ("http", "websocket"):
            await self._app(scope, receive, send)
            return
        given = Headers.from_scope(scope).get(HEADER, "")
        identity = given if VALID_ID.fullmatch(given) else uuid.uuid4().hex
        # As it came: the application rewrites it. And fit to be shown: it is whatever a client sent.
        path = printable(scope["path"])
        began, status = time.perf_counter(), CLIENT_CLOSED_REQUEST

        async def send_with_id(message: Message) -> None:
            nonlocal status
            if message["type"] == "http.response.start":
                status = message["status"]
                MutableScopeHeaders.from_message(message)[HEADER] = identity
                describe_span(*_asked(scope), identity)
            elif message["type"] == "websocket.accept":
                status = SWITCHING_PROTOCOLS
            elif message["type"] == "websocket.close" and status == CLIENT_CLOSED_REQUEST:
                status = Forbidden.status  # as uvicorn answers a socket that is not accepted
            await send(message)

        token = request_id.set(identity)
        self._metrics.requests_in_progress.inc()
        try:
            await self._app(scope, receive, send_with_id)
        finally:
            self._metrics.requests_in_progress.dec()
            self._log(scope, path, status, time.perf_counter() - began)
            request_id.reset(token)

    def _log(self, scope: Scope, path: str, status: int, seconds: float) -> None:
        method, route = _asked(scope)
        self._metrics.request(method, route, status, seconds)
        caller = scope.get(CALLER, "")
        logger.info(
            "%s %s %d in %.3f s for %s",
            method,
            route,
            status,
            seconds,
            caller or "nobody",
            extra={"method": method, "route": route, "status": status, "seconds": round(seconds, 4), "caller": caller},
        )
        if self.on_request is not None:
            client = scope["client"]
            self.on_request(
                RequestServed(
                    method=method, path=path, status=status, seconds=seconds, client=client[0] if client else ""
                )
            )


def _asked(scope: Scope) -> tuple[str, str]:
    """Return the method, and the route once it is known."""
    extras: dict[str, Any] = scope  # type: ignore[assignment]  # ASGI lets everybody add keys
    return str(extras.get("method", "SOCKET")), extras.get("path_template") or OTHER
