"""The tables, for Piccolo's queries. What the database itself keeps true is in the migrations."""

from __future__ import annotations

from types import new_class
from typing import TYPE_CHECKING, Any, TypeVar, cast

from piccolo.columns import (
    BigInt,
    Boolean,
    Bytea,
    DoublePrecision,
    ForeignKey,
    Integer,
    OnDelete,
    Serial,
    Text,
    Timestamptz,
    Varchar,
)
from piccolo.table import Table

if TYPE_CHECKING:
    from piccolo.engine import Engine

AnyTable = TypeVar("AnyTable", bound=Table)


class STTModel(Table, tablename="api_sttmodel"):
    """A configured model. `options` and `vocabulary` are JSON.

    The database sets `is_active`, `is_default` and `updated_at` by itself.
    """

    id: Serial
    name = Varchar(length=100, unique=True)
    model_type = Varchar(length=50)
    model = Varchar(length=500)
    device = Varchar(length=20)
    compute_type = Varchar(length=20)
    is_active = Boolean(default=False)
    is_default = Boolean(default=False)
    description = Text()
    created_at = Timestamptz()
    updated_at = Timestamptz()
    options = Text()
    vocabulary = Text(default="[]")


class ModelSelection(Table, tablename="model_selection"):
    """One row: which model is active and which is default. There can be neither none nor two."""

    id: Serial
    active = ForeignKey(STTModel, on_delete=OnDelete.restrict, null=False, db_column_name="active_id")
    default = ForeignKey(STTModel, on_delete=OnDelete.restrict, null=False, db_column_name="default_id")


class RecordingRow(Table, tablename="recording"):
    """What was handed in. `location` is a path as the system's bytes, which need not be text, or a name in the store.

    The database counts in `uses` the jobs that refer to it.
    """

    id = Varchar(length=69, primary_key=True)
    location = Bytea()
    owned = Boolean()
    sample_format = Text(null=True, default=None)
    uses = Integer(default=0)


class TranscriptionJob(Table, tablename="transcription_job"):
    """A job. What stands as JSON: `model`, `options`, `result`, `error`, `choice`.

    `number` is the order in which jobs were accepted. `recording` is empty when it is gone. `search` holds the folded
    file name and text. `worker` reserves a queued job, and holds a running one, until `lease_until`; one that was put
    off is handed out from `due_at` on. `restarts` counts how often its segments were dropped.
    """

    number = Serial(primary_key=True)
    id = Varchar(length=64)
    state = Varchar(length=10, default="queued")
    filename = Text()
    model_name = Text()
    model = Text()
    model_ref = Text()
    options = Text()
    recording = Varchar(length=69, null=True, default=None)
    recording_keep = Boolean()
    recording_until = Timestamptz(null=True, default=None)
    submitted_by = Text()
    keep_alive = DoublePrecision(null=True, default=None)
    priority = Varchar(length=20, default="background")
    waited = Boolean()
    callback_url = Text()
    idempotency_key = Text(null=True, default=None)
    fingerprint = Text()
    worker = Text()
    attempt = Integer(default=0)
    deaths = Integer(default=0)
    restarts = Integer(default=0)
    lease_until = Timestamptz(null=True, default=None)
    cancel_requested = Boolean(default=False)
    put_off = Text()
    due_at = Timestamptz(null=True, default=None)
    no_room = Integer(default=0)
    position = DoublePrecision(default=0.0)
    duration = DoublePrecision(null=True, default=None)
    text = Text()
    search = Text()
    result = Text(null=True, default=None)
    error = Text(null=True, default=None)
    choice = Text(null=True, default=None)
    purpose = Varchar(length=20, default="transcript")
    created_at = Timestamptz()
    started_at = Timestamptz(null=True, default=None)
    finished_at = Timestamptz(null=True, default=None)


class TranscriptionSegment(Table, tablename="transcription_segment"):
    """One segment, as JSON, of a job that is not done."""

    job = Integer(primary_key=True)  # together with the ordinal; Piccolo knows keys of one column only
    ordinal = Integer()
    segment = Text()


