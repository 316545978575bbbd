"""The header Allow: which methods an address takes, in answers to OPTIONS and to a method that it does not take.

docs/api.md promises it, as RFC 9110 (15.5.6) demands. Litestar sends none with a 405, and its answer to OPTIONS forgets
methods of a path whose handlers were registered one after another.
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
_PATH = ":path"
"""The type of a parameter that takes slashes."""


async def add_allow_header(message: Message, scope: Scope) -> None:
    """Add the header where it is due; one of the application's `before_send` hooks."""
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
    known = sorted((route for route in routes if isinstance(route, HTTPRoute)), key=lambda r: r.path_format.count("{"))
    return [
        (re.compile(_PARAMETER.sub(_parameter_pattern, re.escape(route.path))), sorted(route.methods))
        for route in known
    ]


def _parameter_pattern(parameter: re.Match[str]) -> str:
    return ".+" if _PATH in parameter[0] else "[^/]+"
