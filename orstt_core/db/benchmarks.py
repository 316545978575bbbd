"""BenchmarkStore: benchmarks and their results. The only module that reads and writes these rows."""

from __future__ import annotations

import asyncio
import builtins
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import msgspec

from orstt_core.db.job_rows import sanitized
from orstt_core.errors import BenchmarkNotFound
from orstt_core.references import benchmark_ref
from orstt_core.types import Benchmark, BenchmarkDraft, BenchmarkResult

if TYPE_CHECKING:
    from orstt_core.db.database import Database
    from orstt_core.db.tables import BenchmarkResultRow, BenchmarkRow


class BenchmarkStore:
    """The benchmarks of one database.

    Args:
        database: must be open while a method runs. Every method raises `DatabaseUnavailable` when it is not,
            or is lost.
    """

    def __init__(self, database: Database) -> None:
        self._database = database

    async def list(self, limit: int) -> builtins.list[Benchmark]:
        """Return the latest benchmarks, newest first, without their results."""
        from piccolo.query.functions import Count

        table, result = self._benchmarks, self._results
        rows = await table.select().order_by(table.created_at, ascending=False).limit(limit)
        ids = [row["id"] for row in rows]
        counted = (
            await result.select(result.benchmark, Count()).where(result.benchmark.is_in(ids)).group_by(result.benchmark)
            if ids
            else []
        )
        done = {row["benchmark"]: row["count"] for row in counted}
        return [_benchmark(row, done=done.get(row["id"], 0)) for row in rows]

    async def get(self, ref: str) -> Benchmark:
        """Return a benchmark with its results.

        Raises:
            BenchmarkNotFound: none, or more than one, has an id that begins so.
        """
        row, result = await self._row(ref), self._results
        rows = await result.select(result.result).where(result.benchmark == row["id"]).order_by(result.number)
        results = [msgspec.json.decode(each["result"], type=BenchmarkResult) for each in rows]
        return _benchmark(row, done=len(results), results=results)

    async def latest_results(self, limit: int) -> builtins.list[tuple[str, BenchmarkResult]]:
        """Return so many results of all benchmarks, the latest first, each with the machine that it was made on."""
        table, stored = self._benchmarks, self._results
        machines = {row["id"]: row["machine"] for row in await table.select(table.id, table.machine)}
        rows = (
            await stored.select(stored.benchmark, stored.result).order_by(stored.number, ascending=False).limit(limit)
        )
        # In a thread: each has up to hundreds of words, and others wait for this one meanwhile.
        decoder = msgspec.json.Decoder(BenchmarkResult)
        decoded = await asyncio.to_thread(lambda: [decoder.decode(row["result"]) for row in rows])
        return [(machines.get(row["benchmark"], ""), result) for row, result in zip(rows, decoded, strict=True)]

    async def add(self, new: str, draft: BenchmarkDraft, created_by: str, machine: str) -> Benchmark:
        """Store a benchmark that begins now, under a new id, and return it."""
        table = self._benchmarks
        await table.insert(
            table(
                id=new,
                created_at=await self._database.now(),
                created_by=sanitized(created_by),
                machine=sanitized(machine),
                draft=sanitized(msgspec.json.encode(draft).decode()),
            )
        )
        return await self.get(new)

    async def add_result(self, ref: str, result: BenchmarkResult) -> None:
        """Store a result, in place of one of the same model and recording.

        Raises:
            BenchmarkNotFound: none, or more than one, has an id that begins so.
        """
        table = self._results
        async with self._database.transaction():
            row = await self._row(ref)
            same = (table.benchmark == row["id"]) & (table.model == result.model) & (table.digest == result.digest)
            await table.delete().where(same)
            text = sanitized(msgspec.json.encode(result).decode())
            await table.insert(table(benchmark=row["id"], model=result.model, digest=result.digest, result=text))

    async def delete(self, ref: str) -> Benchmark:
        """Remove a benchmark and return it as it was.

        Raises:
            BenchmarkNotFound: none, or more than one, has an id that begins so.
        """
        table = self._benchmarks
        async with self._database.transaction():
            benchmark = await self.get(ref)
            await table.delete().where(table.id == benchmark.id)
            return benchmark

    async def _row(self, ref: str) -> dict[str, Any]:
        table, ref = self._benchmarks, benchmark_ref(ref)
        rows: builtins.list[dict[str, Any]] = await table.select().where(table.id.like(f"{ref}%")).limit(2)
        if len(rows) != 1:
            which = (
                f"More than one benchmark has an id that begins with {ref!r}" if rows else f"No benchmark is {ref!r}"
            )
            raise BenchmarkNotFound(f"{which}.", hint="See `orstt bench list`.")
        return rows[0]

    @property
    def _benchmarks(self) -> type[BenchmarkRow]:
        from orstt_core.db.tables import BenchmarkRow

        return self._database.table(BenchmarkRow)

    @property
    def _results(self) -> type[BenchmarkResultRow]:
        from orstt_core.db.tables import BenchmarkResultRow

        return self._database.table(BenchmarkResultRow)


def _benchmark(row: Mapping[str, Any], *, done: int, results: Sequence[BenchmarkResult] = ()) -> Benchmark:
    draft = msgspec.json.decode(row["draft"], type=BenchmarkDraft)
    return Benchmark(
        id=row["id"],
        name=draft.name,
        set=draft.set,
        models=list(draft.models),
        recordings=draft.recordings,
        options=draft.options,
        created_at=row["created_at"],
        created_by=row["created_by"],
        machine=row["machine"],
        done=done,
        results=list(results),
    )
