"""Gate: what every request passes before any route is looked up, so that no route can be forgotten.

With a key set, each request must carry it. Without one the server listens on loopback only, and a browser on
the same machine is the danger: a page from anywhere may send requests there. Such a page shows itself by its
Origin or, after DNS rebinding, by the name in Host; both must be ours.
"""

from __future__ import annotations

import hmac
from typing import Any

from litestar import Request
from litestar.config.cors import CORSConfig
from litestar.datastructures import Headers, MutableScopeHeaders
from litestar.types import ASGIApp, Message, Receive, Scope, Send

from orstt_api.addresses import host_of, is_loopback
from orstt_api.problems import answer_failure
from orstt_api.wire import API
from orstt_core.errors import Forbidden, OrsttError, Unauthorized
from orstt_core.settings import Settings

OPEN_PATHS = frozenset({"/health", "/health/"})
"""What anyone may ask: a load balancer has no key."""


class Gate:
    """ASGI middleware around the whole application.

    Args:
        app: the application.
        settings: give the key.
        cors: which web origins may call; None allows none.
    """

    def __init__(self, app: ASGIApp, settings: Settings, cors: CORSConfig | None) -> None:
        self._app = app
        self._key = settings.api_key.encode()
        self._cors = cors

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request that may not pass; hand on any other."""
        headers = Headers.from_scope(scope)
        _keep_encoded_slashes(scope)

        async def send_with_headers(message: Message) -> None:
            if message["type"] == "http.response.start":
                MutableScopeHeaders.from_message(message).update({"X-Content-Type-Options": "nosniff"})
            await send(message)

        origin = headers.get("origin")
        welcome = origin is not None and self._cors is not None and self._cors.is_origin_allowed(origin)
        refusal = None if scope["path"] in OPEN_PATHS else self._refusal(scope, headers, welcome=welcome)
        if refusal is None:
            await self._app(scope, receive, send_with_headers)
            return
        request: Request[Any, Any, Any] = Request(scope, receive, send)
        answer = answer_failure(request, refusal)
        if origin and welcome:  # otherwise the browser would keep the reason from the page
            answer.headers |= {"Access-Control-Allow-Origin": origin, "Vary": "Origin"}
        await answer.to_asgi_response(app=None, request=request)(scope, receive, send_with_headers)

    def _refusal(self, scope: Scope, headers: Headers, *, welcome: bool) -> OrsttError | None:
        if welcome and scope["method"] == "OPTIONS":  # type: ignore[typeddict-item]  # no WebSocket is served
            return None  # a browser asks without the key whether it may send it
        if self._key:
            return None if self._carries_key(headers) else _unauthorized(headers)
        host = headers.get("host", "")
        if not is_loopback(host_of(host)):
            return Forbidden(
                f"This server answers only to the names of its own machine, not to {host or 'none'}.",
                hint="Ask for it as 127.0.0.1 or localhost, or set ORSTT_API_KEY on the server.",
            )
        origin = headers.get("origin")
        if origin is not None and not welcome and origin.partition("://")[2] != host:
            return Forbidden(
                f"Web pages from {origin} may not use this server.",
                hint="Add that origin to ORSTT_CORS_ORIGINS on the server to allow it.",
            )
        return None

    def _carries_key(self, headers: Headers) -> bool:
        scheme, _, given = headers.get("authorization", "").partition(" ")
        # Headers are latin-1 by the standard of old; a key with other letters arrives as UTF-8 bytes.
        return scheme.lower() == "bearer" and hmac.compare_digest(given.strip().encode("latin-1"), self._key)


def _unauthorized(headers: Headers) -> Unauthorized:
    wrong = "authorization" in headers
    return Unauthorized(
        "The key is not the right one." if wrong else "This server asks for a key.",
        hint="Set ORSTT_API_KEY to the server's key; other programs send `Authorization: Bearer KEY`.",
    )


def _keep_encoded_slashes(scope: Scope) -> None:
    # Servers decode the path before it is routed, which would cut a model name at its encoded slash.
    models = f"{API}/models/"
    raw = scope.get("raw_path", b"").decode("ascii", "replace")
    if raw.startswith(models):
        scope["path"] = raw
