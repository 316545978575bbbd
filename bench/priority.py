"""`just bench-priority AUDIO`: what a clip of 3 s waits for over HTTP while a job of half an hour has the engine."""

from __future__ import annotations

import asyncio
import os
import statistics
import sys
import tempfile
import time
from pathlib import Path

import httpx2
import numpy as np
import soundfile

from bench.processes import server
from orstt_core.audio import decode
from orstt_core.units import SAMPLE_RATE

ORSTT = str(Path(sys.executable).with_name("orstt"))
SENTENCE = Path(__file__).parent.parent / "tests/data/austen.wav"
LONG_SECONDS = 1800
CLIP_SECONDS = 3
CLIPS = 9
PAUSE_SECONDS = 2.0
"""Between two clips; the job works meanwhile."""
LOOK_SECONDS = 20.0
"""How long the job is looked at undisturbed, for the longest time between two of its segments."""


def main() -> None:
    """Measure on a recording, which is repeated for half an hour, and print a table."""
    given = Path(sys.argv[1]) if len(sys.argv) > 1 else SENTENCE
    sound = decode(given, max_seconds=LONG_SECONDS).samples
    with tempfile.TemporaryDirectory() as folder:
        long, clip = Path(folder, "long.flac"), Path(folder, "clip.wav")
        soundfile.write(long, np.resize(sound, LONG_SECONDS * SAMPLE_RATE), SAMPLE_RATE)
        soundfile.write(clip, np.resize(sound, CLIP_SECONDS * SAMPLE_RATE), SAMPLE_RATE)
        os.environ |= {"ORSTT_DATA_DIR": folder, "ORSTT_KEEP_ALIVE": "-1", "HF_HUB_OFFLINE": "1"}
        with server([ORSTT, "serve", "--port"]) as port:
            asyncio.run(_measure(f"http://127.0.0.1:{port}", long, clip))


async def _measure(address: str, long: Path, clip: Path) -> None:
    async with httpx2.AsyncClient(base_url=address, timeout=600, trust_env=False) as http:
        recording = clip.read_bytes()  # noqa: ASYNC240 - before anything is measured
        await _answer(http, recording)  # loads the model
        alone = [await _answer(http, recording) for _ in range(CLIPS)]
        with long.open("rb") as file:
            job = (
                (await http.post("/api/jobs", files={"audio": file}, data={"language": "en"})).raise_for_status().json()
            )
        chunk = await _longest_chunk(http, job["id"])
        beside = []
        for _ in range(CLIPS):
            await asyncio.sleep(PAUSE_SECONDS)
            beside.append(await _answer(http, recording))
        state = (await http.get(f"/api/jobs/{job['id']}")).json()["state"]
        await http.delete(f"/api/jobs/{job['id']}")
    print("| 3 s over `POST /v1/audio/transcriptions` | median | longest |\n|---|---|---|")
    print(f"| on an idle engine | {statistics.median(alone):.2f} s | {max(alone):.2f} s |")
    print(f"| beside a job of 30 minutes | {statistics.median(beside):.2f} s | {max(beside):.2f} s |")
    print(f"\nLongest time between two segments of the job: {chunk:.2f} s. Afterwards the job was {state}.")


async def _answer(http: httpx2.AsyncClient, recording: bytes) -> float:
    """Return the seconds until a clip is transcribed."""
    began = time.perf_counter()
    files = {"file": ("clip.wav", recording)}
    answer = await http.post("/v1/audio/transcriptions", files=files, data={"model": "whisper-1", "language": "en"})
    assert answer.raise_for_status().json()["text"], answer.text
    return time.perf_counter() - began


async def _longest_chunk(http: httpx2.AsyncClient, job: str) -> float:
    """Follow the job for a while from its first segment on, and return the longest time without one."""
    longest, last, end = 0.0, 0.0, 0.0
    async with http.stream("GET", f"/api/jobs/{job}/events") as events:
        async for line in events.aiter_lines():
            now = time.perf_counter()
            if "segment" not in line:
                continue
            longest, last = max(longest, now - (last or now)), now
            end = end or now + LOOK_SECONDS
            if now > end:
                break
    return longest


if __name__ == "__main__":
    main()
