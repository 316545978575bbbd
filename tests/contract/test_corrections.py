"""People correct what was recognised: the same near and far, on both databases, and never the original."""

from __future__ import annotations

import asyncio

import msgspec
import pytest
import pytest_asyncio
from ends import Ends, SharedEnds
from stored_jobs import a_transcript, added, claimed

from orstt_core.backend import Backend
from orstt_core.db.jobs import JobStore
from orstt_core.errors import (
    Conflict,
    InvalidRequest,
    JobCancelled,
    JobNotFound,
    NotFound,
    TranscriptChanged,
)
from orstt_core.types import (
    Correction,
    Edit,
    Job,
    JobQuery,
    JobTranscript,
    MergeSegments,
    MoveBounds,
    Segment,
    SetText,
    SplitSegment,
)

pytestmark = pytest.mark.asyncio(loop_scope="module")


@pytest_asyncio.fixture(loop_scope="module")
async def done(ends: Ends, shared_ends: SharedEnds) -> Job:
    """A job that is done, without an engine having worked on it."""
    store = JobStore(shared_ends.core._database)
    async with store.database.transaction():  # the worker here sees it only when it is done
        job = await added(store)
        await store.attempts.finish((await claimed(store)).claim, a_transcript("one", "two", "three"))
    return await ends.backend.job(job)


async def corrected(backend: Backend, version: JobTranscript, *edits: Edit) -> JobTranscript:
    return await backend.correct_transcript(version.job, Correction(version=version.version, edits=list(edits)))


def said(segments: list[Segment]) -> list[str]:
    return [segment.text.strip() for segment in segments]


async def test_a_correction_is_what_everybody_reads_and_the_original_stays(ends: Ends, done: Job) -> None:
    backend = ends.backend
    original = await backend.job_transcript(done.id[:6])
    assert (original.job, original.version, original.latest, original.corrected) == (done.id, 0, 0, [])
    assert original.transcript == done.result
    first, second, third = said(done.segments)
    one = await corrected(backend, original, SetText(segment=1, text="Zweiundvierzig über"))
    assert (one.version, one.corrected, one.can_undo, one.can_redo) == (1, [1], True, False)
    two = await corrected(
        backend,
        one,
        SplitSegment(segment=1, character=15, time=3.0),
        MergeSegments(segment=2),
        MoveBounds(segment=0, end=1.5),
    )
    assert said(two.transcript.segments) == [first, "Zweiundvierzig", f"über {third}"]
    assert two.transcript.text == f"{first} Zweiundvierzig über {third}"
    job = await ends.other.job(done.id)
    assert (job.transcript_version, job.text, job.result, job.segments) == (
        2,
        two.transcript.text,
        two.transcript,
        two.transcript.segments,
    )
    assert await backend.wait(done.id) == two.transcript
    assert await corrected(backend, two, SetText(segment=0, text=f" {first} "), MoveBounds(segment=0, end=1.5)) == two
    assert await ends.other.job_transcript(done.id, 0) == msgspec.structs.replace(original, latest=2, can_undo=True)
    assert await backend.job_transcript(done.id, 1) == msgspec.structs.replace(one, latest=2)
    [listed] = (await backend.jobs(JobQuery(text="ZWEIUNDVIERZIG ÜBER"))).jobs
    assert (listed.id, listed.text, listed.transcript_version) == (done.id, two.transcript.text, 2)
    assert (await backend.jobs(JobQuery(text=second))).jobs == []
    history = await backend.transcript_history(done.id)
    assert [(each.version, each.kind, each.of, len(each.changes)) for each in history] == [
        (1, "edit", None, 1),
        (2, "edit", None, 3),
    ]
    assert said(history[0].changes[0].removed) == [second]
    assert said(history[0].changes[0].added) == ["Zweiundvierzig über"]
    told = [(entry.subject, entry.actor, entry.action, entry.detail) for entry in await backend.audit(2)]
    assert told == [
        (done.id, each.actor, "transcript.corrected", f"version {each.version}") for each in reversed(history)
    ]


