"""What every Backend promises about many jobs: lists, repeated keys, a full queue, purging; on every database."""

# ruff: noqa: F811 - pytest hands fixtures over by the names of arguments

from __future__ import annotations

import asyncio
from contextlib import AsyncExitStack, aclosing
from datetime import timedelta, timezone
from pathlib import Path

import pytest
from counted_ends import (  # noqa: F401 - fixtures among them
    SECONDS,
    _behaviour,
    asking,
    behaviour,
    ended,
    ends,
    held,
    recording,
)
from counting import count_of, write_count
from ends import Ends
from msgspec.structs import replace

from orstt_core.backend import Backend
from orstt_core.errors import (
    Busy,
    FileProblem,
    JobNotFound,
    KeyReused,
    ModelNotFound,
    OptionUnsupported,
    OrsttError,
)
from orstt_core.types import (
    ENDED,
    Accepted,
    JobChanged,
    JobQuery,
    JobSort,
    TranscribeOptions,
    TranscribeRequest,
)

pytestmark = pytest.mark.asyncio(loop_scope="module")


async def test_jobs_are_listed_newest_first_and_found_by_state_and_text(
    ends: Ends, recording: TranscribeRequest
) -> None:
    made = [
        await ended(ends.backend, await ends.backend.submit_job(asking(recording, **asked)))
        for asked in (
            {"filename": "Größe.wav", "model": "counting"},
            {"filename": "100%.wav", "model": "raising", "purpose": "benchmark"},
            {"filename": "last.wav", "model": "counting"},
        )
    ]
    page = await ends.other.jobs(JobQuery())
    assert [job.id for job in page.jobs] == [job.id for job in reversed(made)]
    assert all(job.segments == [] and job.result is None for job in page.jobs)
    assert page.next == ""

    async def found(query: JobQuery) -> list[str]:
        return [job.filename for job in (await ends.other.jobs(query)).jobs]

    assert await found(JobQuery(states=["failed"])) == ["100%.wav"]
    assert await found(JobQuery(states=["done", "failed"])) == ["last.wav", "100%.wav", "Größe.wav"]
    assert await found(JobQuery(text="GRÖSSE")) == await found(JobQuery(text="größe")) == ["Größe.wav"]
    assert await found(JobQuery(text="%")) == ["100%.wav"]
    assert await found(JobQuery(text=count_of(SECONDS))) == ["last.wav", "Größe.wav"]
    first = await ends.other.jobs(JobQuery(limit=2))
    assert first.next
    assert (first.total, (await ends.other.jobs(JobQuery(limit=2, before=first.next))).total) == (3, 3)
    assert await found(JobQuery(limit=2, before=first.next)) == ["Größe.wav"]

    # What measures a model says so, in the list and by itself, and is found or left out by that.
    assert {job.filename for job in page.jobs if job.purpose == "benchmark"} == {"100%.wav"}
    assert (await ends.other.job(made[1].id)).purpose == "benchmark"
    assert await found(JobQuery(purpose="benchmark")) == ["100%.wav"]
    assert await found(JobQuery(purpose="transcript")) == ["last.wav", "Größe.wav"]

    # Of a model, of a time, in another order; and what there is in all, however much of it is on the page.
    assert await found(JobQuery(models=["raising", "nope"])) == ["100%.wav"]
    times = [job.created_at for job in made]
    assert await found(JobQuery(since=times[1])) == ["last.wav", "100%.wav"]
    assert await found(JobQuery(until=times[1])) == ["Größe.wav"]
    assert await found(JobQuery(since=times[1].astimezone(timezone(timedelta(hours=9))), until=times[2])) == [
        "100%.wav"
    ]
    seconds = sum(job.duration or 0.0 for job in made)
    for query in (JobQuery(), JobQuery(limit=1), JobQuery(limit=1, before=first.next)):
        page = await ends.other.jobs(query)
        assert page.by_state == {"done": 2, "failed": 1}
        assert page.seconds == pytest.approx(seconds)
    orders: dict[JobSort, list[str]] = {
        "age": ["last.wav", "100%.wav", "Größe.wav"],
        "file": ["100%.wav", "Größe.wav", "last.wav"],
        "model": ["Größe.wav", "last.wav", "100%.wav"],
        "state": ["100%.wav", "last.wav", "Größe.wav"],
    }
    for sort, names in orders.items():
        for reverse in (False, True):
            query = JobQuery(sort=sort, reverse=reverse)
            assert await found(query) == (names[::-1] if reverse else names)
            last = (await ends.other.jobs(replace(query, limit=1))).next
            assert await found(replace(query, before=last)) == (names[::-1] if reverse else names)[1:]
    lengths = [
        -1 if job.duration is None else job.duration for job in (await ends.other.jobs(JobQuery(sort="length"))).jobs
    ]
    assert lengths == sorted(lengths, reverse=True)

    again = await ended(ends.backend, await ends.other.retry_job(made[1].id))
    assert (again.attempt, again.purpose) == (2, "benchmark")


