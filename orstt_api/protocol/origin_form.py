"""OriginForm: a request whose target is a whole address, as clients send it to a proxy, is served like any other.

RFC 9112 (3.2.2) has every server take it, and its host go before the header `Host`.
"""

from __future__ import annotations

import re
from urllib.parse import unquote

from litestar.types import ASGIApp, Receive, Scope, Send

_ABSOLUTE = re.compile(rb"https?://(?:[^/?#@]*@)?([^/?#@]*)(.*)", re.IGNORECASE | re.DOTALL)


class OriginForm:
    """ASGI middleware: gives the application the path of a target that begins with scheme and host."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Serve the request."""
        if found := _ABSOLUTE.fullmatch(scope["raw_path"]):
            host, path = found[1], found[2] or b"/"
            scope["raw_path"], scope["path"] = path, unquote(path.decode("ascii"))
            others = [(name, value) for name, value in scope["headers"] if name != b"host"]
            scope["headers"] = [(b"host", host), *others]
        await self._app(scope, receive, send)
