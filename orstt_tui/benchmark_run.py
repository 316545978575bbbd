"""BenchmarkRun: a benchmark under way, as the command and the Measure screen follow it."""

from __future__ import annotations

import time
from collections.abc import Callable, Sequence
from contextlib import aclosing
from typing import TYPE_CHECKING

from orstt_core.types import (
    Accepted,
    Benchmark,
    BenchmarkDraft,
    BenchmarkResult,
    Started,
    TranscribeEvent,
    TranscribeRequest,
)
from orstt_tui.event_stream import transcribe_when_admitted
from orstt_tui.event_text import short_stage
from orstt_tui.formatting import clock

if TYPE_CHECKING:
    from orstt_core.backend import Backend
    from orstt_core.benchmarks.reference_set import Reference

ENOUGH = 3
"""Transcriptions after which the time that is left can be told, roughly: models differ."""


class BenchmarkRun:
    """Has models transcribe a set, and says how far that is.

    Args:
        backend: does the work and keeps the results.
        changed: called with `words` whenever they change.

    Attributes:
        words: how far it is, such as `5 of 24  about 1:40 left  base  call.wav  3 % wrong`.
        job: id of the transcription that is under way; empty: there was none yet.
    """

    def __init__(self, backend: Backend, changed: Callable[[str], None]) -> None:
        self._backend, self._changed = backend, changed
        self._benchmark: Benchmark | None = None
        self._done = self._whole = 0
        self._left = ""
        self.words = self.job = ""

    async def begin(self, references: Sequence[Reference], draft: BenchmarkDraft, resume: str = "") -> Benchmark:
        """See `orstt_core.benchmarks.run.begin`."""
        from orstt_core.benchmarks.run import begin

        self._benchmark = await begin(self._backend, references, draft, resume)
        self._whole = len(references) * len(self._benchmark.models)
        self._done = sum(not result.failed for result in self._benchmark.results)
        self._say()
        return self._benchmark

    async def finish(self, references: Sequence[Reference], terms: Sequence[str] = ()) -> Benchmark:
        """Do what is left of it, and return it with its results.

        Raises:
            OrsttError: what ends the whole run; what there is by then is kept.
        """
        from orstt_core.benchmarks.run import run

        assert self._benchmark is not None, "it has begun"
        before, began = self._done, time.monotonic()
        async with aclosing(run(self._backend, self._benchmark, references, terms, self._transcribe)) as results:
            async for result in results:
                self._done += 1
                pace = (time.monotonic() - began) / (self._done - before)
                if self._done - before >= ENOUGH:
                    self._left = f"about {clock(pace * (self._whole - self._done))} left"
                self._say(_said(result))
        return await self._backend.benchmark(self._benchmark.id)

    async def _transcribe(self, request: TranscribeRequest, keep: Callable[[TranscribeEvent], None]) -> None:
        def show(event: TranscribeEvent) -> None:
            if isinstance(event, Accepted):
                self.job = event.job
                self._say(short_stage(event))
            elif isinstance(event, Started):
                self._say(str(request.model), request.filename)
            keep(event)

        await transcribe_when_admitted(self._backend, request, show)

    def _say(self, *more: str) -> None:
        self.words = "  ".join([f"{self._done} of {self._whole}", *filter(None, (self._left, *more))])
        self._changed(self.words)


def _said(result: BenchmarkResult) -> str:
    rate = f"{100 * result.errors.rate:.0f} % wrong" if result.errors else result.failed
    return f"{result.model}  {result.recording}  {rate}"
