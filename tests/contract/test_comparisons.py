"""Two jobs of a recording compared: the same near and far, on both databases, with references of either kind."""

from __future__ import annotations

import pytest
from ends import Ends, SharedEnds
from stored_jobs import a_transcript, added, claimed

from orstt_core.db.jobs import JobStore
from orstt_core.errors import InvalidRequest, JobCancelled, JobNotFound, NotFound
from orstt_core.types import ComparisonQuery, Correction, SetText

pytestmark = pytest.mark.asyncio(loop_scope="module")


async def done(shared_ends: SharedEnds, *texts: str) -> str:
    """A job that is done, without an engine having worked on it."""
    store = JobStore(shared_ends.core._database)
    async with store.database.transaction():  # the worker here sees it only when it is done
        job = await added(store)
        await store.attempts.finish((await claimed(store)).claim, a_transcript(*texts))
    return job


async def test_two_jobs_of_a_recording_are_compared_with_figures_and_errors(
    ends: Ends, shared_ends: SharedEnds
) -> None:
    first = await done(shared_ends, "the knee is stable", "no pain at rest")
    second = await done(shared_ends, "the new is stable", "No pain, at rest.")
    query = ComparisonQuery(first=first[:6], second=second)
    found = await ends.backend.compare_jobs(query)
    assert (found.first.job, found.second.job, found.first.words) == (first, second, 8)
    assert [row.differs for row in found.rows] == [True, False]
    assert [(piece.first, piece.second) for piece in found.rows[0].pieces if piece.differs] == [("knee ", "new ")]
    assert (found.differing, found.reference, found.first.errors) == (2 / 16, None, None)
    assert await ends.other.compare_jobs(query) == found
    given = await ends.backend.compare_jobs(
        ComparisonQuery(first=first, second=second, reference="The knee is stable; no pain at rest. ÄÖ")
    )
    assert given.reference.source == "given"
    assert [(side.errors.substitutions, side.errors.deletions) for side in (given.first, given.second)] == [
        (0, 1),
        (1, 1),
    ]
    await ends.backend.correct_transcript(
        second, Correction(version=0, edits=[SetText(segment=0, text="The knee is stable.")])
    )
    corrected = await ends.other.compare_jobs(query)
    assert (corrected.reference.source, corrected.reference.job, corrected.reference.version) == (
        "corrected",
        second,
        1,
    )
    assert [side.errors.rate for side in (corrected.first, corrected.second)] == [0.0, 1 / 8]
    newest = await ends.backend.compare_jobs(ComparisonQuery(first=second, second=second, second_version=None))
    assert (newest.second.version, newest.first.differing, newest.second.errors.rate) == (1, 1, 0.0)


async def test_what_cannot_be_compared_is_refused_with_the_reason(ends: Ends, shared_ends: SharedEnds) -> None:
    first, longer = await done(shared_ends, "one", "two"), await done(shared_ends, "one", "two", "three")
    store = JobStore(shared_ends.core._database)
    async with store.database.transaction():
        cancelled = await store.submissions.request_cancel(await added(store))
    for query, error, words in (
        (ComparisonQuery(first=first, second=longer), InvalidRequest, "4.0 s long, the other 6.0 s"),
        (ComparisonQuery(first=first, second=first[:8]), InvalidRequest, "with itself"),
        (ComparisonQuery(first=first, second="ffff"), JobNotFound, "ffff"),
        (ComparisonQuery(first=first, second=cancelled.id), JobCancelled, "cancelled"),
        (ComparisonQuery(first=first, second=longer, second_version=3), NotFound, "no version 3"),
    ):
        with pytest.raises(error, match=words):
            await ends.backend.compare_jobs(query)
