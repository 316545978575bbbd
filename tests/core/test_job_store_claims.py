"""Handing out jobs: each to one worker at a time, again when that one died, and no write by whoever lost it."""

import asyncio
from collections.abc import Awaitable, Callable
from typing import Any

import msgspec
import pytest
from stored_jobs import BASE, LEASE, a_new_job, a_transcript, added, nobody, nothing_for, open_store, segments, taken

from orstt_core.db.job_records import MOST_DEATHS, Claim
from orstt_core.db.jobs import JobStore
from orstt_core.errors import AudioUnreadable
from orstt_core.jobs.queue import JobQueue
from orstt_core.types import problem

UNREADABLE = problem(AudioUnreadable("It is not a recording."))

WRITES: dict[str, Callable[[JobStore, Claim], Awaitable[bool]]] = {
    "record": lambda store, claim: store.progress.record(claim, segments("x"), first=1, position=9.0),
    "restart": lambda store, claim: store.progress.restart(claim),
    "finish": lambda store, claim: store.progress.finish(claim, a_transcript("x")),
    "fail": lambda store, claim: store.progress.fail(claim, UNREADABLE),
    "cancelled": lambda store, claim: store.progress.cancelled(claim),
    "give_back": lambda store, claim: store.queue.give_back(claim),
}


async def test_the_oldest_is_handed_out_first_and_once(store: JobStore) -> None:
    queue: JobQueue = store.queue
    names = [await added(store) for _ in range(3)]
    tasks = [await queue.take("one", lease=LEASE, is_dead=nobody) for _ in range(4)]
    assert [task and task.claim for task in tasks] == [*(Claim(job=name, attempt=1) for name in names), None]
    job = await store.reads.get(names[0])
    assert (job.state, job.attempt) == ("running", 1)
    assert job.started_at is not None


async def test_a_hundred_jobs_go_out_once_each_however_many_take_at_once(jobs_url: str) -> None:
    async def drain(store: JobStore, worker: str) -> list[str]:
        names = []
        while task := await store.queue.take(worker, lease=LEASE, is_dead=nobody):
            names.append(task.claim.job)
        return names

    async with open_store(jobs_url) as one, open_store(jobs_url) as other:
        async with one.database.transaction():
            names = [await added(one) for _ in range(100)]
        drains = (drain(store, f"{number}") for number, store in enumerate([one, other] * 3))
        shares = await asyncio.gather(*drains)
        assert sorted(name for share in shares for name in share) == sorted(names)
        assert sum(bool(share) for share in shares) > 1, "one took all: this proves nothing"
        assert await one.reads.counts() == (0, 100)


@pytest.mark.parametrize("write", WRITES.values(), ids=WRITES)
async def test_whoever_lost_a_job_changes_nothing(
    store: JobStore, write: Callable[[JobStore, Claim], Awaitable[bool]]
) -> None:
    name = await added(store)
    lost = (await taken(store, "one", lease=0)).claim
    assert await store.progress.record(lost, segments("a"), first=0, position=2.0)
    held = (await taken(store, "two")).claim
    assert (lost.attempt, held.attempt) == (1, 2)
    before = await store.reads.get(name)
    assert not await write(store, lost)
    assert await store.reads.get(name) == before
    assert await write(store, held)


@pytest.mark.parametrize("write", WRITES.values(), ids=WRITES)
async def test_nothing_is_written_to_an_ended_job(
    store: JobStore, write: Callable[[JobStore, Claim], Awaitable[bool]]
) -> None:
    name = await added(store)
    claim = (await taken(store)).claim
    assert await store.progress.finish(claim, a_transcript("the", "text"))
    before = await store.reads.get(name)
    assert not await write(store, claim)
    assert await store.reads.get(name) == before


async def test_a_job_goes_out_again_when_its_lease_is_over_with_what_was_transcribed(store: JobStore) -> None:
    await added(store)
    claim = (await taken(store, "one", lease=0)).claim
    await store.progress.record(claim, segments("a", "b"), first=0, position=4.0)
    task = await taken(store, "two")
    assert task.claim == Claim(job=claim.job, attempt=2)
    assert task.segments == segments("a", "b")
    assert await nothing_for(store, "three")


