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


BATCH = 8
"""Windows in a batch, where a model says nothing else."""
MOST_WORKERS, WORKER_THREADS = 4, 4
"""More batches at once take memory, some 150 MB each; more threads for one gain little. A model may say otherwise."""


def fast_threads(threads: int, workers: int | None = None) -> tuple[int, int]:
    """Return how many batches to decode at once and with how many threads each.

    Measured with base on two cores, 200 s of speech: two of one thread take 10.4 s, one of two 18.8 s.

    Args:
        threads: all of them, which the batches share; 0: one for each core.
        workers: how many batches at once, each with a thread at least; None: as many as do well in general.
    """
    threads = threads or cores()
    if workers:
        return workers, max(threads // workers, 1)
    workers = min(threads, MOST_WORKERS)
    return workers, min(threads // workers, WORKER_THREADS)


def cores() -> int:
    """Return how many cores this process may use."""
    return len(os.sched_getaffinity(0))


def proved_languages(model_name: str) -> frozenset[str]:
    """Return the languages that are decoded in the fast way by default, by a model's size, repository or folder."""
    size = model_name.rstrip("/").rsplit("/", 1)[-1].removeprefix("faster-whisper-")
    return PROVED.get(size, frozenset())