class TranscriptRevision(Table, tablename="transcript_revision"):
    """What made a version of a finished transcript out of the one before. `changes` is JSON."""

    job = Integer(primary_key=True)  # together with the version; Piccolo knows keys of one column only
    version = Integer()
    at = Timestamptz()
    actor = Text()
    kind = Varchar(length=10)
    of = Integer(null=True, default=None)
    changes = Text()


class CorrectedTranscript(Table, tablename="corrected_transcript"):
    """The newest version of a transcript that was corrected; the original is its job's `result`."""

    job = Integer(primary_key=True)
    version = Integer()
    text = Text()
    segments = Text()


class JobPeaksRow(Table, tablename="job_peaks"):
    """How loud a job's recording is, a byte for each `Peaks.peaks`, and where speech is, as JSON."""

    job = Integer(primary_key=True)
    peaks = Bytea()
    speech = Text()


class AuditRow(Table, tablename="audit_entry"):
    """One entry of the audit table. The database refuses to change or remove it."""

    id: Serial
    at = Timestamptz()
    actor = Text()
    action = Text()
    subject = Text()
    detail = Text()


class ApiKeyRow(Table, tablename="api_key"):
    """An API key. `digest` is the SHA-256 of its secret, in hexadecimal digits."""

    number = Serial(primary_key=True)
    id = Varchar(length=32)
    name = Varchar(length=100)
    digest = Varchar(length=64)
    scope = Varchar(length=10)
    requests_per_minute = Integer(default=0)
    concurrent_requests = Integer(default=0)
    created_at = Timestamptz()
    created_by = Text()
    expires_at = Timestamptz(null=True, default=None)
    revoked_at = Timestamptz(null=True, default=None)
    last_used_at = Timestamptz(null=True, default=None)


class WebhookNotice(Table, tablename="webhook_notice"):
    """A notice. `ended_at`: it was delivered or given up.

    One that a job has ended is written by the database; one of anything else has no job, and what is sent in `body`.
    """

    number = Serial(primary_key=True)
    job = Varchar(length=64)
    attempt = Integer()
    state = Varchar(length=10)
    finished_at = Timestamptz()
    url = Text()
    tries = Integer(default=0)
    due_at = Timestamptz()
    ended_at = Timestamptz(null=True, default=None)
    delivered = Boolean(default=False)
    reason = Text()
    body = Text()


class ModelDrift(Table, tablename="model_drift"):
    """A figure by which a model does worse than before on a machine, for as long as it does."""

    number = Serial(primary_key=True)
    machine = Text()
    model = Text()
    figure = Varchar(length=20)
    found_at = Timestamptz()


class VocabularyRow(Table, tablename="vocabulary"):
    """A list of words to expect."""

    number = Serial(primary_key=True)
    name = Varchar(length=100)
    description = Text()
    created_at = Timestamptz()
    updated_at = Timestamptz()


class VocabularyTerm(Table, tablename="vocabulary_term"):
    """One term of a list, with which it goes, and how often it stood in transcripts."""

    number = Serial(primary_key=True)
    vocabulary = Integer()
    term = Varchar(length=100)
    uses = BigInt(default=0)


def bound(table: type[AnyTable], engine: Engine[Any]) -> type[AnyTable]:
    """Return the table class tied to this engine.

    Piccolo ties a class to one engine for the whole process; a subclass for each database lets several be open.
    """
    keywords = {"tablename": table._meta.tablename, "db": engine}  # noqa: SLF001 - so Piccolo names it
    return cast("type[AnyTable]", new_class(table.__name__, (table,), keywords))


class BenchmarkRow(Table, tablename="benchmark"):
    """A benchmark that was begun; `draft` is what was asked for, as JSON."""

    id = Varchar(length=16, primary_key=True)
    created_at = Timestamptz()
    created_by = Text()
    machine = Text()
    draft = Text()


class BenchmarkResultRow(Table, tablename="benchmark_result"):
    """What a model made of one recording in a benchmark, with which it goes; `result` is JSON."""

    number = Serial(primary_key=True)
    benchmark = Varchar(length=16)
    model = Text()
    digest = Varchar(length=64)
    result = Text()
