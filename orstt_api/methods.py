"""Says in the header Allow which methods an address takes: to OPTIONS, and with the answer that one is not taken.

RFC 9110 wants it with a 405, where Litestar says nothing; its answer to OPTIONS forgets methods of a path whose
handlers came one after another.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache

from litestar.datastructures import MutableScopeHeaders
from litestar.routes import BaseRoute, HTTPRoute
from litestar.status_codes import HTTP_405_METHOD_NOT_ALLOWED
from litestar.types import Message, Scope

_PARAMETER = re.compile(r"\\\{[^{}]*\\\}")


async def say_methods(message: Message, scope: Scope) -> None:
    """Complete the header; one of the application's `before_send` hooks."""
    if message["type"] != "http.response.start":
        return
    if scope.get("method") == "OPTIONS" or message["status"] == HTTP_405_METHOD_NOT_ALLOWED:
        methods = _methods(tuple(scope["litestar_app"].routes), scope["path"].rstrip("/") or "/")
        if methods:
            MutableScopeHeaders.from_message(message)["Allow"] = ", ".join(methods)


def _methods(routes: tuple[BaseRoute, ...], path: str) -> Sequence[str]:
    for pattern, methods in _table(routes):
        if pattern.fullmatch(path):
            return methods
    return ()


@lru_cache(maxsize=4)
def _table(routes: tuple[BaseRoute, ...]) -> list[tuple[re.Pattern[str], list[str]]]:
    """Return patterns of paths and what they take; those with fewer parameters, which routing prefers, come first."""
    there = sorted((route for route in routes if isinstance(route, HTTPRoute)), key=lambda r: r.path_format.count("{"))
    return [
        (re.compile(_PARAMETER.sub("[^/]+", re.escape(route.path_format))), sorted(route.methods)) for route in there
    ]
