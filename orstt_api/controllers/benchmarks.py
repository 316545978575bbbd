"""Benchmarks as a REST resource: whoever runs one stores its results here, and others read them."""

from __future__ import annotations

import asyncio
from dataclasses import dataclass
from typing import Annotated, Literal

from litestar import Controller, Response, delete, get, post
from litestar.openapi.spec import OpenAPIMediaType, OpenAPIResponse, OpenAPIType, Operation, Schema
from litestar.params import FromPath, JSONBody, QueryParameter

from orstt_api.controllers.injection import InjectedBackend
from orstt_api.openapi import problems
from orstt_api.scopes import MANAGE
from orstt_api.wire import BENCHMARKS
from orstt_core.errors import BenchmarkNotFound, JobCancelled, JobNotFound, ModelNotFound, TooLarge
from orstt_core.types import Benchmark, BenchmarkDraft, BenchmarkedJob, BenchmarkReport, BenchmarkResult
from orstt_core.units import MIB

Limit = Annotated[int, QueryParameter(description="How many at most: the latest.", ge=1, le=1000)]
ReportForm = Literal["json", "md", "html"]
Form = Annotated[ReportForm, QueryParameter(description="`md` is a text with tables, `html` one page for a browser.")]
MEDIA_TYPES: dict[ReportForm, str] = {"md": "text/markdown", "html": "text/html"}


@dataclass
class Told(Operation):
    """Documents an address that answers with a report in any of its forms."""

    def __post_init__(self) -> None:
        """Describe the answers that are no JSON."""
        answer = (self.responses or {})["200"]
        assert isinstance(answer, OpenAPIResponse)
        assert answer.content is not None
        answer.content |= {
            kind: OpenAPIMediaType(schema=Schema(type=OpenAPIType.STRING)) for kind in MEDIA_TYPES.values()
        }


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

    @get(
        "/{benchmark:str}/report",
        operation_id="getBenchmarkReport",
        operation_class=Told,
        responses=problems(BenchmarkNotFound),
    )
    async def report(
        self,
        backend: InjectedBackend,
        benchmark: FromPath[str],
        format: Form = "json",  # noqa: A002 - whoever asks writes it so
    ) -> Response[BenchmarkReport]:
        """Say what one comes to: scores with intervals, how models differ, in words which of them is better."""
        from orstt_core.benchmarks.report import markdown, page, report

        told = await asyncio.to_thread(report, await backend.benchmark(benchmark))
        if format == "json":
            return Response(told)
        text = (markdown if format == "md" else page)(told)
        return Response(text, media_type=MEDIA_TYPES[format])  # type: ignore[arg-type]  # described by `Told`

    @post("/", operation_id="createBenchmark", responses=problems(ModelNotFound, TooLarge))
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

    @post(
        "/{benchmark:str}/jobs",
        operation_id="addBenchmarkedJob",
        request_max_body_size=8 * MIB,  # the longest reference, in any script
        responses=problems(BenchmarkNotFound, JobNotFound, JobCancelled, TooLarge),
    )
    async def add_job(
        self, backend: InjectedBackend, benchmark: FromPath[str], data: JSONBody[BenchmarkedJob]
    ) -> BenchmarkResult:
        """Wait for a job, and make what its model heard a result: its errors against what was said; return it."""
        from orstt_core.benchmarks.run import judge_job

        return await judge_job(backend, benchmark, data)

    @delete("/{benchmark:str}", operation_id="deleteBenchmark", status_code=200, responses=problems(BenchmarkNotFound))
    async def delete(self, backend: InjectedBackend, benchmark: FromPath[str]) -> Benchmark:
        """Remove one with its results, and return it as it was."""
        return await backend.delete_benchmark(benchmark)
