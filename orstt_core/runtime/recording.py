"""A request's sound as a file that an engine process can open: samples in memory are written to one."""

from __future__ import annotations

import asyncio
import os
import tempfile
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path

from orstt_core.audio import check_file
from orstt_core.runtime.protocol import Recording
from orstt_core.types import TranscribeRequest


@asynccontextmanager
async def recording_file(request: TranscribeRequest) -> AsyncIterator[Recording]:
    """Yield the recording's file; one that was made for this is gone afterwards.

    Raises:
        FileProblem: the path is no file that can be read.
    """
    if isinstance(request.audio, Path):
        check_file(request.audio)
        yield Recording(path=request.audio.absolute(), name=request.filename or request.audio.name)
        return
    raw = request.audio
    path = await asyncio.to_thread(_write, raw.data)
    try:
        yield Recording(
            path=path,
            name=request.filename or "recording",
            sample_type=raw.sample_type,
            rate=raw.rate,
            channels=raw.channels,
        )
    finally:
        path.unlink(missing_ok=True)


def _write(data: bytes) -> Path:
    descriptor, name = tempfile.mkstemp(prefix="orstt-", suffix=".pcm")
    with os.fdopen(descriptor, "wb") as file:
        file.write(data)
    return Path(name)
