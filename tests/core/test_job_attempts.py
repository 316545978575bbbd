"""What a worker writes of its job: nothing by whoever lost it, nothing twice, and no lease anew without need."""

from collections.abc import Awaitable, Callable
from typing import Any

import pytest
from stored_jobs import LEASE, a_transcript, added, claimed, queue_in, segments

from orstt_core.db.job_records import Claim
from orstt_core.db.jobs import JobStore
from orstt_core.errors import AudioUnreadable
from orstt_core.types import Peaks, SpeechSpan, problem

UNREADABLE = problem(AudioUnreadable("It is not a recording."))

WRITES: dict[str, Callable[[JobStore, Claim], Awaitable[bool]]] = {
    "record": lambda store, claim: store.attempts.record(claim, segments("x"), first=1, position=9.0),
    "record_peaks": lambda store, claim: store.attempts.record_peaks(claim, Peaks(peaks=[1, 2])),
    "restart": lambda store, claim: store.attempts.restart(claim),
    "finish": lambda store, claim: store.attempts.finish(claim, a_transcript("x")),
    "fail": lambda store, claim: store.attempts.fail(claim, UNREADABLE),
    "cancelled": lambda store, claim: store.attempts.cancelled(claim),
    "release": lambda store, claim: queue_in(store).release(claim),
}


@pytest.mark.parametrize("write", WRITES.values(), ids=WRITES)
async def test_whoever_lost_a_job_changes_nothing(
    store: JobStore, write: Callable[[JobStore, Claim], Awaitable[bool]]
) -> None:
    name = await added(store)
    lost = (await claimed(store, "one", lease=0)).claim
    assert await store.attempts.record(lost, segments("a"), first=0, position=2.0)
    held = (await claimed(store, "two")).claim
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
    claim = (await claimed(store)).claim
    assert await store.attempts.finish(claim, a_transcript("the", "text"))
    before = await store.reads.get(name)
    assert not await write(store, claim)
    assert await store.reads.get(name) == before


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
    await claimed(store, "one", lease=LEASE)
    monkeypatch.setattr(store.database, "transaction", counted)
    for _ in range(3):
        assert (await queue_in(store).heartbeat("one")).held == {claim.job: 1}
    assert writes == 0
    assert (await queue_in(store, lease=2 * LEASE).heartbeat("one")).held == {claim.job: 1}
    assert writes == 1


async def test_why_a_job_was_put_off_is_told_until_it_is_begun_again(store: JobStore) -> None:
    name = await added(store)
    claim = (await claimed(store)).claim
    assert not await store.attempts.put_off(claim, reason="It runs.", no_room=1)
    assert await queue_in(store).release(claim)
    for _ in range(2):
        assert await store.attempts.put_off(claim, reason="There is no room.", no_room=1)
    assert (await store.reads.get(name)).put_off == "There is no room."
    again = await claimed(store)
    assert (again.no_room, (await store.reads.get(name)).put_off) == (1, "")
    assert not await store.attempts.put_off(claim, reason="It is another's.", no_room=2)


async def test_recording_twice_adds_nothing_twice(store: JobStore) -> None:
    name = await added(store)
    claim = (await claimed(store)).claim
    for _ in range(2):
        assert await store.attempts.record(claim, segments("a", "b"), first=0, position=4.0, duration=8.0)
    for _ in range(2):
        assert await store.attempts.record(claim, segments("b", "c", first=1), first=1, position=6.0)
    job = await store.reads.get(name)
    assert (job.segments, job.text, job.position, job.duration) == (segments("a", "b", "c"), "a b c", 6.0, 8.0)
    assert await store.attempts.record(claim, [], first=3, position=7.5)
    assert (await store.reads.get(name)).position == 7.5


async def test_what_was_measured_last_stays_with_the_job(store: JobStore) -> None:
    name = await added(store)
    claim = (await claimed(store)).claim
    assert await store.peaks.get(name) == Peaks()
    for peaks in (Peaks(peaks=[1, 255]), Peaks(peaks=[0, 3], speech=[SpeechSpan(0.5, 1.25)])):
        assert await store.attempts.record_peaks(claim, peaks)
        assert await store.peaks.get(name[:6]) == peaks
    assert await store.attempts.finish(claim, a_transcript("x"), Peaks(peaks=[7]))
    assert await store.peaks.get(name) == Peaks(peaks=[7])


async def test_a_failed_job_says_why_and_keeps_what_was_transcribed(store: JobStore) -> None:
    name = await added(store)
    claim = (await claimed(store)).claim
    await store.attempts.record(claim, segments("a", "b"), first=0, position=4.0)
    assert await store.attempts.fail(claim, UNREADABLE)
    job = await store.reads.get(name)
    assert (job.state, job.error, job.text, job.segments) == ("failed", UNREADABLE, "a b", segments("a", "b"))
    assert job.finished_at is not None