async def test_a_renewed_lease_keeps_a_job(store: JobStore) -> None:
    claim = Claim(job=await added(store), attempt=1)
    await added(store, worker="one")
    assert (await taken(store, "one", lease=0)).claim == claim
    standing = await store.queue.renew("one", lease=LEASE)
    assert (standing.held, standing.cancel) == ({claim.job: 1}, frozenset())
    assert await nothing_for(store, "two")
    assert (await store.queue.renew("two", lease=LEASE)).held == {}


async def test_a_worker_that_slept_does_not_take_its_own_job_again(store: JobStore) -> None:
    claim = Claim(job=await added(store), attempt=1)
    await taken(store, "one", lease=0)
    assert await nothing_for(store, "one")
    assert (await store.queue.renew("one", lease=LEASE)).held == {claim.job: 1}


async def test_a_dead_workers_job_need_not_be_waited_for(store: JobStore) -> None:
    await added(store)
    await added(store, worker="dead")
    claim = (await taken(store, "dead", only=())).claim
    await taken(store, "alive")
    asked: list[str] = []

    def is_dead(worker: str) -> bool:
        asked.append(worker)
        return worker == "dead"

    task = await store.queue.take("two", lease=LEASE, is_dead=is_dead)
    assert task is not None
    assert task.claim == Claim(job=claim.job, attempt=2)
    assert sorted(asked) == ["alive", "dead"]
    assert await store.queue.take("two", lease=LEASE, is_dead=is_dead) is None


async def test_a_reserved_job_is_its_workers_until_that_one_is_gone(store: JobStore) -> None:
    free = await added(store)
    mine = await added(store, worker="me")
    assert (await taken(store, "other")).claim.job == free
    assert await nothing_for(store, "other")
    assert (await taken(store, "me", only=())).claim.job == mine
    orphan = await added(store, worker="gone")
    task = await store.queue.take("other", lease=LEASE, is_dead=lambda worker: worker == "gone")
    assert task is not None
    assert task.claim.job == orphan


async def test_a_reservation_ends_unless_it_is_renewed(store: JobStore) -> None:
    job, _ = await store.submissions.add(a_new_job(worker="me"), lease=0, limit=None)
    other, _ = await store.submissions.add(a_new_job(worker="me too"), lease=0, limit=None)
    await store.queue.renew("me too", lease=LEASE)
    assert (await taken(store, "other")).claim.job == job.id
    assert await nothing_for(store, "other")
    assert (await taken(store, "me too")).claim.job == other.id


async def test_a_lease_is_written_anew_only_when_a_third_of_it_is_over(
    store: JobStore, monkeypatch: pytest.MonkeyPatch
) -> None:
    writes = 0
    begin = store.database.transaction

    def counted() -> Any:
        nonlocal writes
        writes += 1
        return begin()

    claim = Claim(job=await added(store), attempt=1)
    await taken(store, "one", lease=LEASE)
    monkeypatch.setattr(store.database, "transaction", counted)
    for _ in range(3):
        assert (await store.queue.renew("one", lease=LEASE)).held == {claim.job: 1}
    assert writes == 0
    assert (await store.queue.renew("one", lease=2 * LEASE)).held == {claim.job: 1}
    assert writes == 1


async def test_a_job_of_another_model_goes_before_those_of_a_busy_one(store: JobStore) -> None:
    first = await added(store)
    other = await added(store, model=msgspec.structs.replace(BASE, name="tiny"))
    task = await store.queue.take("me", lease=LEASE, busy=["base"], is_dead=nobody)
    assert task is not None
    assert task.claim.job == other
    assert await store.queue.take("me", lease=LEASE, busy=["base"], is_dead=nobody) is None
    assert (await taken(store, "me")).claim.job == first


