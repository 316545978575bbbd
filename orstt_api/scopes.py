"""Which key may do what: each route names the scope it needs, and one that names none needs the largest."""

from __future__ import annotations

from typing import Any

from litestar.connection import ASGIConnection
from litestar.handlers.base import BaseRouteHandler

from orstt_core.caller import current_caller
from orstt_core.errors import Forbidden
from orstt_core.types import covers

OPEN = "open"
"""In the place of a scope: anyone may ask, without a key."""
TRANSCRIBE = {"scope": "transcribe"}
MANAGE = {"scope": "manage"}
ADMIN = {"scope": "admin"}


def scope_of(handler: BaseRouteHandler) -> str:
    """Return the scope that a route needs."""
    return str(handler.opt.get("scope", "admin"))


def check_scope(connection: ASGIConnection[Any, Any, Any, Any], handler: BaseRouteHandler) -> None:
    """Refuse a caller whose key is too small; a guard of the whole application.

    Raises:
        Forbidden: it needs another scope.
    """
    needed = scope_of(handler)
    # Every authenticated caller may ask which methods an address takes.
    if needed == OPEN or connection.scope.get("method") == "OPTIONS":
        return
    if not covers(current_caller().scope, needed):  # type: ignore[arg-type]  # a test of all routes proves it
        raise Forbidden(
            f"This needs a key with the scope {needed}; this one has {current_caller().scope}.",
            hint="Ask the server's administrator for one.",
        )
