"""Jobs to store, and what a worker says of them, for the tests of the job store."""

from __future__ import annotations

import secrets
from collections.abc import AsyncIterator, Collection
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Any

import msgspec

from orstt_core.db.database import Database
from orstt_core.db.job_records import ClaimedJob, NewJob
from orstt_core.db.jobs import JobStore
from orstt_core.db.recordings import OWN_FILE, RecordingSource
from orstt_core.types import Model, Segment, TranscribeOptions, Transcript, UsedModel

LEASE = 60.0
WHEN = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC)
BASE = Model(
    id=2,
    name="base",
    model_type="whisper",
    model="base",
    device="cpu",
    compute_type="int8",
    is_active=True,
    is_default=True,
    description="",
    created_at=WHEN,
    updated_at=WHEN,
)


def an_upload(**changes: Any) -> RecordingSource:
    """A recording in the store, unlike any other."""
    sha256 = secrets.token_hex(32)
    return msgspec.structs.replace(RecordingSource(id=sha256, location=f"recording-{sha256}", owned=True), **changes)


def a_persons_own_file() -> RecordingSource:
    """A recording that is only referred to."""
    return RecordingSource(id=f"{OWN_FILE}{secrets.token_hex(32)}", location="/home/alice/visit.wav", owned=False)


def a_new_job(**changes: Any) -> NewJob:
    """A job as somebody submits it, with an id of its own."""
    name = secrets.token_hex(8)
    job = NewJob(
        id=name,
        filename="visit.wav",
        model=BASE,
        model_ref="",
        options=TranscribeOptions(language="en"),
        recording=an_upload(),
        submitted_by="user alice",
    )
    return msgspec.structs.replace(job, **changes)


def segments(*texts: str, first: int = 0) -> list[Segment]:
    """Segments that say these texts, two seconds each."""
    return [
        Segment(id=number, start=2.0 * number, end=2.0 * number + 2, text=text, language="en")
        for number, text in enumerate(texts, start=first)
    ]


def a_transcript(*texts: str) -> Transcript:
    """The transcript of a recording in which these texts are said."""
    return Transcript(
        text=" ".join(texts),
        segments=segments(*texts),
        language="en",
        language_probability=0.9,
        duration=2.0 * len(texts),
        task="transcribe",
        model=UsedModel(name="base", type="whisper", device="cpu", compute_type="int8"),
    )


def nobody(worker: str) -> bool:
    """Says that no worker is known to be dead."""
    return False


async def added(store: JobStore, **changes: Any) -> str:
    """Store a job and return its id."""
    job, _ = await store.submissions.add(a_new_job(**changes), lease=LEASE, limit=None)
    return job.id


async def taken(
    store: JobStore, worker: str = "one", *, lease: float = LEASE, only: Collection[str] | None = None
) -> ClaimedJob:
    """Take the next job, which must be there."""
    task = await store.queue.take(worker, lease=lease, only=only, is_dead=nobody)
    assert task is not None
    return task


async def nothing_for(store: JobStore, worker: str, *, only: Collection[str] | None = None) -> bool:
    """Whether there is no job that this worker may take."""
    return await store.queue.take(worker, lease=LEASE, only=only, is_dead=nobody) is None


@asynccontextmanager
async def open_store(url: str, retry_minutes: float = 15.0) -> AsyncIterator[JobStore]:
    """A job store on a database that is open meanwhile."""
    async with Database(url) as database:
        yield JobStore(database, retry_minutes=retry_minutes)
