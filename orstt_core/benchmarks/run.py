"""A benchmark's run: every model transcribes every recording of a set, by the one road that all work takes.

Each result is stored as soon as it is there, so that a run that was ended goes on where it stopped. Models take turns
recording by recording only where all of them are in memory; otherwise each is loaded once and does its whole share.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence

from orstt_core.backend import Backend
from orstt_core.benchmarks.reference_set import Reference
from orstt_core.errors import (
    Busy,
    DatabaseUnavailable,
    EngineFailed,
    Forbidden,
    InvalidRequest,
    JobCancelled,
    OrsttError,
    RateLimited,
    ServerUnreachable,
    StorageFull,
    Unauthorized,
)
from orstt_core.measurements.scoring import Score, score
from orstt_core.terms import count_terms
from orstt_core.types import (
    Benchmark,
    BenchmarkDraft,
    BenchmarkResult,
    Done,
    StatsQuery,
    TranscribeEvent,
    TranscribeOptions,
    TranscribeRequest,
    Transcript,
    WrongWord,
)
from orstt_core.types.benchmarks import MOST_EDITS

ENDS_THE_RUN = (
    Busy, DatabaseUnavailable, Forbidden, JobCancelled, RateLimited, ServerUnreachable, StorageFull, Unauthorized
)  # fmt: skip
"""What is no fault of a model or a recording: kept as a result, it would be one of each that is left."""

Transcribe = Callable[[TranscribeRequest, Callable[[TranscribeEvent], None]], Awaitable[None]]
"""Does a transcription and hands over each of its events; who calls `run` decides how to wait for a busy backend."""


async def begin(
    backend: Backend, references: Sequence[Reference], draft: BenchmarkDraft, resume: str = ""
) -> Benchmark:
    """Return the benchmark to run: a new one, or with `resume` one that was begun.

    Raises:
        BenchmarkNotFound: there is none that is to go on.
        InvalidRequest: that one is of other recordings.
        ModelNotFound: a model is not configured.
    """
    for name in draft.models:
        await backend.model(name)
    if not resume:
        return await backend.create_benchmark(draft)
    benchmark = await backend.benchmark(resume)
    known = {reference.digest for reference in references}
    if any(result.digest not in known for result in benchmark.results):
        raise InvalidRequest(
            "That benchmark is of other recordings, or their texts were changed since.",
            hint="Give the set that it began with, or begin another one.",
            field="resume",
        )
    return benchmark


async def run(
    backend: Backend,
    benchmark: Benchmark,
    references: Sequence[Reference],
    terms: Sequence[str],
    transcribe: Transcribe,
) -> AsyncGenerator[BenchmarkResult]:
    """Yield what each model makes of each recording that has no result yet; each is stored before.

    Args:
        backend: keeps the results.
        benchmark: what `begin` returned.
        references: the set.
        terms: words to be counted by themselves.
        transcribe: does the work.

    Raises:
        OrsttError: what ends the whole run; what goes wrong with one recording is a result.
    """
    done = {(result.model, result.digest) for result in benchmark.results if not result.failed}
    for model in benchmark.models:
        for reference in references:
            if (model, reference.digest) not in done:
                result = await _measure(backend, transcribe, model, reference, benchmark.options, terms)
                await backend.add_benchmark_result(benchmark.id, result)
                yield result


async def _measure(
    backend: Backend,
    transcribe: Transcribe,
    model: str,
    reference: Reference,
    options: TranscribeOptions,
    terms: Sequence[str],
) -> BenchmarkResult:
    try:
        transcript = await _transcript(transcribe, model, reference, options)
    except ENDS_THE_RUN:
        raise
    except OrsttError as error:
        return BenchmarkResult(
            model=model,
            recording=reference.name,
            digest=reference.digest,
            language=reference.language,
            failed=error.message[:1000],
        )
    # Where the set does not say, the text is judged by the language that was heard.
    language = reference.language or transcript.language
    found = await asyncio.to_thread(_nearest, reference, transcript.text, language)
    text, scored = found or (reference.texts[0], None)
    said, heard = (count_terms(terms, each) for each in (text, transcript.text))
    stats = await backend.stats(StatsQuery(model=model, here=True))
    return BenchmarkResult(
        model=model,
        recording=reference.name,
        digest=reference.digest,
        language=language,
        used=transcript.model,
        audio_seconds=transcript.duration,
        seconds=transcript.seconds,
        peak_memory=stats[0].peak_memory if stats else None,
        errors=scored.errors if scored else None,
        wrong=_wrong(scored) if scored else (),
        terms=sum(said.values()),
        missed=sum(max(0, times - heard.get(term, 0)) for term, times in said.items()),
        failed="" if scored else "The reference has no words.",
    )


async def _transcript(
    transcribe: Transcribe, model: str, reference: Reference, options: TranscribeOptions
) -> Transcript:
    import msgspec

    if reference.language and options.language is None:
        options = msgspec.structs.replace(options, language=reference.language)
    request = TranscribeRequest(audio=reference.audio, model=model, options=options, filename=reference.name)
    found: list[Transcript] = []

    def keep(event: TranscribeEvent) -> None:
        if isinstance(event, Done):
            found.append(event.transcript)

    await transcribe(request, keep)
    if not found:
        raise EngineFailed("The transcription ended without a transcript.")
    return found[0]


def _nearest(reference: Reference, heard: str, language: str | None) -> tuple[str, Score] | None:
    """Return the text of a reference that what was heard is nearest to, and how near."""
    scored = ((text, score(text, heard, language)) for text in reference.texts)
    return min(((text, each) for text, each in scored if each), key=lambda pair: pair[1].errors.rate, default=None)


def _wrong(scored: Score) -> tuple[WrongWord, ...]:
    most = scored.wrong.most_common(MOST_EDITS)
    return tuple(WrongWord(expected=expected, heard=heard, count=count) for (expected, heard), count in most)
