"""The model that a command names, looked up before any work begins."""

from __future__ import annotations

from orstt_core.backend import Backend
from orstt_core.text import normalize_name
from orstt_core.types import AUTO


async def require_model(backend: Backend, ref: str | int | None) -> None:
    """See that a model is there, if one is named; `auto` is chosen among those that are.

    Raises:
        ModelNotFound: it is not; nothing was read, stored or sent by then.
    """
    if ref is not None and (isinstance(ref, int) or normalize_name(ref) != AUTO):
        await backend.model(ref)
