"""Jobs in the database: submitting, looking and searching, on SQLite and on PostgreSQL."""

import asyncio
import os
from typing import Any

import msgspec
import pytest
from stored_jobs import BASE, a_new_job, a_transcript, added, an_upload, claimed, open_store, segments

from orstt_core.db.job_records import QueueLimit
from orstt_core.db.jobs import JobStore
from orstt_core.errors import Busy, JobNotFound, KeyReused
from orstt_core.types import EXCERPT, Job, JobQuery, SampleFormat, TranscribeOptions


async def listed(store: JobStore, **query: Any) -> list[Job]:
    return (await store.reads.list(JobQuery(**query))).jobs


async def test_a_submitted_job_is_there_as_it_was_submitted(store: JobStore) -> None:
    options = TranscribeOptions(language="de", initial_prompt='Dr. "Ä" \0 {} %s', word_timestamps=True)
    new = a_new_job(filename="Visite 1.wav", options=options, submitted_by="key lab")
    job, created = await store.submissions.add(new, limit=None)
    assert created
    assert (job.state, job.attempt, job.position, job.text, job.segments) == ("queued", 0, 0.0, "", [])
    assert (job.id, job.filename, job.model, job.options, job.submitted_by) == (
        new.id,
        "Visite 1.wav",
        "base",
        options,
        "key lab",
    )
    assert job.created_at.tzinfo is not None
    assert await store.reads.get(new.id) == job


async def test_a_worker_gets_all_that_was_submitted(store: JobStore) -> None:
    recording = an_upload(
        location=os.fsdecode(b"/spool/b\xffytes\n{}"),
        sample_format=SampleFormat(rate=44_100, channels=2, sample_type="float32"),
    )
    model = msgspec.structs.replace(BASE, name="lab's own", compute_type="float32")
    given = {"recording": recording, "model": model, "keep_alive": -1.0, "model_ref": "lab's own"}
    name = await added(store, worker="one", **given)
    task = await claimed(store)
    assert (task.claim.job, task.priority) == (name, "interactive")
    assert (task.recording, task.model, task.keep_alive, task.waited) == (recording, model, -1.0, True)
    assert (task.filename, task.options, task.segments) == ("visit.wav", TranscribeOptions(language="en"), [])
    assert await store.reads.model_ref_of(name) == "lab's own"


async def test_a_file_name_that_is_no_text_does_not_keep_a_job_out(store: JobStore) -> None:
    name = await added(store, filename=os.fsdecode(b"caf\xe9\0.wav"))
    assert (await store.reads.get(name)).filename == "caf?\N{REPLACEMENT CHARACTER}.wav"


async def test_the_same_key_is_the_same_job(store: JobStore) -> None:
    first, created = await store.submissions.add(a_new_job(idempotency_key="k", fingerprint="f"), limit=QueueLimit(1))
    again, created_again = await store.submissions.add(
        a_new_job(idempotency_key="k", fingerprint="f"), limit=QueueLimit(1)
    )
    assert (created, created_again) == (True, False)
    assert again == first
    with pytest.raises(KeyReused, match="was used before"):
        await added(store, idempotency_key="k", fingerprint="another recording")
    assert await added(store) != await added(store), "no key is not a key"


async def test_a_key_makes_one_job_however_many_submit_it_at_once(database_url: str) -> None:
    async with open_store(database_url) as one, open_store(database_url) as other:
        answers = await asyncio.gather(
            *(
                store.submissions.add(a_new_job(idempotency_key="k", fingerprint="f"), limit=None)
                for store in [one, other] * 8
            )
        )
        assert len({job.id for job, _ in answers}) == 1
        assert [created for _, created in answers].count(True) == 1
        assert await one.reads.counts() == (1, 0)


