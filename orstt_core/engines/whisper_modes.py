"""Which way a recording is decoded where nobody says: the fast one where it is proved, else the classic.

Proved by the error rates on recordings of these languages, with these weights (docs/performance.md): not worse than
faster-whisper's own. Each window is decoded without the text before it, which costs languages that are hard for a model
more than it costs others.
"""

from __future__ import annotations

import os

EUROPEAN = frozenset({"en", "de", "fr", "es", "it", "pt", "nl", "ru"})
PROVED = {"base": EUROPEAN | {"ko"}, "tiny.en": frozenset({"en"})}
"""Languages by the size of the weights."""


BATCHES = {"cpu": 4, "cuda": 16}
"""Windows in a batch by device, where a model says nothing else: on two cores 327 s take as long by fours as by eights,
and 650 MB instead of 970. That of a GPU was not tried on one."""
MOST_WORKERS, WORKER_THREADS = 4, 4
"""More batches at once take memory, some 80 MB each; more threads for one gain little. A model may say otherwise."""
GPU_WORKERS = 2
"""Batches at once on a GPU: while one is decoded, the processor prepares the other. Not tried on one."""


def fast_threads(threads: int, workers: int | None = None, device: str = "cpu") -> tuple[int, int]:
    """Return how many batches to decode at once and with how many threads each.

    Measured with base on two virtual cores of a CPU: 7 s of speech take two of one thread 0.86 s, two of two 1.39 s,
    one of two 1.25 s; of 100 s they take 5.9, 6.7 and 11.2 s.

    Args:
        threads: all of them, which the batches share; 0: one for each core.
        workers: how many batches at once, each with a thread at least; None: as many as do well in general.
        device: `cpu` or `cuda`.
    """
    threads = threads or cores()
    if workers:
        return workers, max(threads // workers, 1)
    workers = min(threads, MOST_WORKERS if device == "cpu" else GPU_WORKERS)
    return workers, min(threads // workers, WORKER_THREADS)


def usual_batch(device: str) -> int:
    """Return how many windows to decode together on a device, such as `cpu`, `cuda` or the library's `cuda:1`."""
    return BATCHES["cpu" if device == "cpu" else "cuda"]


def cores() -> int:
    """Return how many cores this process may use."""
    return len(os.sched_getaffinity(0))


def proved_languages(model_name: str) -> frozenset[str]:
    """Return the languages that are decoded in the fast way by default, by a model's size, repository or folder."""
    size = model_name.rstrip("/").rsplit("/", 1)[-1].removeprefix("faster-whisper-")
    return PROVED.get(size, frozenset())
