"""What every JobQueue promises, whatever hands the jobs out: each to one worker at a time, and again when that died.

Another implementation passes these by joining `QUEUES`; the jobs' rows stay ours, and are what is looked at.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator, AsyncIterator, Callable
from contextlib import AsyncExitStack, aclosing
from typing import Any, Protocol

import msgspec
import pytest
from postgres import raw_sql
from stored_jobs import BASE, LEASE, a_transcript, added, next_job, nobody, open_store, queue_in, segments

from orstt_core.db.job_records import MOST_DEATHS, Claim, ClaimedJob, Queue
from orstt_core.db.job_rows import AGING_SECONDS
from orstt_core.db.jobs import JobStore
from orstt_core.errors import DatabaseUnavailable
from orstt_core.jobs.queue import JobQueue
from orstt_core.types import Peaks, SpeechSpan

TINY = msgspec.structs.replace(BASE, name="tiny")
OF_BASE, OF_TINY = Queue(model="base"), Queue(model="tiny")
URGENT = Queue(model="base", priority="interactive")


class MakeQueue(Protocol):
    """Makes a queue for the jobs of a store; a lease of 0 is over at once."""

    def __call__(
        self, store: JobStore, *, lease: float = LEASE, is_dead: Callable[[str], bool] = nobody
    ) -> JobQueue: ...


QUEUES: list[MakeQueue] = [queue_in]


@pytest.fixture(params=QUEUES)
def made(request: pytest.FixtureRequest) -> MakeQueue:
    """Makes queues of one implementation."""
    make: MakeQueue = request.param
    return make


@pytest.fixture
async def store(database_url: str) -> AsyncIterator[JobStore]:
    """The rows that the queue hands out."""
    async with open_store(database_url) as store:
        yield store


@pytest.fixture
def queue(made: MakeQueue, store: JobStore) -> JobQueue:
    return made(store)


async def claimed(queue: JobQueue, worker: str = "one") -> ClaimedJob:
    """Claim the next job, which must be there."""
    job = await next_job(queue, worker)
    assert job is not None
    return job


async def left_by(store: JobStore, made: MakeQueue, worker: str) -> Claim:
    """Let a worker claim the next job whose lease is over at once."""
    return (await claimed(made(store, lease=0), worker)).claim


async def test_the_oldest_is_handed_out_first_and_once(store: JobStore, queue: JobQueue) -> None:
    names = [await added(store) for _ in range(3)]
    jobs = [await next_job(queue) for _ in range(4)]
    assert [job and job.claim for job in jobs] == [*(Claim(job=name, attempt=1) for name in names), None]
    job = await store.reads.get(names[0])
    assert (job.state, job.attempt) == ("running", 1)
    assert job.started_at is not None


async def test_many_jobs_go_out_once_each_however_many_claim_at_once(made: MakeQueue, database_url: str) -> None:
    async def drain(queue: JobQueue, worker: str) -> list[str]:
        names = []
        while job := await next_job(queue, worker):
            names.append(job.claim.job)
        return names

    async with open_store(database_url) as one, open_store(database_url) as other:
        async with one.database.transaction():
            names = [await added(one) for _ in range(40)]
        drains = (drain(made(store), f"{number}") for number, store in enumerate([one, other] * 3))
        shares = await asyncio.gather(*drains)
        assert sorted(name for share in shares for name in share) == sorted(names)
        assert sum(bool(share) for share in shares) > 1, "one had all: this proves nothing"
        assert await one.reads.counts() == (0, 40)


async def test_only_jobs_of_the_queues_that_are_asked_are_handed_out(store: JobStore, queue: JobQueue) -> None:
    await added(store)
    other = await added(store, model=TINY)
    own = await added(store, worker="me")
    assert await queue.waiting("me") == {OF_BASE, OF_TINY, Queue(worker="me")}
    assert await queue.waiting("other") == {OF_BASE, OF_TINY}
    assert await queue.claim("me", []) is None
    for asked, name in ([OF_TINY], other), ([Queue(worker="me")], own):
        for expected in (name, None):  # and then it is empty
            job = await queue.claim("me", asked)
            assert (job and job.claim.job) == expected
    assert await queue.waiting("me") == {OF_BASE}


async def test_interactive_jobs_go_before_others_but_a_background_job_does_not_wait_for_ever(
    store: JobStore, queue: JobQueue, database_url: str
) -> None:
    old, young = await added(store), await added(store)
    urgent = [await added(store, priority="interactive") for _ in range(2)]
    assert (await claimed(queue)).claim.job == urgent[0]
    age = f"'-{AGING_SECONDS} seconds'"
    sqlite = database_url.startswith("sqlite")
    long_ago = f"datetime(created_at, {age})" if sqlite else f"created_at + INTERVAL {age}"
    await raw_sql(database_url, f"UPDATE transcription_job SET created_at = {long_ago} WHERE id = '{old}'")
    assert [(await claimed(queue)).claim.job for _ in range(3)] == [old, urgent[1], young]


async def test_a_job_in_a_workers_own_queue_is_its_own_until_it_is_gone(store: JobStore, made: MakeQueue) -> None:
    mine = await added(store, worker="me")
    orphan = await added(store, worker="gone")
    other = made(store, is_dead=lambda worker: worker == "gone")
    job = await claimed(other, "other")
    assert (job.claim.job, job.waited) == (orphan, False)
    assert await next_job(other, "other") is None
    job = await claimed(other, "me")
    assert (job.claim.job, job.waited) == (mine, True)


async def test_heartbeats_keep_a_workers_jobs_running_or_in_its_own_queue(store: JobStore, made: MakeQueue) -> None:
    running = Claim(job=await added(store), attempt=1)
    assert await left_by(store, made, "me") == running
    queue, kept = made(store), await added(store, worker="me")
    async with store.database.transaction():  # without a heartbeat it would be anybody's
        lost = await added(store)
        await made(store, lease=0).enqueue(lost, Queue(worker="forgetful"))
    status = await queue.heartbeat("me")
    assert (status.held, status.cancel) == ({running.job: 1}, frozenset())
    assert (await claimed(queue, "other")).claim.job == lost
    assert await next_job(queue, "other") is None
    assert (await claimed(queue, "me")).claim.job == kept
    assert (await queue.heartbeat("stranger")).held == {}


async def test_a_heartbeat_tells_what_is_to_be_cancelled(store: JobStore, queue: JobQueue) -> None:
    names = [await added(store) for _ in range(2)]
    for _ in names:
        await claimed(queue)
    await store.submissions.request_cancel(names[0])
    status = await queue.heartbeat("one")
    assert (status.held, status.cancel) == (dict.fromkeys(names, 1), frozenset({names[0]}))


async def test_a_job_goes_out_again_when_its_lease_is_over_with_what_was_transcribed(
    store: JobStore, made: MakeQueue
) -> None:
    await added(store)
    claim = await left_by(store, made, "one")
    await store.attempts.record(claim, segments("a", "b"), first=0, position=4.0)
    await store.attempts.record_peaks(claim, Peaks(peaks=[1], speech=[SpeechSpan(0.5, 1.25)]))
    job = await claimed(made(store), "two")
    assert job.claim == Claim(job=claim.job, attempt=2)
    assert (job.segments, job.speech) == (segments("a", "b"), [SpeechSpan(0.5, 1.25)])
    assert await next_job(made(store), "three") is None
    assert not await store.attempts.finish(claim, a_transcript("too late"))
    assert not await made(store).release(claim)


async def test_a_worker_that_slept_does_not_claim_its_own_job_again(store: JobStore, made: MakeQueue) -> None:
    await added(store)
    claim = await left_by(store, made, "one")
    assert await next_job(made(store), "one") is None
    assert (await made(store).heartbeat("one")).held == {claim.job: 1}


async def test_a_dead_workers_job_need_not_be_waited_for(store: JobStore, made: MakeQueue) -> None:
    names = [await added(store) for _ in range(2)]
    queue = made(store, is_dead=lambda worker: worker == "dead")
    await claimed(made(store), "dead")
    await claimed(made(store), "alive")
    assert (await claimed(queue, "two")).claim == Claim(job=names[0], attempt=2)
    assert await next_job(queue, "two") is None


async def test_a_job_over_which_three_workers_died_fails_and_the_next_goes_out(
    store: JobStore, made: MakeQueue
) -> None:
    name, other = await added(store), await added(store)
    for death in range(MOST_DEATHS):
        claim = await left_by(store, made, f"worker {death}")
        assert claim == Claim(job=name, attempt=death + 1)
    assert (await claimed(made(store), "careful")).claim.job == other
    job = await store.reads.get(name)
    assert (job.state, job.attempt) == ("failed", MOST_DEATHS)
    assert job.error is not None
    assert job.error.type == "orstt:engine_died"
    assert "3 processes died" in job.error.detail
    assert f"orstt jobs retry {name}" in job.error.hint
    assert not await store.attempts.finish(claim, a_transcript("too late"))


async def test_a_cancelled_job_of_a_dead_worker_is_not_begun_again(store: JobStore, made: MakeQueue) -> None:
    name = await added(store)
    await left_by(store, made, "one")
    await store.submissions.request_cancel(name)
    assert await next_job(made(store), "two") is None
    assert (await store.reads.get(name)).state == "cancelled"


async def test_releasing_is_no_death_and_keeps_what_was_transcribed(store: JobStore, queue: JobQueue) -> None:
    name = await added(store)
    for attempt in range(1, MOST_DEATHS + 3):
        claim = (await claimed(queue)).claim
        assert claim.attempt == attempt
        assert await store.attempts.record(claim, segments("a"), first=0, position=2.0)
        assert await queue.release(claim)
        assert not await queue.release(claim)
    job = await store.reads.get(name)
    assert (job.state, job.segments, job.position) == ("queued", segments("a"), 2.0)


async def test_what_is_released_for_later_is_handed_out_then_and_no_sooner(store: JobStore, queue: JobQueue) -> None:
    name = await added(store)
    assert await queue.release((await claimed(queue)).claim, later=3600)
    for worker in ("one", "two"):
        assert await next_job(queue, worker) is None
    other = await added(store)
    claim = (await claimed(queue)).claim
    assert claim.job == other
    assert await queue.release(claim, later=0.05)
    await asyncio.sleep(0.1)
    assert (await claimed(queue, "two")).claim == Claim(job=other, attempt=2)
    assert (await store.reads.get(name)).state == "queued"


async def test_releasing_what_is_to_be_cancelled_ends_it(store: JobStore, queue: JobQueue) -> None:
    name = await added(store)
    claim = (await claimed(queue)).claim
    await store.submissions.request_cancel(name)
    assert await queue.release(claim)
    assert (await store.reads.get(name)).state == "cancelled"


async def test_whoever_waits_for_a_job_gets_it_into_its_own_queue_once_nobody_has_it(
    store: JobStore, queue: JobQueue
) -> None:
    mine = Queue(worker="me")
    name = await added(store, worker="other")
    await queue.enqueue(name, mine)
    assert await queue.waiting("me") == set()
    claim = (await claimed(queue, "other")).claim
    await queue.enqueue(name, mine)
    assert await queue.waiting("me") == set()
    await queue.release(claim)
    assert await queue.waiting("me") == {URGENT}
    for _ in range(2):
        await queue.enqueue(name, mine)
    assert await queue.waiting("me") == {mine}
    assert await queue.waiting("other") == set()
    assert (await claimed(queue, "me")).claim == Claim(job=name, attempt=2)


async def heard(occasions: AsyncGenerator[None]) -> None:
    async with asyncio.timeout(20):
        await anext(occasions)


async def test_a_listener_hears_of_jobs_that_come_by_another_connection(
    store: JobStore, queue: JobQueue, database_url: str, made: MakeQueue
) -> None:
    async with open_store(database_url) as other, aclosing(queue.listen()) as occasions:
        await heard(occasions)
        await added(other)
        await heard(occasions)
        claim = (await claimed(made(other), "one")).claim
        await made(other).release(claim)
        await heard(occasions)
        assert await queue.waiting("two") == {OF_BASE}


@pytest.mark.postgres
async def test_a_listener_whose_connection_is_lost_makes_it_again(made: MakeQueue, postgres_url: str) -> None:
    lost = (
        "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE query LIKE 'LISTEN%' AND pid <> pg_backend_pid()"
    )
    async with AsyncExitStack() as stack:
        store, other = [await stack.enter_async_context(open_store(postgres_url)) for _ in range(2)]
        occasions = await stack.enter_async_context(aclosing(made(store).listen()))
        await heard(occasions)
        await raw_sql(postgres_url, lost)
        await heard(occasions)  # something may have been missed
        await added(other)
        await heard(occasions)


async def test_a_queue_without_its_database_says_so(made: MakeQueue, database_url: str) -> None:
    async with open_store(database_url) as store:
        queue, name = made(store), await added(store)
    claim = Claim(job=name, attempt=1)
    calls: list[Callable[[], Any]] = [
        lambda: queue.enqueue(name, OF_BASE),
        lambda: queue.waiting("one"),
        lambda: queue.claim("one", [OF_BASE]),
        lambda: queue.heartbeat("one"),
        lambda: queue.release(claim),
        lambda: anext(queue.listen()),
    ]
    for call in calls:
        with pytest.raises(DatabaseUnavailable):
            await call()