async def test_corrections_are_undone_and_redone_by_whoever_comes(ends: Ends, done: Job) -> None:
    version = await ends.backend.job_transcript(done.id)
    states = [said(version.transcript.segments)]
    for text in ("a", "b"):
        version = await corrected(ends.backend, version, SetText(segment=0, text=text))
        states.append(said(version.transcript.segments))
    undone = await ends.other.undo_correction(done.id, 2)
    assert (undone.version, undone.can_undo, undone.can_redo) == (3, True, True)
    assert said(undone.transcript.segments) == states[1]
    undone = await ends.backend.undo_correction(done.id, 3)
    assert (said(undone.transcript.segments), undone.corrected, undone.can_undo) == (states[0], [], False)
    with pytest.raises(Conflict, match="no correction to undo"):
        await ends.backend.undo_correction(done.id, 4)
    for expected in states[1:]:
        redone = await ends.other.redo_correction(done.id, undone.version)
        assert said(redone.transcript.segments) == expected
        undone = redone
    assert [(step.kind, step.of) for step in await ends.backend.transcript_history(done.id)] == [
        ("edit", None),
        ("edit", None),
        ("undo", 2),
        ("undo", 1),
        ("redo", 1),
        ("redo", 2),
    ]
    undone = await ends.backend.undo_correction(done.id, 6)
    other = await corrected(ends.other, undone, SetText(segment=0, text="c"))
    assert not other.can_redo
    with pytest.raises(Conflict, match="no correction to redo"):
        await ends.backend.redo_correction(done.id, other.version)
    assert said((await ends.backend.job_transcript(done.id, 2)).transcript.segments) == states[2]


async def test_of_two_who_correct_the_same_version_one_is_told_both(ends: Ends, done: Job) -> None:
    version = await ends.backend.job_transcript(done.id)
    answers = await asyncio.gather(
        *(
            corrected(backend, version, SetText(segment=0, text=f"{number}"))
            for number, backend in enumerate([*ends] * 3)
        ),
        return_exceptions=True,
    )
    [stored] = [answer for answer in answers if isinstance(answer, JobTranscript)]
    lost = [answer for answer in answers if isinstance(answer, TranscriptChanged)]
    assert len(lost) == 5
    assert {error.versions for error in lost} == {(0, 1)}
    [made] = await ends.backend.transcript_history(done.id)
    assert made.actor in lost[0].message
    assert await ends.backend.job_transcript(done.id) == stored
    for late in (ends.backend.undo_correction(done.id, 0), ends.backend.redo_correction(done.id, 7)):
        with pytest.raises(TranscriptChanged):
            await late


async def test_what_cannot_be_corrected_is_refused_and_changes_nothing(
    ends: Ends, done: Job, shared_ends: SharedEnds
) -> None:
    backend = ends.backend
    version = await backend.job_transcript(done.id)
    with pytest.raises(InvalidRequest, match="no segment 9"):
        await corrected(backend, version, SetText(segment=0, text="a"), SetText(segment=9, text="b"))
    with pytest.raises(NotFound, match="no version 5"):
        await backend.job_transcript(done.id, 5)
    assert await backend.job(done.id) == done
    cleaned = await corrected(backend, version, SetText(segment=0, text="\0 a\tb\x1b[2J"))
    assert said(cleaned.transcript.segments)[0] == "a b [2J"
    store = JobStore(shared_ends.core._database)
    async with store.database.transaction():
        cancelled = await store.submissions.request_cancel(await added(store))
    with pytest.raises(JobCancelled):
        await backend.job_transcript(cancelled.id)
    for asked in (backend.job_transcript("nobody's"), backend.transcript_history("nobody's")):
        with pytest.raises(JobNotFound):
            await asked


async def test_what_is_removed_takes_its_corrections_with_it(ends: Ends, done: Job) -> None:
    await corrected(ends.backend, await ends.backend.job_transcript(done.id), SetText(segment=0, text="secret"))
    assert (await ends.backend.delete_job(done.id)).text.startswith("secret")
    with pytest.raises(JobNotFound):
        await ends.backend.transcript_history(done.id)
