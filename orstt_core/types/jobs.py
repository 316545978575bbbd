"""Jobs: every transcription as it stands in the database, and what is asked about them."""

from __future__ import annotations

from typing import Annotated, Literal

from msgspec import Meta, Struct, field

from orstt_core.types.checked import Checked
from orstt_core.types.problems import Problem
from orstt_core.types.selection import ModelChoice
from orstt_core.types.timestamps import Timestamp
from orstt_core.types.transcript import Segment, Transcript
from orstt_core.types.transcription import Purpose, TranscribeOptions

AuditLimit = Annotated[int, Meta(ge=1, le=10_000)]
"""How many entries of the audit table are asked for."""
LONGEST_DAYS = 36_500
"""Older than a hundred years nothing is, and calendars end somewhere."""
Days = Annotated[float, Meta(ge=0, le=LONGEST_DAYS)]
"""How long ago a job that is to be removed has ended at least."""
JobState = Literal["queued", "running", "done", "failed", "cancelled"]
JobSort = Literal["age", "length", "file", "model", "state"]
"""What jobs are listed by: the newest, the longest, files and models from A to Z, what is under way first."""
Priority = Literal["interactive", "background"]
"""Somebody waits for the answer, or it is wanted some time; the first goes before the second."""
ENDED: frozenset[JobState] = frozenset({"done", "failed", "cancelled"})
"""States that only a retry leaves."""

EXCERPT = 200
"""Characters of its text that a job in a list carries."""


class Job(Struct, frozen=True, kw_only=True):
    """One recording on its way to text.

    In a list `segments` and `result` are left out and `text` is cut to its first `EXCERPT` characters.

    Attributes:
        id: names the job; commands also take its beginning.
        model: name of the configured model it began with, or will begin with; a later switch does not change it. `auto`
            until one is chosen for it.
        purpose: what it was made for: its transcript, or a benchmark.
        choice: which model was chosen for its recording, and why; None: the one that was asked for transcribes.
        ahead: jobs that go before it, while it is queued.
        attempt: how often it was begun.
        position: seconds of the recording that are transcribed.
        duration: length of the recording in seconds; None until it was decoded.
        text: the text so far; of one that is done, as people corrected it.
        segments: those so far; each final as it is, until somebody corrects what is done.
        result: the whole transcript, once it is done, as people corrected it.
        transcript_version: of its transcript; 0 is what the engine gave.
        error: why it failed.
        put_off: why it has to wait although its turn came: the disk is full, its model suspended, the machine
            out of processes.
        recording: names what was handed in, for another job on it: the SHA-256 of an upload's bytes, or of that and
            the layout of bare samples; for a person's own file a name of its own. Empty: it is gone.
        retry_until: until when its recording is kept for a retry; None: it is gone, or stays because it is the
            person's own file or was to be kept.
    """

    id: str
    state: JobState
    filename: str
    model: str
    options: TranscribeOptions
    submitted_by: str
    created_at: Timestamp
    started_at: Timestamp | None = None
    finished_at: Timestamp | None = None
    ahead: int = 0
    attempt: int = 0
    position: float = 0.0
    duration: float | None = None
    text: str = ""
    segments: list[Segment] = []
    result: Transcript | None = None
    transcript_version: int = 0
    error: Problem | None = None
    recording: str = ""
    retry_until: Timestamp | None = None
    put_off: str = ""
    choice: ModelChoice | None = None
    purpose: Purpose = "transcript"


class JobQuery(Checked, frozen=True, kw_only=True):
    """Which jobs to list, and in which order.

    Attributes:
        states: those in any of these; empty means all.
        models: those of any of these models, by their names; empty means all.
        text: those whose text or file name holds this, whatever the case.
        since: those submitted then or later.
        until: those submitted before then.
        purpose: those made for this; None means for anything.
        sort: what they are listed by. Those that are alike in that are listed by their age.
        reverse: the other way round, such as the oldest first.
        before: those that come after this job in that order, which by default are older; for the next page give
            the last page's `next`.
    """

    states: list[JobState] = field(default_factory=list)
    models: list[str] = field(default_factory=list)
    text: str = ""
    since: Timestamp | None = None
    until: Timestamp | None = None
    purpose: Purpose | None = None
    sort: JobSort = "age"
    reverse: bool = False
    limit: Annotated[int, Meta(ge=1, le=500)] = 50
    before: str = ""


class JobPage(Struct, frozen=True, kw_only=True):
    """Some jobs.

    Attributes:
        jobs: in the order that was asked for.
        next: names the next page; empty on the last one.
        total: how many jobs there are on all pages.
        by_state: how many of those are in each state; a state that none is in is left out.
        seconds: how long the recordings of those are together, as far as they were decoded.
    """

    jobs: list[Job]
    next: str = ""
    total: int
    by_state: dict[str, int] = {}
    seconds: float = 0.0


class JobChanged(Struct, frozen=True, kw_only=True, tag_field="event", tag="job_changed"):
    """A job was added, went on or ended. The job is as in a list; progress is told at most twice a second."""

    job: Job


class Purged(Struct, frozen=True, kw_only=True):
    """How many ended jobs were removed, with their text and their recordings."""

    jobs: int


class AuditEntry(Struct, frozen=True, kw_only=True):
    """Who did what to a model or a job; entries are only ever added.

    Attributes:
        actor: `user NAME` for a person on this machine, `key NAME` or `ADDRESS` for a caller of the API.
        action: such as `job.submitted`, `job.cancelled`, `model.activated`.
        subject: the job's id or the model's name.
    """

    id: int
    at: Timestamp
    actor: str
    action: str
    subject: str
    detail: str = ""