@pytest.mark.postgres
async def test_a_key_whose_job_is_being_removed_makes_a_new_job(postgres_url: str) -> None:
    async with open_store(postgres_url) as store, open_store(postgres_url) as other:
        name = await added(store, idempotency_key="k", fingerprint="f")
        await store.submissions.request_cancel(name)
        async with other.database.transaction():
            await other.retention.delete(name)
            again = a_new_job(idempotency_key="k", fingerprint="f")
            adding = asyncio.create_task(store.submissions.add(again, limit=None))
            await asyncio.wait({adding}, timeout=0.5)  # it has to wait for the end of this transaction
        job, created = await adding
        assert (job.id, created) == (again.id, True)
        assert await store.reads.get(job.id)


async def test_a_full_queue_takes_no_more_and_says_so(store: JobStore) -> None:
    for _ in range(2):
        await store.submissions.add(a_new_job(), limit=QueueLimit(2))
    with pytest.raises(Busy, match=r"The queue is full: 2 recordings wait, as many as may.*max_queued"):
        await store.submissions.add(a_new_job(), limit=QueueLimit(2))
    await store.submissions.add(
        waited := a_new_job(priority="interactive"), limit=QueueLimit(1)
    )  # they are counted apart
    await store.submissions.request_cancel(waited.id)
    await claimed(store)
    await store.submissions.add(a_new_job(), limit=QueueLimit(2))
    await store.submissions.add(a_new_job(), limit=None)
    assert await store.reads.counts() == (3, 1)


async def test_the_limit_is_exact_however_many_submit_at_once(database_url: str) -> None:
    async def try_to_add(store: JobStore) -> bool:
        try:
            return (await store.submissions.add(a_new_job(), limit=QueueLimit(3)))[1]
        except Busy:
            return False

    async with open_store(database_url) as one, open_store(database_url) as other:
        won = await asyncio.gather(*(try_to_add(store) for store in [one, other] * 8))
        assert won.count(True) == 3
        assert await one.reads.counts() == (3, 0)


async def test_the_beginning_of_an_id_is_enough_where_only_one_begins_so(store: JobStore) -> None:
    for name in ("abcd1111", "abcd2222", "beef0000", "beef"):
        await added(store, id=name)
    assert (await store.reads.get("abcd1")).id == "abcd1111"
    assert (await store.reads.get("beef")).id == "beef"
    assert (await store.reads.get("beef0")).id == "beef0000"
    with pytest.raises(JobNotFound, match="Several jobs have an id that begins with 'abcd'"):
        await store.reads.get("abcd")
    for ref in ("", "abc", "bee", "dead", "abcd%", "____", "abcd1111x", "\0", "ä" * 4, "\ud800abcd"):
        with pytest.raises(JobNotFound):
            await store.reads.get(ref)


async def test_the_newest_come_first_page_by_page(store: JobStore) -> None:
    names = [await added(store) for _ in range(5)]
    newest_first = names[::-1]
    first = await store.reads.list(JobQuery(limit=2))
    second = await store.reads.list(JobQuery(limit=2, before=first.next))
    last = await store.reads.list(JobQuery(limit=2, before=second.next))
    assert [[job.id for job in page.jobs] for page in (first, second, last)] == [
        newest_first[:2],
        newest_first[2:4],
        newest_first[4:],
    ]
    assert last.next == ""
    assert (await store.reads.list(JobQuery(limit=5))).next == ""
    with pytest.raises(JobNotFound):
        await store.reads.list(JobQuery(before="nobody"))


async def test_each_queued_job_knows_how_many_go_before_it(store: JobStore) -> None:
    names = [await added(store) for _ in range(4)]
    await claimed(store)
    assert [await store.reads.ahead(name) for name in names] == [None, 0, 1, 2]
    assert [job.ahead for job in await listed(store)] == [2, 1, 0, 0]
    assert [job.ahead for job in await listed(store, limit=1)] == [2]
    assert (await store.reads.get(names[3])).ahead == 2
    assert await store.reads.ahead("nobody") is None
    urgent = await added(store, priority="interactive")
    assert [await store.reads.ahead(name) for name in (urgent, *names[1:])] == [0, 1, 2, 3]
    assert [job.ahead for job in await listed(store)] == [0, 3, 2, 1, 0]


