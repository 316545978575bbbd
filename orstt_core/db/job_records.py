"""What the job store and whoever works on jobs hand each other."""

from __future__ import annotations

from msgspec import Struct

from orstt_core.db.recordings import RecordingSource
from orstt_core.text import normalize_name
from orstt_core.types import (
    Model,
    ModelChoice,
    Priority,
    Purpose,
    Segment,
    SpeechSpan,
    StoredRecording,
    TranscribeOptions,
)

MOST_DEATHS = 3
"""How many processes may die over a job before it fails with that reason."""


class Queue(Struct, frozen=True, kw_only=True):
    """One of the queues that jobs wait in: a worker's own, or that of a model and a priority.

    Attributes:
        worker: whose own; its jobs are waited for in that process.
        model: name of the configured model that transcribes, or `auto` where it is still to be chosen.
    """

    worker: str = ""
    model: str = ""
    priority: Priority = "background"


class QueueLimit(Struct, frozen=True):
    """How many jobs of a priority may wait.

    Attributes:
        setting: as the operator has set it, and is told.
        free: how many more could begin at once, so that they do not count.
    """

    setting: int
    free: int = 0

    def is_reached(self, waiting: int) -> bool:
        """Return whether no further job may wait beside so many."""
        return waiting >= self.setting + self.free


class NewJob(Struct, frozen=True, kw_only=True):
    """A job to store.

    Attributes:
        id: unique; the caller makes it, and knows the job by it even if the answer is lost.
        model: the configured model as it was when the job was submitted: it is what transcribes.
        model_ref: the model that was asked for; empty: whichever was active.
        choice: set where the model is to be chosen when the recording is decoded, or was; `model` is what transcribes
            if nobody chooses.
        filename: empty for a stored recording that keeps the name it has.
        keep_recording: a stored recording stays until the job itself is removed.
        submitted_by: as `orstt_core.caller` says it.
        priority: which jobs it goes before.
        waited: somebody waits for it, so nothing of it is kept for a retry.
        purpose: what it is for, as its request says.
        callback_url: where a notice goes when it has ended; empty: nowhere.
        fingerprint: tells whether two requests with the same idempotency key are the same.
    """

    id: str
    filename: str
    model: Model
    model_ref: str
    options: TranscribeOptions
    recording: RecordingSource | StoredRecording
    keep_recording: bool = False
    submitted_by: str
    keep_alive: float | None = None
    priority: Priority = "background"
    waited: bool = False
    idempotency_key: str = ""
    callback_url: str = ""
    fingerprint: str = ""
    purpose: Purpose = "transcript"
    choice: ModelChoice | None = None

    @property
    def queued_as(self) -> str:
        """The name of the model in whose queue it waits."""
        return queued_as(self.model, self.choice)


class Claim(Struct, frozen=True, kw_only=True):
    """The right to write to a running job: every write is refused unless the row still has this attempt."""

    job: str
    attempt: int


class ClaimedJob(Struct, frozen=True, kw_only=True):
    """A claimed job with all that is needed to work on it.

    Attributes:
        waited: somebody waits for it in the process that claimed it.
        segments: those of earlier attempts.
        model_ref: the model that was asked for; empty: whichever was active.
        choice: which model was chosen for it by an earlier attempt, or that it is still to be chosen.
        no_room: how many attempts just before this one found the disk full.
        terms: those of the vocabularies that the request names and the model has, the most used first.
        missing_vocabularies: of these, those that there are no more.
        speech: where earlier attempts found speech, as `Peaks` has it.
    """

    claim: Claim
    filename: str
    model: Model
    options: TranscribeOptions
    recording: RecordingSource
    keep_alive: float | None
    priority: Priority
    waited: bool
    segments: list[Segment]
    choice: ModelChoice | None = None
    model_ref: str = ""
    no_room: int = 0
    terms: list[str] = []
    missing_vocabularies: list[str] = []
    speech: list[SpeechSpan] = []

    @property
    def queued_as(self) -> str:
        """The name of the model in whose queue it waited."""
        return queued_as(self.model, self.choice)

    @property
    def vocabulary(self) -> list[str]:
        """The names of all its vocabularies."""
        return vocabulary_names(self.options, self.model)


def queued_as(model: Model, choice: ModelChoice | None) -> str:
    """Return the name of the model in whose queue a job waits: `auto` while it is still to be chosen."""
    return choice.asked if choice and not choice.model else model.name


def vocabulary_names(options: TranscribeOptions, model: Model) -> list[str]:
    """Return the vocabularies that a request names and its model has, each once."""
    return list(dict.fromkeys(map(normalize_name, (*options.vocabulary, *model.vocabulary))))


class LeaseStatus(Struct, frozen=True, kw_only=True):
    """The attempts that a worker still holds, by their jobs, and which of them are to be cancelled."""

    held: dict[str, int]
    cancel: frozenset[str]
