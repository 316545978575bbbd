"""Benchmarks are kept with what was found: the same near and far, and on both databases."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from orstt_core.backend import Backend
from orstt_core.errors import BenchmarkNotFound, InvalidRequest, ModelNotFound
from orstt_core.types import BenchmarkDraft, BenchmarkResult, ErrorRate, TranscribeOptions, WrongWord

pytestmark = pytest.mark.asyncio(loop_scope="module")

RESULT = BenchmarkResult(
    model="base",
    recording="call.wav",
    digest="a" * 64,
    language="en",
    audio_seconds=7.5,
    seconds=0.5,
    peak_memory=5_000_000_000,
    errors=ErrorRate(unit="words", total=20, substitutions=1, deletions=0, insertions=1, rate=0.1),
    wrong=(WrongWord(expected="metformin", heard="met foreman", count=1),),
    terms=2,
    missed=1,
)


async def test_a_benchmark_is_kept_with_its_results_until_it_is_removed(backend: Backend) -> None:
    draft = BenchmarkDraft(
        name="ward 3",
        set="calls",
        models=("base", "tiny"),
        recordings=2,
        options=TranscribeOptions(language="en", beam_size=2),
    )
    begun = await backend.create_benchmark(draft)
    assert (begun.name, begun.set, begun.models, begun.recordings, begun.done) == (
        "ward 3",
        "calls",
        ["base", "tiny"],
        2,
        0,
    )
    assert (begun.options.beam_size, bool(begun.machine), bool(begun.created_by)) == (2, True, True)
    assert (
        await backend.add_benchmark_result(begun.id[:6], replace(RESULT, failed="no memory", errors=None)) is not None
    )
    await backend.add_benchmark_result(begun.id, RESULT)  # the same recording again
    other = replace(RESULT, model="tiny")
    await backend.add_benchmark_result(begun.id, other)
    found = await backend.benchmark(begun.id[:6])
    assert (found.results, found.done) == ([RESULT, other], 2)
    [listed] = await backend.benchmarks()
    assert (listed.id, listed.done, listed.results) == (begun.id, 2, [])
    assert (await backend.delete_benchmark(begun.id)).results == found.results
    assert await backend.benchmarks() == []
    told = [(entry.action, entry.subject) for entry in await backend.audit()]
    assert told[:2] == [("benchmark.deleted", begun.id), ("benchmark.created", begun.id)]


async def test_what_is_no_benchmark_is_refused_by_name(backend: Backend) -> None:
    for ref in ("abcdef", "ab", "%", "a/b", ""):
        with pytest.raises(BenchmarkNotFound):
            await backend.benchmark(ref)
    with pytest.raises(BenchmarkNotFound):
        await backend.add_benchmark_result("abcdef", RESULT)
    with pytest.raises(ModelNotFound, match="nobody"):
        await backend.create_benchmark(BenchmarkDraft(set="calls", models=("base", "nobody"), recordings=1))
    with pytest.raises(InvalidRequest) as caught:
        BenchmarkResult(model="base", recording="a", digest="no")
    assert caught.value.field == "digest"
    with pytest.raises(InvalidRequest):
        await backend.benchmarks(0)