async def test_whoever_waits_for_a_job_may_take_it_once_nobody_else_has_it(store: JobStore) -> None:
    await added(store)
    name = await added(store, worker="other")
    assert await nothing_for(store, "me", only={name})
    claim = (await taken(store, "other", only=())).claim
    assert await nothing_for(store, "me", only={name})
    await store.queue.give_back(claim)
    assert (await taken(store, "me", only={name})).claim == Claim(job=name, attempt=2)
    assert await nothing_for(store, "me", only={name})


async def test_whoever_wants_only_its_own_gets_nobody_elses(store: JobStore) -> None:
    await added(store)
    await added(store)
    await taken(store, "other", lease=0)
    assert await nothing_for(store, "me", only=())


async def test_a_job_over_which_three_workers_died_fails_and_the_next_goes_out(store: JobStore) -> None:
    name, other = await added(store), await added(store)
    for death in range(MOST_DEATHS):
        task = await taken(store, f"worker {death}", lease=0)
        assert task.claim == Claim(job=name, attempt=death + 1)
    assert (await taken(store, "careful")).claim.job == other
    job = await store.reads.get(name)
    assert (job.state, job.attempt) == ("failed", MOST_DEATHS)
    assert job.error is not None
    assert job.error.type == "orstt:engine_died"
    assert "3 processes died" in job.error.detail
    assert f"orstt jobs retry {name}" in job.error.hint
    assert not await store.progress.finish(task.claim, a_transcript("too late"))


async def test_a_cancelled_job_of_a_dead_worker_is_not_begun_again(store: JobStore) -> None:
    name = await added(store)
    await taken(store, "one", lease=0)
    await store.submissions.request_cancel(name)
    assert await nothing_for(store, "two")
    assert (await store.reads.get(name)).state == "cancelled"


async def test_giving_back_is_no_death_and_keeps_what_was_transcribed(store: JobStore) -> None:
    name = await added(store)
    for attempt in range(1, MOST_DEATHS + 3):
        task = await taken(store)
        assert task.claim.attempt == attempt
        assert await store.progress.record(task.claim, segments("a"), first=0, position=2.0)
        assert await store.queue.give_back(task.claim)
    job = await store.reads.get(name)
    assert (job.state, job.segments, job.position) == ("queued", segments("a"), 2.0)


async def test_what_is_given_back_for_later_is_handed_out_then_and_no_sooner(store: JobStore) -> None:
    name = await added(store)
    assert await store.queue.give_back((await taken(store)).claim, later=0.5)
    assert await nothing_for(store, "one")
    assert await nothing_for(store, "two")
    await asyncio.sleep(0.6)
    assert (await taken(store, "two")).claim == Claim(job=name, attempt=2)


async def test_giving_back_what_is_to_be_cancelled_ends_it(store: JobStore) -> None:
    name = await added(store)
    claim = (await taken(store)).claim
    await store.submissions.request_cancel(name)
    assert await store.queue.give_back(claim)
    assert (await store.reads.get(name)).state == "cancelled"


async def test_recording_twice_adds_nothing_twice(store: JobStore) -> None:
    name = await added(store)
    claim = (await taken(store)).claim
    for _ in range(2):
        assert await store.progress.record(claim, segments("a", "b"), first=0, position=4.0, duration=8.0)
    for _ in range(2):
        assert await store.progress.record(claim, segments("b", "c", first=1), first=1, position=6.0)
    job = await store.reads.get(name)
    assert (job.segments, job.text, job.position, job.duration) == (segments("a", "b", "c"), "a b c", 6.0, 8.0)
    assert await store.progress.record(claim, [], first=3, position=7.5)
    assert (await store.reads.get(name)).position == 7.5


async def test_a_failed_job_says_why_and_keeps_what_was_transcribed(store: JobStore) -> None:
    name = await added(store)
    claim = (await taken(store)).claim
    await store.progress.record(claim, segments("a", "b"), first=0, position=4.0)
    assert await store.progress.fail(claim, UNREADABLE)
    job = await store.reads.get(name)
    assert (job.state, job.error, job.text, job.segments) == ("failed", UNREADABLE, "a b", segments("a", "b"))
    assert job.finished_at is not None
