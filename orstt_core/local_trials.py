"""LocalTrials: the part of LocalBackend that forwards what is asked of benchmarks and experiments."""

from __future__ import annotations

from orstt_core.benchmarks.service import Benchmarks
from orstt_core.conversion import check, check_kind
from orstt_core.experiments.service import Experiments
from orstt_core.protocols.benchmarks import BenchmarkOperations
from orstt_core.protocols.experiments import ExperimentOperations
from orstt_core.types import (
    Benchmark,
    BenchmarkDraft,
    BenchmarkLimit,
    BenchmarkResult,
    Experiment,
    ExperimentDraft,
    Judgement,
    PairToJudge,
)


class LocalTrials(BenchmarkOperations, ExperimentOperations):
    """See the methods of `Backend`; both rooms are those of `Services`."""

    _benchmarks: Benchmarks
    _experiments: Experiments

    async def benchmarks(self, limit: int = 100) -> list[Benchmark]:
        return await self._benchmarks.list(check(limit, BenchmarkLimit, "limit"))

    async def benchmark(self, ref: str) -> Benchmark:
        return await self._benchmarks.get(ref)

    async def create_benchmark(self, draft: BenchmarkDraft) -> Benchmark:
        check_kind(draft, BenchmarkDraft, "draft")
        return await self._benchmarks.create(draft)

    async def add_benchmark_result(self, ref: str, result: BenchmarkResult) -> BenchmarkResult:
        check_kind(result, BenchmarkResult, "result")
        return await self._benchmarks.add_result(ref, result)

    async def delete_benchmark(self, ref: str) -> Benchmark:
        return await self._benchmarks.delete(ref)

    async def experiments(self) -> list[Experiment]:
        return await self._experiments.list()

    async def experiment(self, name: str) -> Experiment:
        return await self._experiments.get(name)

    async def create_experiment(self, draft: ExperimentDraft) -> Experiment:
        check_kind(draft, ExperimentDraft, "draft")
        return await self._experiments.create(draft)

    async def pause_experiment(self, name: str) -> Experiment:
        return await self._experiments.pause(name)

    async def resume_experiment(self, name: str) -> Experiment:
        return await self._experiments.resume(name)

    async def stop_experiment(self, name: str) -> Experiment:
        return await self._experiments.stop(name)

    async def promote_experiment(self, name: str) -> Experiment:
        return await self._experiments.promote(name)

    async def delete_experiment(self, name: str) -> Experiment:
        return await self._experiments.delete(name)

    async def pair_to_judge(self, name: str) -> PairToJudge:
        return await self._experiments.pair_to_judge(name)

    async def judge_pair(self, name: str, judgement: Judgement) -> PairToJudge:
        check_kind(judgement, Judgement, "judgement")
        return await self._experiments.judge(name, judgement)
