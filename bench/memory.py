"""`just bench-memory`: does a server, or an engine, grow with the requests it serves? Prints tables as Markdown."""

from __future__ import annotations

import asyncio
import io
import math
import sys
import tempfile
import wave
from pathlib import Path

import httpx2
import psutil

TESTS = Path(__file__).parent.parent / "tests"
sys.path.insert(0, str(TESTS))  # the chaos suite knows how to start a server with an engine of its own

from chaos.recordings import Studio  # noqa: E402 - as above
from chaos.server import Server  # noqa: E402 - as above

EVERY = 25
"""Requests between two looks at the memory."""
WARM_UP = 200
"""Requests after which the slope begins: before, libraries are imported and heaps take their size."""
AT_ONCE = 2
CLIP_SECONDS = 3
REQUESTS = {"paced": 500, "base": 500}
ROLES = {"engine": "orstt_core.runtime.engine_child", "decoder": "orstt_core.runtime.decoder_child"}


async def main() -> None:
    """Measure both engines; arguments are the numbers of requests for each, a few times the warm-up at least."""
    for (model, default), given in zip(REQUESTS.items(), [*sys.argv[1:], None, None], strict=False):
        count = int(given or default)
        clip = Studio(1).paced(CLIP_SECONDS).data if model == "paced" else _clip()
        with tempfile.TemporaryDirectory() as folder:
            server = Server(
                Path(folder), keep_alive=-1, max_loaded=1, engine_silence=600, job_lease=30, decode_seconds=600
            )
            await server.start()
            try:
                await _measure(server, model, clip, count)
                await server.stop()
            finally:
                server.end()


async def _measure(server: Server, model: str, clip: bytes, count: int) -> None:
    print(f"\n{count} requests of {CLIP_SECONDS} s for {model}; resident memory in MiB\n", flush=True)
    print("| after | server | engine | decoder |\n|---|---|---|---|", flush=True)
    looks: list[tuple[int, dict[str, float]]] = []
    async with httpx2.AsyncClient(base_url=server.address, timeout=120, trust_env=False) as http:
        if model == "paced":
            (await http.post("/api/v1/models", json={"name": model, "model_type": model})).raise_for_status()
        (await http.post(f"/api/v1/models/{model}/activate")).raise_for_status()
        for done in range(EVERY, count + 1, EVERY):
            await asyncio.gather(
                *(_requests(http, clip, EVERY // AT_ONCE + (n < EVERY % AT_ONCE)) for n in range(AT_ONCE))
            )
            looks.append((done, _resident(server)))
            print(f"| {done} | {' | '.join(f'{size / 2**20:.1f}' for size in looks[-1][1].values())} |", flush=True)
    print("| **KiB a request** ", end="")
    for role in looks[0][1]:
        points = [(done, sizes[role] / 2**10) for done, sizes in looks if done >= WARM_UP]
        print("| {:+.2f} ± {:.2f} ".format(*slope(points)), end="")
    print("|", flush=True)


async def _requests(http: httpx2.AsyncClient, clip: bytes, count: int) -> None:
    for _ in range(count):
        answer = await http.post("/api/transcribe_only/", files={"audio": ("clip.wav", clip)}, data={"language": "en"})
        answer.raise_for_status()


def _resident(server: Server) -> dict[str, float]:
    sizes = {"server": float(psutil.Process(server.pid()).memory_info().rss), **dict.fromkeys(ROLES, 0.0)}
    for child in server.children():
        for role, module in ROLES.items():
            if module in child.cmdline():
                sizes[role] += child.memory_info().rss
    return sizes


def slope(points: list[tuple[int, float]]) -> tuple[float, float]:
    """Return the slope of the line of least squares through (x, y), and its standard error."""
    n = len(points)
    x_mean, y_mean = sum(x for x, _ in points) / n, sum(y for _, y in points) / n
    spread = sum((x - x_mean) ** 2 for x, _ in points)
    slope = sum((x - x_mean) * (y - y_mean) for x, y in points) / spread
    rest = sum((y - y_mean - slope * (x - x_mean)) ** 2 for x, y in points)
    return slope, math.sqrt(rest / max(1, n - 2) / spread)


def _clip() -> bytes:
    out = io.BytesIO()
    with wave.open(str(TESTS / "data" / "austen.wav")) as speech, wave.open(out, "wb") as clip:
        clip.setparams(speech.getparams())
        clip.writeframes(speech.readframes(CLIP_SECONDS * speech.getframerate()))
    return out.getvalue()


if __name__ == "__main__":
    asyncio.run(main())
