"""Pulls: bring weights to this machine, once for everybody who asks at the same time, with progress."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncGenerator
from concurrent.futures import Executor, ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import Any

from orstt_core.errors import OrsttError
from orstt_core.types import Loading, PullProgress
from orstt_core.weights.download import FileProgress
from orstt_core.weights.provision import obtain

REPORT_SECONDS = 0.25
"""How often progress is reported at most."""
HEARTBEAT_SECONDS = 5.0
"""How often the same is reported again while nothing happens, so that one who has left is noticed."""
MOST_AT_ONCE = 4
"""Pulls; more wait for their turn."""
DIGITS = 12
"""Digits of a digest that a line for people has."""


class _Stopped(OrsttError):
    """Nobody waits for the pull any more."""


class _Pull:
    """One pull in a thread of its own; the latest step is kept for whoever joins.

    Args:
        format_name: which kind of weights.
        weights: a name that the format knows, or a hub repository.
        cache_dir: where files joined from packages stand.
        allow_download: whether the hub may be asked.
        threads: run it.
    """

    def __init__(
        self, format_name: str, weights: str, cache_dir: Path, threads: Executor, *, allow_download: bool
    ) -> None:
        self.waiting = 0
        self.latest = PullProgress(status="pulling manifest")
        self._changed = asyncio.Event()
        self._stopped = threading.Event()
        self._loop = asyncio.get_running_loop()
        work = partial(
            obtain,
            format_name,
            weights,
            cache_dir=cache_dir,
            allow_download=allow_download,
            progress=self._loading,
            file_progress=self._file,
        )
        self.work: asyncio.Future[Any] = asyncio.wrap_future(threads.submit(work))
        # Retrieved here in any case: it may end after the last who waited has left.
        self.work.add_done_callback(lambda ended: ended.cancelled() or ended.exception())

    def stop(self) -> None:
        """Let the thread end at its next step, or not begin; files that are whole, and the parts of others, stay."""
        self._stopped.set()

    async def steps(self) -> AsyncGenerator[PullProgress]:
        """Yield a beginning, the latest step, and each that follows, as often as progress may be reported."""
        yield PullProgress(status="pulling manifest")
        while not self.work.done():
            yield self.latest
            self._changed.clear()
            changed: asyncio.Future[Any] = asyncio.ensure_future(self._changed.wait())
            try:
                await asyncio.wait({self.work, changed}, timeout=HEARTBEAT_SECONDS, return_when=asyncio.FIRST_COMPLETED)
            finally:
                changed.cancel()
            if not self.work.done():
                await asyncio.wait({self.work}, timeout=REPORT_SECONDS)
        self.work.result()
        yield self.latest
        yield PullProgress(status="verifying sha256 digest")
        yield PullProgress(status="success")

    def _loading(self, loading: Loading) -> None:
        if loading.total is None or not self.latest.digest:
            self._tell(PullProgress(status=loading.detail, total=loading.total, completed=loading.done))

    def _file(self, file: FileProgress) -> None:
        status = f"pulling {file.digest.partition(':')[2][:DIGITS]}"
        self._tell(PullProgress(status=status, digest=file.digest, total=file.total, completed=file.done))

    def _tell(self, step: PullProgress) -> None:
        """Keep a step; called in the pull's thread."""
        if self._stopped.is_set():
            raise _Stopped("The pull was given up.")
        self.latest = step
        self._loop.call_soon_threadsafe(self._changed.set)


class Pulls:
    """The pulls under way in this process.

    Args:
        cache_dir: where files joined from packages stand.
    """

    def __init__(self, cache_dir: Path) -> None:
        self._cache_dir = cache_dir
        self._under_way: dict[tuple[str, str, bool], _Pull] = {}
        # Threads of their own: on a slow hub they would keep everybody else from those of the event loop.
        self._threads = ThreadPoolExecutor(MOST_AT_ONCE, thread_name_prefix="pull")

    async def pull(self, format_name: str, weights: str, *, allow_download: bool) -> AsyncGenerator[PullProgress]:
        """Yield the steps of a pull; the last is `success`. The last who closes stops it.

        Raises:
            OrsttError: as `obtain`, while iterating.
        """
        key = (format_name, weights, allow_download)
        pull = self._under_way.get(key)
        if pull is None:
            pull = self._under_way[key] = _Pull(*key[:2], self._cache_dir, self._threads, allow_download=allow_download)
            pull.work.add_done_callback(partial(self._forget, key, pull))
        pull.waiting += 1
        try:
            async for step in pull.steps():
                yield step
        finally:
            pull.waiting -= 1
            if not pull.waiting and not pull.work.done():
                pull.stop()
                self._forget(key, pull)
                await asyncio.wait({pull.work}, timeout=HEARTBEAT_SECONDS)

    def _forget(self, key: tuple[str, str, bool], pull: _Pull, _: object = None) -> None:
        if self._under_way.get(key) is pull:  # and not one that was begun after it was stopped
            del self._under_way[key]
