"""The one place, with the terminal program's start, where a concrete backend is chosen."""

from __future__ import annotations

from importlib import import_module

from orstt_core.backend import Backend
from orstt_core.settings import Settings


def open_backend(settings: Settings, *, drain: bool = False) -> Backend:
    """Return the backend that the settings name, not yet entered; only that one is imported.

    Args:
        settings: name it.
        drain: whether, on this machine, it works on every queued job while it is open; a server does anyway.
    """
    if settings.remote:
        from orstt_api.client import RemoteBackend

        return RemoteBackend(settings.remote, api_key=settings.api_key)
    from orstt_core.local import LocalBackend

    # What opens a database takes a tenth of a second to import: here the terminal program's keys need not wait for it.
    import_module("orstt_core.db.schema")
    return LocalBackend(settings, drain=drain)
