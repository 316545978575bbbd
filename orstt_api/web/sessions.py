"""BrowserSessions: which browser gave which key, by a cookie that says nothing of the key.

A browser keeps no key and sends none by itself, as it would do with a password (RFC 7617) for whatever other pages make
it ask for. The cookie is sent to the page alone, with requests that the page itself makes (`SameSite=Strict`), and no
script reads it (`HttpOnly`). Pages at another port of the same machine count as the same site, so what changes anything
must come from here by its Origin as well.
"""

from __future__ import annotations

import hashlib
import secrets
import time

from litestar.datastructures import Cookie, Headers
from litestar.enums import ScopeType
from litestar.types import Scope

from orstt_core.errors import Forbidden

PAGE = "/web"
LOGIN, LOGOUT, SOCKET, ASSETS = f"{PAGE}/login", f"{PAGE}/logout", f"{PAGE}/socket", f"{PAGE}/assets"
SESSION_SECONDS = 12 * 3600
"""After so long the key is asked for again: a working day."""
MOST = 1000
"""Sessions that are kept; the oldest goes for one more."""


def is_page(path: str) -> bool:
    """Return whether an address belongs to the page, so that its cookie opens it and nothing else does."""
    return path == PAGE or path.startswith(f"{PAGE}/")


def is_open_page(path: str) -> bool:
    """Return whether anyone may ask for it: where a key is given or forgotten, and what the page is drawn with."""
    return path in (LOGIN, LOGOUT) or path.startswith(f"{ASSETS}/")


def check_same_origin(scope: Scope, headers: Headers) -> None:
    """Refuse what another page has a browser send: a socket, or a form.

    Raises:
        Forbidden: it comes from a page that is not this server's, or no browser says where from.
    """
    if scope["type"] != ScopeType.WEBSOCKET and scope.get("method") != "POST":
        return
    origin, host = headers.get("origin", ""), headers.get("host", "")
    if not host or origin.partition("://")[2] != host:
        raise Forbidden(
            f"The page of {host or 'this server'} takes nothing from {origin or 'what names no origin'}.",
            hint="Behind a proxy the header Host must come through as the browser sent it: docs/operations.md.",
        )


class BrowserSessions:
    """Keeps the keys that were given in browsers, in memory alone: a server that starts again asks for them again."""

    def __init__(self) -> None:
        # Cookies are those of a machine, not of a port: another server there has a name of its own.
        self._cookie = f"orstt-{secrets.token_hex(4)}"
        self._keys: dict[str, tuple[float, bytes]] = {}

    def begin(self, key: bytes, *, secure: bool) -> Cookie:
        """Keep a key that is right, and return the cookie that stands for it.

        Args:
            key: what was given.
            secure: whether the browser is to send the cookie over TLS only.
        """
        while len(self._keys) >= MOST:
            del self._keys[next(iter(self._keys))]
        token = secrets.token_urlsafe(32)
        self._keys[_digest(token)] = (time.monotonic() + SESSION_SECONDS, key)
        return self._made(token, SESSION_SECONDS, secure=secure)

    def key(self, headers: Headers) -> bytes:
        """Return the key that a request's cookie stands for; empty: none."""
        until, key = self._keys.get(self._sent(headers), (0.0, b""))
        return key if time.monotonic() < until else b""

    def end(self, headers: Headers) -> Cookie:
        """Forget the key, and return the cookie that makes the browser forget its own."""
        self._keys.pop(self._sent(headers), None)
        return self._made("", 0, secure=False)

    def _sent(self, headers: Headers) -> str:
        for pair in headers.get("cookie", "").split(";"):
            name, _, value = pair.strip().partition("=")
            if name == self._cookie:
                return _digest(value)
        return ""

    def _made(self, value: str, seconds: int, *, secure: bool) -> Cookie:
        return Cookie(
            key=self._cookie, value=value, path=PAGE, max_age=seconds, httponly=True, samesite="strict", secure=secure
        )


def _digest(token: str) -> str:
    # What is compared is not what was sent, so that the time of a look-up tells nothing of a token.
    return hashlib.sha256(token.encode()).hexdigest()
