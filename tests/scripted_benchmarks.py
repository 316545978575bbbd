"""The benchmarks of the scripted backend, in memory."""

from __future__ import annotations

from datetime import UTC, datetime

from msgspec.structs import replace

from orstt_core.errors import BenchmarkNotFound
from orstt_core.types import Benchmark, BenchmarkDraft, BenchmarkResult

BEGUN = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)


class ScriptedBenchmarks:
    """The part of `ScriptedBackend` that has benchmarks."""

    def __init__(self) -> None:
        self.measured: dict[str, Benchmark] = {}

    async def benchmarks(self, limit: int = 100) -> list[Benchmark]:
        return [replace(each, results=[]) for each in reversed(self.measured.values())][:limit]

    async def benchmark(self, ref: str) -> Benchmark:
        found = [each for each in self.measured.values() if each.id.startswith(ref)]
        if len(found) != 1:
            raise BenchmarkNotFound(f"No benchmark is {ref!r}.", hint="See `orstt bench list`.")
        return found[0]

    async def create_benchmark(self, draft: BenchmarkDraft) -> Benchmark:
        made = Benchmark(
            id=f"{len(self.measured):016x}"[::-1],
            name=draft.name,
            set=draft.set,
            models=list(draft.models),
            recordings=draft.recordings,
            options=draft.options,
            created_at=BEGUN,
            created_by="user ana",
            machine="A CPU, 2 cores, 8 GB",
        )
        self.measured[made.id] = made
        return made

    async def add_benchmark_result(self, ref: str, result: BenchmarkResult) -> BenchmarkResult:
        benchmark = await self.benchmark(ref)
        same = (result.model, result.digest)
        results = [each for each in benchmark.results if (each.model, each.digest) != same]
        self.measured[benchmark.id] = replace(benchmark, results=[*results, result], done=len(results) + 1)
        return result

    async def delete_benchmark(self, ref: str) -> Benchmark:
        return self.measured.pop((await self.benchmark(ref)).id)
