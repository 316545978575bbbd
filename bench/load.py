"""`just bench-load`: two hundred uploads at once on a queue of twenty; answers, the event loop's lag and the memory."""

from __future__ import annotations

import asyncio
import os
import sys
import tempfile
import time
from pathlib import Path

import psutil

TESTS = Path(__file__).parent.parent / "tests"
sys.path.insert(0, str(TESTS))  # the tests know how to start a server, and a crowd

from cli.running import Shell  # noqa: E402 - as above
from crowd import besiege  # noqa: E402 - as above

CROWD = 200
ROUNDS = 3


def main() -> None:
    """Print a line for each round."""
    recording = TESTS / "data" / "austen.wav"
    with tempfile.TemporaryDirectory() as folder:
        os.environ |= {"ORSTT_DATA_DIR": folder, "ORSTT_MAX_QUEUED": "20", "ORSTT_KEEP_ALIVE": "-1"}
        with Shell().serving() as address:
            [server] = psutil.Process().children()
            asyncio.run(besiege(address, recording, count=2))
            before = server.memory_info().rss
            print(f"{CROWD} uploads of {recording.stat().st_size} bytes at once\n")
            print("| transcripts | 503 | neither | lag p99, at most | memory beyond the beginning | seconds |")
            print("|---|---|---|---|---|---|")
            for _ in range(ROUNDS):
                began = time.perf_counter()
                outcome = asyncio.run(besiege(address, recording, count=CROWD))
                grown = (server.memory_info().rss - before) / 2**20
                counts = f"{outcome.answers[200]} | {outcome.answers[503]} | {len(outcome.unclear)}"
                late = f"{outcome.late(0.99) * 1e3:.0f} ms"
                print(f"| {counts} | {late} | {grown:+.1f} MiB | {time.perf_counter() - began:.1f} |", flush=True)


if __name__ == "__main__":
    main()
