"""Jobs to store, and what a worker says of them, for the tests of the job store."""

from __future__ import annotations

import secrets
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime
from typing import Any

import msgspec

from orstt_core.db.database import Database
from orstt_core.db.job_queue import DatabaseQueue
from orstt_core.db.job_records import ClaimedJob, NewJob, Queue
from orstt_core.db.jobs import JobStore
from orstt_core.db.recordings import OWN_FILE, RecordingSource
from orstt_core.jobs.queue import JobQueue
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


def queue_in(store: JobStore, *, lease: float = LEASE, is_dead: Callable[[str], bool] = nobody) -> JobQueue:
    """The queue that hands out the jobs of a store."""
    return DatabaseQueue(store.rows, store.attempts, lease=lease, is_dead=is_dead)


async def added(store: JobStore, *, worker: str = "", **changes: Any) -> str:
    """Store a job, as one that somebody waits for where a worker is named, and return its id."""
    new = a_new_job(waited=bool(worker), priority="interactive" if worker else "background")
    new = msgspec.structs.replace(new, **changes)
    queue = Queue(worker=worker) if worker else Queue(model=new.model.name, priority=new.priority)
    async with store.database.transaction():
        job, _ = await store.submissions.add(new, limit=None)
        await queue_in(store).enqueue(job.id, queue)
    return job.id


async def next_job(queue: JobQueue, worker: str = "one") -> ClaimedJob | None:
    """Claim the next job from every queue that has something for a worker."""
    return await queue.claim(worker, await queue.waiting(worker))


async def claimed(store: JobStore, worker: str = "one", *, lease: float = LEASE) -> ClaimedJob:
    """Claim the next job, which must be there."""
    task = await next_job(queue_in(store, lease=lease), worker)
    assert task is not None
    return task


async def nothing_for(store: JobStore, worker: str) -> bool:
    """Whether there is no job that this worker may claim."""
    return await next_job(queue_in(store), worker) is None


@asynccontextmanager
async def open_store(url: str, retry_minutes: float = 15.0) -> AsyncIterator[JobStore]:
    """A job store on a database that is open meanwhile."""
    async with Database(url) as database:
        yield JobStore(database, retry_minutes=retry_minutes)
