"""Benchmarks: those that were begun and what was found, as people ask for them."""

from __future__ import annotations

import builtins
import secrets
from collections.abc import Awaitable, Callable

from orstt_core.caller import current_actor
from orstt_core.db.audit import AuditLog
from orstt_core.db.benchmarks import BenchmarkStore
from orstt_core.db.database import Database
from orstt_core.measurements.machine import machine_in_words
from orstt_core.types import AUTO, Benchmark, BenchmarkDraft, BenchmarkResult, Model


class Benchmarks:
    """The benchmarks of one database, which must be open while a method runs.

    Args:
        database: where they are.
        audit: told who began and removed them.
        model: returns the configured model of a name.
    """

    def __init__(self, database: Database, audit: AuditLog, model: Callable[[str], Awaitable[Model]]) -> None:
        self._database, self._audit, self._model = database, audit, model
        self._store = BenchmarkStore(database)

    async def list(self, limit: int) -> builtins.list[Benchmark]:
        """See `Backend.benchmarks`."""
        return await self._store.list(limit)

    async def get(self, ref: str) -> Benchmark:
        """See `Backend.benchmark`."""
        return await self._store.get(ref)

    async def create(self, draft: BenchmarkDraft) -> Benchmark:
        """See `Backend.create_benchmark`."""
        for name in draft.models:
            if name != AUTO:
                await self._model(name)
        async with self._database.transaction():
            made = await self._store.add(secrets.token_hex(8), draft, current_actor(), machine_in_words())
            await self._audit.add(current_actor(), "benchmark.created", made.id, ", ".join(made.models))
        return made

    async def add_result(self, ref: str, result: BenchmarkResult) -> BenchmarkResult:
        """See `Backend.add_benchmark_result`."""
        await self._store.add_result(ref, result)
        return result

    async def delete(self, ref: str) -> Benchmark:
        """See `Backend.delete_benchmark`."""
        async with self._database.transaction():
            benchmark = await self._store.delete(ref)
            await self._audit.add(current_actor(), "benchmark.deleted", benchmark.id)
        return benchmark
