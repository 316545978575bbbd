"""Who may send requests at all: asked of every request before routing, so that no route can be forgotten.

A key is needed where one is set or was created, and always on an address that other machines reach. Without one
the server listens on loopback only, and a browser on the same machine is the danger: a page from anywhere may send
requests there. Such a page shows itself by its Origin or, after DNS rebinding, by the name in Host; both must be
ours. What a key may do is checked where the route is known (`orstt_api.scopes`).
"""

from __future__ import annotations

import base64
import binascii
import hmac
from contextlib import ExitStack, suppress
from functools import partial
from typing import Any

from litestar import Request
from litestar.config.cors import CORSConfig
from litestar.datastructures import Headers
from litestar.enums import ScopeType
from litestar.types import ASGIApp, Receive, Scope, Send

from orstt_api.access_log import CALLER
from orstt_api.body_memory import TAKE_MEMORY, BodyMemory
from orstt_api.openai.errors import BASE
from orstt_api.problems import error_response
from orstt_api.protocol.transfer_rate import BODY, LimitedBody
from orstt_api.rate_limits import RateLimiter
from orstt_api.security_headers import with_security_headers
from orstt_api.streaming import KEY_CHECK
from orstt_api.upload_places import CLIENT, client_of
from orstt_api.web.sessions import LOGIN, PAGE, BrowserSessions, check_same_origin, is_open_page, is_page
from orstt_api.wire import API, ASR, DETECT_LANGUAGE, JOBS, READY, VOCABULARIES
from orstt_core.addresses import host_of, is_loopback
from orstt_core.backend import Backend
from orstt_core.caller import Caller, acting
from orstt_core.errors import DatabaseUnavailable, Forbidden, OrsttError, Unauthorized
from orstt_core.settings import Settings
from orstt_core.types import ApiKey

OPEN_PATHS = frozenset({"/health", "/health/", "/health/live", "/health/live/", READY, f"{READY}/"})
"""What anyone may ask: a load balancer has no key."""

PASSWORD_PATHS = frozenset({ASR, DETECT_LANGUAGE})
"""Where the key may come as the password of an address, `http://any:KEY@host`: clients of these know no other way.
Elsewhere a browser that keeps a password would send it with what other pages make it ask for."""

EXPOSED = ("Location", "Retry-After", "X-Request-ID", "X-Should-Retry")
"""Headers that a web page from elsewhere may read."""

PROXIED = ("forwarded", "via", "x-forwarded-for", "x-forwarded-host", "x-real-ip")
"""Headers by which a proxy shows itself."""


