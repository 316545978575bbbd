"""A benchmark's run: every model transcribes every recording of a set, by the one road that all work takes.

Each result is stored as soon as it is there, so that a run that was ended goes on where it stopped. Models take turns
recording by recording only where all of them are in memory; otherwise each is loaded once and does its whole share.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, Awaitable, Callable, Sequence

from msgspec.structs import replace

from orstt_core.backend import Backend
from orstt_core.benchmarks.reference_set import Reference, reference_of
from orstt_core.benchmarks.results import Heard, failure, judged
from orstt_core.errors import (
    Busy,
    DatabaseUnavailable,
    EngineFailed,
    Forbidden,
    InvalidRequest,
    JobCancelled,
    ModelNotFound,
    OrsttError,
    RateLimited,
    ServerUnreachable,
    StorageFull,
    Unauthorized,
)
from orstt_core.measurements.ended_jobs import kept_options
from orstt_core.types import (
    AUTO,
    Benchmark,
    BenchmarkDraft,
    BenchmarkedJob,
    BenchmarkResult,
    Done,
    TranscribeEvent,
    TranscribeOptions,
    TranscribeRequest,
    Transcript,
)

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


async def installed_models(backend: Backend) -> list[str]:
    """Return the names of the models whose files are here, without those that send sound elsewhere."""
    stored = await backend.weights()
    absent = {name for each in stored if not each.is_here and each.kind != "unknown" for name in each.models}
    return [model.name for model in await backend.models() if model.name not in absent and not model.sends_sound]


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
        return failure(model, reference, error.message)
    return await _judged(backend, model, reference, transcript, terms)


async def judge_job(backend: Backend, ref: str, wanted: BenchmarkedJob) -> BenchmarkResult:
    """Wait for a job, and make what its model heard, not what people corrected, a result of a benchmark; return it.

    For whoever sends the recordings one by one, such as a program that speaks HTTP alone; `run` does all of it.

    Args:
        backend: has the job and the benchmark.
        ref: id of the benchmark, or the beginning of it.
        wanted: the job, and what was said.

    Raises:
        BenchmarkNotFound, JobNotFound: there is no such one.
        InvalidRequest: the benchmark measures neither the job's model nor, where it was chosen, `auto`.
        OrsttError: as by `run`.
    """
    benchmark, job = await backend.benchmark(ref), await backend.job(wanted.job)
    chosen = job.choice is not None and job.choice.asked == AUTO
    model = AUTO if chosen and AUTO in benchmark.models else job.model
    if model not in benchmark.models:
        raise InvalidRequest(
            f"The job is one of {job.model}, which that benchmark does not measure.",
            hint=f"It measures {', '.join(benchmark.models)}.",
            field="job",
        )
    reference = reference_of(job, wanted.reference)
    try:
        await backend.wait(job.id)
        transcript = (await backend.job_transcript(job.id, 0)).transcript
        result = await _judged(backend, model, reference, transcript, wanted.terms)
    except ENDS_THE_RUN:
        raise
    except OrsttError as error:
        result = failure(model, reference, error.message)
    return await backend.add_benchmark_result(benchmark.id, result)


async def _judged(
    backend: Backend, model: str, reference: Reference, transcript: Transcript, terms: Sequence[str]
) -> BenchmarkResult:
    heard = Heard(
        text=transcript.text,
        language=transcript.language,
        audio_seconds=transcript.duration,
        sound=transcript.sound,
        seconds=transcript.seconds + (transcript.choice.seconds_before if transcript.choice else 0.0),
        peak_memory=transcript.peak_memory,
        used=transcript.model,
    )
    result = await asyncio.to_thread(judged, model, reference, heard, terms)
    try:
        used = await backend.model(transcript.model.name)
    except ModelNotFound:  # it was removed, or has another name by now
        return result
    return replace(result, weights=used.model, settings=kept_options(used))


async def _transcript(
    transcribe: Transcribe, model: str, reference: Reference, options: TranscribeOptions
) -> Transcript:
    if reference.language and options.language is None:
        options = replace(options, language=reference.language)
    request = TranscribeRequest(
        audio=reference.audio, model=model, options=options, filename=reference.name, purpose="benchmark"
    )
    found: list[Transcript] = []

    def keep(event: TranscribeEvent) -> None:
        if isinstance(event, Done):
            found.append(event.transcript)

    await transcribe(request, keep)
    if not found:
        raise EngineFailed("The transcription ended without a transcript.")
    return found[0]