async def test_the_same_key_is_the_same_job(ends: Ends, recording: TranscribeRequest, tmp_path: Path) -> None:
    keyed = asking(recording, idempotency_key="visit-4711")
    first, second = await asyncio.gather(ends.backend.submit_job(keyed), ends.other.submit_job(keyed))
    assert first.id == second.id
    await ended(ends.backend, first)
    assert (await ends.backend.submit_job(keyed)).id == first.id
    for other in (
        asking(keyed, options=TranscribeOptions(language="de")),
        asking(keyed, audio=write_count(tmp_path / "other.wav", 1)),
    ):
        with pytest.raises(KeyReused):
            await ends.backend.submit_job(other)
    assert len((await ends.backend.jobs(JobQuery())).jobs) == 1


async def test_a_request_that_is_wrong_makes_no_job(backend: Backend, recording: TranscribeRequest) -> None:
    wrong: list[tuple[TranscribeRequest, type[OrsttError]]] = [
        (asking(recording, model="nope"), ModelNotFound),
        (asking(recording, model=""), ModelNotFound),
        (asking(recording, model=999), ModelNotFound),
        (asking(recording, audio=Path("/no/such/file.wav")), FileProblem),
        (asking(recording, audio=Path("/")), FileProblem),
    ]
    for request, kind in wrong:
        with pytest.raises(kind):
            await backend.submit_job(request)
    assert (await backend.jobs(JobQuery())).jobs == []


async def test_an_option_that_the_engine_refuses_ends_the_job_and_not_the_backend(
    backend: Backend, recording: TranscribeRequest
) -> None:
    timed = asking(recording, options=TranscribeOptions(word_timestamps=True))
    failed = await ended(backend, await backend.submit_job(timed))
    assert failed.error
    assert isinstance(failed.error.error, OptionUnsupported)
    done = await ended(backend, await backend.submit_job(recording))
    assert done.state == "done"


@pytest.mark.slow
async def test_a_full_queue_takes_no_more_from_the_impatient(
    backend: Backend, recording: TranscribeRequest, behaviour: Path
) -> None:
    impatient = asking(recording, patient=False)
    jobs = [await held(backend, recording, behaviour)]
    while not (readiness := await backend.readiness()).queue_full or readiness.running < 2:
        if not readiness.queue_full:
            jobs.append(await backend.submit_job(impatient))
        await asyncio.sleep(0.02)  # one that is just being taken is neither waiting nor running
    with pytest.raises(Busy) as told:
        await backend.submit_job(impatient)
    assert told.value.retry_after > 0
    assert readiness.reason
    assert readiness.ready
    assert readiness.queued + readiness.running == len(jobs)
    assert [job.ahead for job in (await backend.jobs(JobQuery(states=["queued"]))).jobs] == sorted(
        range(readiness.queued), reverse=True
    )
    async with AsyncExitStack() as stack:
        while (readiness := await backend.readiness()).ready or readiness.running < 4:
            if readiness.ready:
                events = await stack.enter_async_context(aclosing(backend.transcribe(impatient)))
                assert isinstance(await anext(events), Accepted)  # somebody waits for it
            await asyncio.sleep(0.02)
        assert readiness.interactive_full
        with pytest.raises(Busy):
            await anext(backend.transcribe(impatient))
    (behaviour / "hang-at").unlink()
    await backend.cancel_job(jobs[0].id)
    for job in jobs[1:]:
        assert (await ended(backend, job)).state == "done"
    assert not (await backend.readiness()).queue_full


async def test_purging_removes_what_ended_and_nothing_else(
    backend: Backend, recording: TranscribeRequest, behaviour: Path
) -> None:
    done = await ended(backend, await backend.submit_job(recording))
    running = await held(backend, recording, behaviour)
    assert (await backend.purge_jobs(older_than_days=1)).jobs == 0
    assert (await backend.purge_jobs()).jobs == 1
    assert [job.id for job in (await backend.jobs(JobQuery())).jobs] == [running.id]
    with pytest.raises(JobNotFound):
        await backend.job(done.id)
    assert isinstance(recording.audio, Path)
    assert recording.audio.exists()
    await backend.cancel_job(running.id)


async def test_a_job_that_changes_is_told_to_whoever_follows(ends: Ends, recording: TranscribeRequest) -> None:
    states: list[str] = []

    async def listen() -> None:
        async with aclosing(ends.other.events()) as events:
            async for event in events:
                if isinstance(event, JobChanged):
                    assert event.job.result is None
                    states.append(event.job.state)
                    if event.job.state in ENDED:
                        return

    async with asyncio.timeout(30):
        listening = asyncio.create_task(listen())
        while not listening.done():  # until the one who listens is known to, and then on
            await ended(ends.backend, await ends.backend.submit_job(recording))
        await listening
    assert states[-1] == "done"
