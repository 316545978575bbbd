"""What messages call the model that a thread works for: its name where it is configured, else its weights."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from contextvars import ContextVar
from pathlib import PurePath

_configured: ContextVar[str] = ContextVar("configured", default="")


def weights_title(weights: str) -> str:
    """Return what to call weights: a folder by its own name only, since clients read messages."""
    return PurePath(weights).name or weights if weights.startswith(("/", "~", ".")) else weights


def shown_name(weights: str) -> str:
    """Return what to call the model that uses these weights in this thread."""
    return _configured.get() or weights_title(weights)


@contextmanager
def shown_as(name: str) -> Iterator[None]:
    """Do work in this thread for the model that is configured by this name; empty: it is not known."""
    token = _configured.set(name)
    try:
        yield
    finally:
        _configured.reset(token)
