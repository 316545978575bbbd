"""OR-STT: speech to text on this machine, from Python. docs/python.md shows each of these at work.

A transcript, in one call:

    import orstt_core

    transcript = orstt_core.transcribe("talk.m4a", model="base")
    print(transcript.text, transcript.to_srt(), transcript.rows(words=True))

Many of them, jobs, models, events, with async:

    async with orstt_core.LocalBackend() as backend:
        transcript = await backend.transcript("talk.m4a", language="de")
        job = await backend.submit_job(orstt_core.make_request("talk.m4a"))
        transcript = await backend.wait(job.id)

The same on a server: `from orstt_api import RemoteBackend`, and that in the place of `LocalBackend`.

An engine alone, in this process:

    engine = orstt_core.STTFactory.build("whisper", "base")
    text = engine.transcribe(engine.preprocess((rate, samples)), language=None)

What can be asked of a backend is described at `Backend`, its values in `orstt_core.types`, what goes wrong in
`orstt_core.errors`. The names below load on first use, so that importing this package costs nothing.
"""

from __future__ import annotations

import os
from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from orstt_core.backend import Backend
    from orstt_core.blocking import close, transcribe
    from orstt_core.engines.base import BaseSTT
    from orstt_core.errors import OrsttError
    from orstt_core.factory import STTFactory
    from orstt_core.local import LocalBackend
    from orstt_core.request import make_request
    from orstt_core.settings import Settings, load_settings
    from orstt_core.types import TranscribeOptions, TranscribeRequest, Transcript

__version__ = "0.1.0"

# onnxruntime's wheels for Linux report to its maker, and keep a device id in the person's home, unless told so
# before they are loaded. Child processes inherit it.
os.environ.setdefault("ORT_DISABLE_TELEMETRY", "1")

_MODULES = {
    "Backend": "backend",
    "BaseSTT": "engines.base",
    "LocalBackend": "local",
    "OrsttError": "errors",
    "STTFactory": "factory",
    "Settings": "settings",
    "TranscribeOptions": "types",
    "TranscribeRequest": "types",
    "Transcript": "types",
    "close": "blocking",
    "load_settings": "settings",
    "make_request": "request",
    "transcribe": "blocking",
}
__all__ = [
    "Backend",
    "BaseSTT",
    "LocalBackend",
    "OrsttError",
    "STTFactory",
    "Settings",
    "TranscribeOptions",
    "TranscribeRequest",
    "Transcript",
    "close",
    "load_settings",
    "make_request",
    "transcribe",
]

if not TYPE_CHECKING:  # to a type checker every name would be there

    def __getattr__(name: str) -> object:
        if module := _MODULES.get(name):
            return getattr(import_module(f"{__name__}.{module}"), name)
        hint = "; write: from orstt_api import RemoteBackend" if name == "RemoteBackend" else ""
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}{hint}")


def __dir__() -> list[str]:
    return sorted({*globals(), *__all__})
