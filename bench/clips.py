"""Clips that come to a server together, beside one after the other in faster-whisper; and a long one's first words."""

from __future__ import annotations

import asyncio
import statistics
import sys
import time
from pathlib import Path

import httpx2
from faster_whisper import WhisperModel

from bench.http_face import first_words
from bench.processes import server
from orstt_core.settings import load_settings
from orstt_core.weights import obtain

ORSTT = str(Path(sys.executable).with_name("orstt"))
CLIENTS = 8
TIMES = 5


def compare_clips(clip: Path, audio: Path | None) -> None:
    """Print rows for clips at once, and for the first words of a recording where one is given."""
    cache = load_settings().cache_dir
    folder = obtain("ctranslate2-whisper", "base", cache_dir=cache, allow_download=False)
    model = WhisperModel(str(folder), device="cpu", compute_type="int8")
    with server([ORSTT, "serve", "--port"]) as port:
        ours, theirs = asyncio.run(_compare(port, model, clip))
        what = f"{CLIENTS} clips of 7 s at once over HTTP / one after the other in process"
        print(f"| {what} | {ours:.2f} s | {theirs:.2f} s | {theirs / ours:.2f} |", flush=True)
        if audio:
            first = statistics.median(asyncio.run(first_words(port, audio)) for _ in range(TIMES))
            print(f"| {audio.name} over HTTP: first words | {first:.2f} s | | |", flush=True)


async def _compare(port: int, model: WhisperModel, clip: Path) -> tuple[float, float]:
    found: tuple[list[float], list[float]] = ([], [])
    async with httpx2.AsyncClient(base_url=f"http://127.0.0.1:{port}", timeout=600, trust_env=False) as http:
        for number in range(TIMES + 1):
            began = time.perf_counter()
            texts = await asyncio.gather(*(_transcribed(http, clip) for _ in range(CLIENTS)))
            ours = time.perf_counter() - began
            began = time.perf_counter()
            theirs = [_text(model, clip) for _ in range(CLIENTS)]
            if number:  # the first loads the model
                found[0].append(ours)
                found[1].append(time.perf_counter() - began)
            assert set(texts) == set(theirs), (texts, theirs)
    return statistics.median(found[0]), statistics.median(found[1])


async def _transcribed(http: httpx2.AsyncClient, clip: Path) -> str:
    form = {"file": (clip.name, clip.read_bytes()), "language": (None, "en")}  # noqa: ASYNC240 - 200 KB
    answer = await http.post("/v1/audio/transcriptions", files=form)
    return str(answer.raise_for_status().json()["text"]).strip()


def _text(model: WhisperModel, clip: Path) -> str:
    return " ".join(segment.text.strip() for segment in model.transcribe(str(clip), language="en")[0])
