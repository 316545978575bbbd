"""BenchmarkOperations: what is asked of benchmarks, which `orstt_core.benchmarks.run` runs."""

from __future__ import annotations

from typing import Protocol

from orstt_core.types import Benchmark, BenchmarkDraft, BenchmarkResult


class BenchmarkOperations(Protocol):
    """Models measured on recordings of which it is known what was said."""

    async def benchmarks(self, limit: int = 100) -> list[Benchmark]:
        """Return the latest benchmarks, newest first, without their results.

        Raises:
            InvalidRequest: a limit below 1, or above 1,000.
        """
        ...

    async def benchmark(self, ref: str) -> Benchmark:
        """Return a benchmark with its results.

        Args:
            ref: its id, or the beginning of it.

        Raises:
            BenchmarkNotFound: none, or more than one, has an id that begins so.
        """
        ...

    async def create_benchmark(self, draft: BenchmarkDraft) -> Benchmark:
        """Store a benchmark that begins now, without results; whoever runs it adds them.

        Raises:
            ModelNotFound: a model is not configured.
        """
        ...

    async def add_benchmark_result(self, ref: str, result: BenchmarkResult) -> BenchmarkResult:
        """Add what a model made of one recording, in place of what it made of the same one before; return it.

        Raises:
            BenchmarkNotFound: none, or more than one, has an id that begins so.
        """
        ...

    async def delete_benchmark(self, ref: str) -> Benchmark:
        """Remove a benchmark with its results, and return it as it was.

        Raises:
            BenchmarkNotFound: none, or more than one, has an id that begins so.
        """
        ...
