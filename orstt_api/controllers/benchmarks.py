"""Benchmarks as a REST resource: whoever runs one stores its results here, and others read them."""

from __future__ import annotations

from typing import Annotated

from litestar import Controller, delete, get, post
from litestar.params import FromPath, JSONBody, QueryParameter

from orstt_api.controllers.injection import InjectedBackend
from orstt_api.openapi import problems
from orstt_api.scopes import MANAGE
from orstt_api.wire import BENCHMARKS
from orstt_core.errors import BenchmarkNotFound, TooLarge
from orstt_core.types import Benchmark, BenchmarkDraft, BenchmarkResult

Limit = Annotated[int, QueryParameter(description="How many at most: the latest.", ge=1, le=1000)]


class StoredBenchmarks(Controller):
    """They hold words of the recordings' texts, so that only those see them who may manage."""

    path = BENCHMARKS
    tags = ("Benchmarks",)
    opt = MANAGE

    @get("/", operation_id="listBenchmarks", responses=problems())
    async def list_benchmarks(self, backend: InjectedBackend, limit: Limit = 100) -> list[Benchmark]:
        """List the latest, newest first, without their results."""
        return await backend.benchmarks(limit)

    @get("/{benchmark:str}", operation_id="getBenchmark", responses=problems(BenchmarkNotFound))
    async def show(self, backend: InjectedBackend, benchmark: FromPath[str]) -> Benchmark:
        """Return one with its results, by its id or the beginning of it."""
        return await backend.benchmark(benchmark)

    @post("/", operation_id="createBenchmark", responses=problems(TooLarge))
    async def create(self, backend: InjectedBackend, data: JSONBody[BenchmarkDraft]) -> Benchmark:
        """Begin one, without results."""
        return await backend.create_benchmark(data)

    @post(
        "/{benchmark:str}/results",
        operation_id="addBenchmarkResult",
        responses=problems(BenchmarkNotFound, TooLarge),
    )
    async def add_result(
        self, backend: InjectedBackend, benchmark: FromPath[str], data: JSONBody[BenchmarkResult]
    ) -> BenchmarkResult:
        """Add what a model made of one recording, in place of what it made of the same one before; return it."""
        return await backend.add_benchmark_result(benchmark, data)

    @delete("/{benchmark:str}", operation_id="deleteBenchmark", status_code=200, responses=problems(BenchmarkNotFound))
    async def delete(self, backend: InjectedBackend, benchmark: FromPath[str]) -> Benchmark:
        """Remove one with its results, and return it as it was."""
        return await backend.delete_benchmark(benchmark)