class AuthenticationMiddleware:
    """ASGI middleware around the whole application.

    Args:
        app: the application.
        backend: knows the keys.
        settings: give the operator's own key and the address that is listened on.
        cors: which web origins may call; None allows none.
        sessions: which browsers gave a key, where the page is served.
    """

    def __init__(
        self,
        app: ASGIApp,
        backend: Backend,
        settings: Settings,
        cors: CORSConfig | None,
        sessions: BrowserSessions | None = None,
    ) -> None:
        self._app = app
        self._backend = backend
        self._key = settings.api_key.encode()
        self._public = not is_loopback(settings.host)
        self._cors = cors
        self._sessions = sessions
        self._limits = RateLimiter()
        self._memory = BodyMemory()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request that may not pass; hand on any other."""
        headers = Headers.from_scope(scope)
        _keep_encoded_slashes(scope)
        send = with_security_headers(send, scope["path"])

        origin = headers.get("origin")
        allowed = origin is not None and self._cors is not None and self._cors.is_origin_allowed(origin)
        with ExitStack() as cleanup:
            try:
                caller, key, secret = await self._authenticate(scope, headers, origin_allowed=allowed)
                if key is not None and scope["type"] == ScopeType.HTTP:  # a page's socket is under way all day
                    cleanup.enter_context(self._limits.request(key))
                take_memory = cleanup.enter_context(self._memory.account())
            except Exception as error:  # noqa: BLE001 - whatever it is, the request is refused with it
                await self._refuse(scope, receive, send, error, origin if allowed else None)
                return
            body = LimitedBody(receive, take_memory)
            notes: dict[str, Any] = {
                CALLER: caller.name,
                CLIENT: client_of(scope, key),
                TAKE_MEMORY: take_memory,
                BODY: body,
            }
            if key is not None:
                notes[KEY_CHECK] = partial(self._check_key, secret)
            scope |= notes  # type: ignore[assignment]  # ASGI lets everybody add keys
            cleanup.enter_context(acting(caller))
            await self._app(scope, body, send)

    async def _authenticate(
        self, scope: Scope, headers: Headers, *, origin_allowed: bool
    ) -> tuple[Caller, ApiKey | None, bytes]:
        """Return who asks, with which key, and its secret.

        Raises:
            Unauthorized: a key is needed, and there is none that is right.
            Forbidden: on this machine alone, but by a name or from a page that is not this machine's.
            DatabaseUnavailable: the keys cannot be read.
        """
        path, client = scope["path"], scope["client"]
        anonymous = Caller(name=client[0] if client else "unknown address", remote=True)
        if path in OPEN_PATHS or (origin_allowed and scope.get("method") == "OPTIONS"):
            return anonymous, None, b""  # a browser asks without the key whether it may send it
        secret = _secret(path, headers)
        if self._sessions is not None and is_page(path):
            check_same_origin(scope, headers)
            if is_open_page(path):
                return anonymous, None, b""
            secret = self._sessions.key(headers)
        if found := await identify(self._backend, self._key, secret):
            return *found, secret
        if self._key or self._public or await self._backend.keyed():
            raise _unauthorized(headers)
        _check_local(headers, origin_allowed=origin_allowed)
        return anonymous, None, b""

    async def _check_key(self, secret: bytes) -> None:
        """For answers that go on: look at the key again.

        Raises:
            Unauthorized: it was revoked or has expired meanwhile.
        """
        try:
            key = await self._backend.authenticate(secret.decode("utf-8", "surrogateescape"))
        except DatabaseUnavailable:
            return  # what goes on waits for the database, too
        if key is None:
            raise Unauthorized(
                "The key was revoked or has expired.", hint="Ask the server's administrator for another."
            )

    async def _refuse(
        self, scope: Scope, receive: Receive, send: Send, error: Exception, allowed_origin: str | None
    ) -> None:
        if scope["type"] == ScopeType.WEBSOCKET:
            # 4401 and 4403: by custom what 401 and 403 are to requests.
            status = error.status if isinstance(error, OrsttError) else OrsttError.status
            await send({"type": "websocket.close", "code": 4000 + status, "reason": ""})
            return
        if self._sessions is not None and isinstance(error, Unauthorized) and (place := _page_instead(scope)):
            location = [(b"location", place.encode()), (b"content-length", b"0")]
            await send({"type": "http.response.start", "status": 303, "headers": location})
            await send({"type": "http.response.body", "body": b"", "more_body": False})
            return
        request: Request[Any, Any, Any] = Request(scope, receive, send)
        answer = error_response(request, error)
        if allowed_origin:  # otherwise the browser would keep the reason from the page
            answer.headers |= {
                "Access-Control-Allow-Origin": allowed_origin,
                "Access-Control-Expose-Headers": ", ".join(EXPOSED),
                "Vary": "Origin",
            }
        await answer.to_asgi_response(app=None, request=request)(scope, receive, send)


async def identify(backend: Backend, operators: bytes, secret: bytes) -> tuple[Caller, ApiKey | None] | None:
    """Return whose secret this is, and the key unless it is the operator's own; None: nobody's.

    Raises:
        DatabaseUnavailable: the keys cannot be read.
    """
    if operators and hmac.compare_digest(secret, operators):
        return Caller(name="key", remote=True), None
    if secret and (key := await backend.authenticate(secret.decode("utf-8", "surrogateescape"))):
        return Caller(name=f"key {key.name}", scope=key.scope, remote=True), key
    return None


def _check_local(headers: Headers, *, origin_allowed: bool) -> None:
    host = headers.get("host", "")
    if not is_loopback(host_of(host)):
        raise Forbidden(
            f"This server answers only to the names of its own machine, not to {host or 'none'}.",
            hint="Ask for it as 127.0.0.1 or localhost, or create a key on the server: `orstt keys create NAME`.",
        )
    if any(name in headers for name in PROXIED):
        # Whatever it calls this machine, the request may have come from anywhere.
        raise Forbidden(
            "Through a proxy this server answers only to those who have a key.",
            hint="Create one on the server: `orstt keys create NAME`.",
        )
    origin = headers.get("origin")
    if origin is not None and not origin_allowed and origin.partition("://")[2] != host:
        raise Forbidden(
            f"Web pages from {origin} may not use this server.",
            hint="Add that origin to ORSTT_CORS_ORIGINS on the server to allow it.",
        )


def _page_instead(scope: Scope) -> str:
    """Return where a browser without a key is sent, rather than refused; empty: nowhere."""
    if scope["path"].rstrip("/") == PAGE:
        return LOGIN
    # Whoever types the server's address wants to see something; its cookie is sent to the page alone.
    browses = scope.get("method") == "GET" and "text/html" in Headers.from_scope(scope).get("accept", "")
    return PAGE if scope["path"] == "/" and browses else ""


def _secret(path: str, headers: Headers) -> bytes:
    scheme, _, given = headers.get("authorization", "").partition(" ")
    # Headers are latin-1 by the standard of old; a key with other letters arrives as UTF-8 bytes.
    given_bytes = given.strip().encode("latin-1")
    if scheme.lower() == "bearer":
        return given_bytes
    if scheme.lower() == "basic" and path.rstrip("/") in PASSWORD_PATHS:
        with suppress(binascii.Error):
            user, _, password = base64.b64decode(given_bytes, validate=True).partition(b":")
            return password or user
    return b""


def _unauthorized(headers: Headers) -> Unauthorized:
    wrong = "authorization" in headers
    return Unauthorized(
        "The key is not the right one, was revoked or has expired." if wrong else "This server asks for a key.",
        hint="Set ORSTT_API_KEY to a key of the server; other programs send `Authorization: Bearer KEY`.",
    )


def _keep_encoded_slashes(scope: Scope) -> None:
    # Servers decode the path before it is routed, which would cut a name at its encoded slash.
    raw = scope.get("raw_path", b"").decode("ascii", "replace")
    named = (f"{API}/models/", f"{API}/keys/", f"{VOCABULARIES}/", f"{JOBS}/", f"{BASE}/models/")
    if raw.startswith(named):
        scope["path"] = raw
