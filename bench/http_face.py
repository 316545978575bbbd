"""What it costs to ask over HTTP: a server beside a backend in this process, and the time to the first words."""

from __future__ import annotations

import asyncio
import statistics
import time
from contextlib import aclosing
from pathlib import Path
from typing import NamedTuple

import httpx2

from bench.isolation import CALM_SECONDS, OPTIONS
from orstt_core.local import LocalBackend
from orstt_core.settings import load_settings
from orstt_core.types import Done, NewSegment, TranscribeRequest


class Face(NamedTuple):
    """Medians of seconds until the first words and until the end, over HTTP and in process, taken in turn."""

    http_first: float
    http: float
    first: float
    in_process: float


def http_overhead(port: int, path: Path, *, times: int) -> Face:
    """Transcribe a recording both ways, `times` each after a warm-up, and compare; the server streams its answer."""
    return asyncio.run(_http_overhead(port, path, times))


async def _http_overhead(port: int, path: Path, times: int) -> Face:
    found: list[tuple[float, ...]] = []
    recording = path.read_bytes()  # noqa: ASYNC240 - before anything is measured
    address = f"http://127.0.0.1:{port}"
    async with (
        LocalBackend(load_settings(keep_alive=-1)) as backend,
        httpx2.AsyncClient(base_url=address, timeout=600, trust_env=False) as http,
    ):
        for number in range(times + 1):
            await asyncio.sleep(CALM_SECONDS)
            over_http = await _over_http(http, recording)
            await asyncio.sleep(CALM_SECONDS)
            in_process = await _in_process(backend, path)
            if number:  # the first loads the models
                found.append((*over_http, *in_process))
    return Face(*(statistics.median(column) for column in zip(*found, strict=True)))


async def first_words(port: int, path: Path) -> float:
    """Return the seconds from the upload of a recording until its first words, and wait for the rest."""
    recording = path.read_bytes()  # noqa: ASYNC240 - before anything is measured
    async with httpx2.AsyncClient(base_url=f"http://127.0.0.1:{port}", timeout=600, trust_env=False) as http:
        return (await _over_http(http, recording))[0]


async def _over_http(http: httpx2.AsyncClient, recording: bytes) -> tuple[float, float]:
    began, first = time.perf_counter(), 0.0
    form = {
        "file": ("recording.wav", recording),
        "stream": (None, "true"),
        "language": (None, OPTIONS.language),
    }
    async with http.sse("/v1/audio/transcriptions", method="POST", files=form, max_event_size=None) as source:
        async for event in source:
            if event.event == "transcript.text.delta":
                first = first or time.perf_counter() - began
            if event.event == "transcript.text.done":
                return first, time.perf_counter() - began
    raise SystemExit("the server gave no transcript")


async def _in_process(backend: LocalBackend, path: Path) -> tuple[float, float]:
    began, first = time.perf_counter(), 0.0
    async with aclosing(backend.transcribe(TranscribeRequest(audio=path, options=OPTIONS))) as events:
        async for event in events:
            if isinstance(event, NewSegment):
                first = first or time.perf_counter() - began
            if isinstance(event, Done):
                return first, time.perf_counter() - began
    raise SystemExit("the backend gave no transcript")
