"""JobAudio: the sound of a job's recording, to be heard again while the recording is there."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable
from contextlib import AsyncExitStack

from orstt_core.audio.excerpt import Excerpt
from orstt_core.audio.mapped import map_samples
from orstt_core.audio.wav import wav_parts
from orstt_core.recordings.service import RecordingService
from orstt_core.runtime.decoder import Decoder
from orstt_core.runtime.protocol import Recording
from orstt_core.types import Job

MOST_AT_ONCE = 2
"""Recordings that are decoded to be heard; each may take a process of its own, so more wait for their turn."""


class JobAudio:
    """Decodes what jobs were made of.

    Args:
        find: returns a job that the caller may see.
        recordings: where the recordings are.
        decoder: makes sound of them.
    """

    def __init__(self, find: Callable[[str], Awaitable[Job]], recordings: RecordingService, decoder: Decoder) -> None:
        self._find = find
        self._recordings = recordings
        self._decoder = decoder
        self._places = asyncio.Semaphore(MOST_AT_ONCE)

    async def wav(self, ref: str, excerpt: Excerpt) -> AsyncGenerator[bytes]:
        """Yield a part of a job's recording as a WAV file; see `Backend.audio`."""
        excerpt.check()
        job = await self._find(ref)
        source = await self._recordings.of_job(job)
        async with self._recordings.local_path(source) as path:
            recording = Recording(
                path=path, name=job.filename, named=True, sample_format=source.sample_format, track=job.options.track
            )
            async with AsyncExitStack() as decoded:
                async with self._places:
                    sound = await decoded.enter_async_context(self._decoder.decoded(recording, excerpt=excerpt))
                parts = wav_parts(map_samples(sound.path, sound.samples))
                while part := await asyncio.to_thread(next, parts, b""):
                    yield part
