"""LoopThread: an event loop in a thread of its own, for callers that are not async."""

from __future__ import annotations

import asyncio
from collections.abc import Coroutine
from concurrent.futures import Future, ThreadPoolExecutor
from threading import Thread
from typing import Any, TypeVar

T = TypeVar("T")


class LoopThread:
    """Runs coroutines from the moment it is made until it is stopped; the end of the program does not wait for it."""

    def __init__(self) -> None:
        self._loop = asyncio.new_event_loop()
        self._loop.set_default_executor(ThreadPoolExecutor(thread_name_prefix="orstt"))
        self._thread = Thread(target=self._loop.run_forever, name="orstt", daemon=True)
        self._thread.start()

    def submit(self, coroutine: Coroutine[Any, Any, T]) -> Future[T]:
        """Begin a coroutine in the loop."""
        return asyncio.run_coroutine_threadsafe(coroutine, self._loop)

    def stop(self, seconds: float) -> None:
        """End the loop, and wait so long for its thread at most."""
        self._loop.call_soon_threadsafe(self._loop.stop)
        self._thread.join(seconds)
        if not self._thread.is_alive():
            self._loop.close()


def result_of(future: Future[T]) -> T:
    """Wait for what comes of a coroutine; whoever is interrupted while waiting cancels it."""
    try:
        return future.result()
    except BaseException:
        future.cancel()
        raise
