"""What messages call the model that a thread or a task works for: its name where it is configured, else its weights."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from pathlib import PurePath

_configured: ContextVar[str] = ContextVar("configured", default="")


def shown_name(weights: str) -> str:
    """Return what to call the model that uses these weights; a folder by its own name only: clients read messages."""
    folder = weights.startswith(("/", "~", "."))
    return _configured.get() or (PurePath(weights).name if folder else "") or weights


@contextmanager
def shown_as(name: str) -> Iterator[None]:
    """Do work for the model that is configured by this name; empty: it is not known."""
    token = _configured.set(name)
    try:
        yield
    finally:
        _configured.reset(token)
