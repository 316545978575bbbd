"""Benchmarks: the part of `RemoteBackend` that asks for them."""

from __future__ import annotations

from orstt_api.remote.base import RemotePart
from orstt_api.wire import BENCHMARKS
from orstt_core.conversion import check, check_kind
from orstt_core.protocols.benchmarks import BenchmarkOperations
from orstt_core.references import benchmark_ref
from orstt_core.types import (
    Benchmark,
    BenchmarkDraft,
    BenchmarkLimit,
    BenchmarkResult,
)


class RemoteBenchmarks(RemotePart, BenchmarkOperations):
    """See the methods of `Backend`."""

    async def benchmarks(self, limit: int = 100) -> list[Benchmark]:
        query = {"limit": check(limit, BenchmarkLimit, "limit")}
        return await self._server.request("GET", BENCHMARKS, list[Benchmark], params=query)

    async def benchmark(self, ref: str) -> Benchmark:
        return await self._server.request("GET", _benchmark_path(ref), Benchmark)

    async def create_benchmark(self, draft: BenchmarkDraft) -> Benchmark:
        check_kind(draft, BenchmarkDraft, "draft")
        return await self._server.request("POST", BENCHMARKS, Benchmark, json=draft)

    async def add_benchmark_result(self, ref: str, result: BenchmarkResult) -> BenchmarkResult:
        check_kind(result, BenchmarkResult, "result")
        return await self._server.request("POST", f"{_benchmark_path(ref)}/results", BenchmarkResult, json=result)

    async def delete_benchmark(self, ref: str) -> Benchmark:
        return await self._server.request("DELETE", _benchmark_path(ref), Benchmark)


def _benchmark_path(ref: str) -> str:
    return f"{BENCHMARKS}/{benchmark_ref(ref)}"
