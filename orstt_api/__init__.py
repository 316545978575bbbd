"""OR-STT over HTTP: the server (`orstt_api.app.create_app`) and the client of it, `RemoteBackend`.

    from orstt_api import RemoteBackend

    async with RemoteBackend("http://asr.lan:8000") as backend:
        transcript = await backend.transcript("talk.m4a")

It is an `orstt_core.Backend`, as `orstt_core.LocalBackend` is; docs/python.md shows both.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from orstt_api.client import RemoteBackend

__all__ = ["RemoteBackend"]

if not TYPE_CHECKING:  # loaded on first use: the server does without

    def __getattr__(name: str) -> object:
        if name == "RemoteBackend":
            from orstt_api.client import RemoteBackend

            return RemoteBackend
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