async def test_jobs_are_found_by_state(store: JobStore) -> None:
    done, running, queued = [await added(store) for _ in range(3)]
    assert await store.attempts.finish((await claimed(store)).claim, a_transcript("yes"))
    await claimed(store)
    assert [job.id for job in await listed(store, states=["queued"])] == [queued]
    assert [job.id for job in await listed(store, states=["running", "done"])] == [running, done]
    assert await listed(store, states=["failed"]) == []


@pytest.mark.parametrize("words", ["100 % sure", "snake_case", "back\\slash", "GRÖSSE über ΣΊΣΥΦΟΣ", 'it\'s "so" {}'])
async def test_jobs_are_found_by_what_is_said_whatever_the_case(store: JobStore, words: str) -> None:
    said, _, named = [await added(store), await added(store), await added(store, filename=f"{words}.wav")]
    assert await store.attempts.finish((await claimed(store)).claim, a_transcript("First", words, "and last."))
    for text in (words, words.upper(), words.lower(), words[2:]):
        assert [job.id for job in await listed(store, text=text)] == [named, said]
    assert await listed(store, text=words + "x") == []


async def test_no_character_of_a_search_stands_for_others(store: JobStore) -> None:
    await added(store)
    for text in ("%", "_", "\\", "%%", "v_sit", "v%t", "\0"):
        assert await listed(store, text=text) == [], text


async def test_what_is_said_so_far_is_found_while_a_job_runs(store: JobStore) -> None:
    name = await added(store)
    task = await claimed(store)
    await store.attempts.record(task.claim, segments("Lost", "property"), first=0, position=4.0)
    await store.attempts.record(task.claim, segments("Office", first=2), first=2, position=6.0)
    assert [job.id for job in await listed(store, text="property office")] == [name]
    await store.attempts.restart(task.claim)
    assert await listed(store, text="property") == []


async def test_a_list_carries_no_more_than_the_beginning_of_a_text(store: JobStore) -> None:
    name = await added(store)
    transcript = a_transcript("ä" * EXCERPT, "and more")
    assert await store.attempts.finish((await claimed(store)).claim, transcript)
    [job] = await listed(store)
    assert (job.text, job.segments, job.result) == ("ä" * EXCERPT, [], None)
    whole = await store.reads.get(name)
    assert (whole.text, whole.segments, whole.result) == (transcript.text, transcript.segments, transcript)
    assert (whole.position, whole.duration) == (4.0, 4.0)


async def test_a_follower_gets_each_segment_once_and_the_result_at_the_end(store: JobStore) -> None:
    name = await added(store)
    claim = (await claimed(store)).claim
    await store.attempts.record(claim, segments("a", "b"), first=0, position=4.0, duration=6.0)
    told = await store.reads.since(name, 0)
    assert (told.job.state, told.job.position, told.job.duration, told.restarts) == ("running", 4.0, 6.0, 0)
    assert told.segments == segments("a", "b")
    assert (await store.reads.since(name, 2)).segments == []
    assert (await store.reads.since(name, 1 << 40)).job == told.job
    await store.attempts.record(claim, segments("c", first=2), first=2, position=6.0)
    assert (await store.reads.since(name, 2)).segments == segments("c", first=2)
    await store.attempts.finish(claim, a_transcript("a", "b", "c", "d"))
    told = await store.reads.since(name, 3)
    assert (told.job.state, told.job.result) == ("done", a_transcript("a", "b", "c", "d"))
    assert told.segments == segments("d", first=3)


async def test_a_follower_learns_that_segments_were_dropped(store: JobStore) -> None:
    name = await added(store)
    claim = (await claimed(store)).claim
    await store.attempts.record(claim, segments("a", "b", "c"), first=0, position=6.0)
    await store.attempts.restart(claim)
    await store.attempts.record(claim, segments("d", "e", "f"), first=0, position=6.0)
    assert (await store.reads.since(name, 3)).restarts == 1
    assert (await store.reads.since(name, 0)).segments == segments("d", "e", "f")
    with pytest.raises(JobNotFound):
        await store.reads.since("nobody", 0)
