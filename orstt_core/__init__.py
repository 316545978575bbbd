"""OR-STT core: speech-to-text engines and the models configured for them.

The documented names load on first use, so that importing this package costs nothing.
"""

from __future__ import annotations

import os
from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from orstt_core.backend import Backend
    from orstt_core.engines.base import BaseSTT
    from orstt_core.errors import OrsttError
    from orstt_core.factory import STTFactory
    from orstt_core.local import LocalBackend
    from orstt_core.settings import Settings, load_settings

__version__ = "0.1.0"

# onnxruntime's wheels for Linux report to its maker, and keep a device id in the person's home, unless told so
# before they are loaded. Child processes inherit it.
os.environ.setdefault("ORT_DISABLE_TELEMETRY", "1")

_HOMES = {
    "Backend": "orstt_core.backend",
    "BaseSTT": "orstt_core.engines.base",
    "LocalBackend": "orstt_core.local",
    "OrsttError": "orstt_core.errors",
    "STTFactory": "orstt_core.factory",
    "Settings": "orstt_core.settings",
    "load_settings": "orstt_core.settings",
}

__all__ = ["Backend", "BaseSTT", "LocalBackend", "OrsttError", "STTFactory", "Settings", "load_settings"]


def __getattr__(name: str) -> object:
    if home := _HOMES.get(name):
        return getattr(import_module(home), name)
    raise AttributeError(f"module {__name__!r} has no attribute {name!r}")


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
