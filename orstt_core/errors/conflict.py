"""Errors of the present state: the request is fine, and would succeed at another time or on other things."""

from __future__ import annotations

from orstt_core.errors.base import OrsttError


class Conflict(OrsttError):
    """The request is fine, but the present state does not allow it."""

    code = "conflict"
    status = 409
    exit_code = 4


class ModelExists(Conflict):
    """A configured model has that name already."""

    code = "model_exists"


class KeyExists(Conflict):
    """An API key has, or had, that name already."""

    code = "key_exists"


class VocabularyExists(Conflict):
    """A vocabulary has that name already."""

    code = "vocabulary_exists"


class VocabularyInUse(Conflict):
    """A model has the vocabulary, so it cannot be removed."""

    code = "vocabulary_in_use"


class ModelInUse(Conflict):
    """The active or the default model cannot be removed."""

    code = "model_in_use"


class ModelNotUsable(Conflict):
    """The model failed validation, so it cannot become active."""

    code = "model_not_usable"


class JobEnded(Conflict):
    """The job has ended, so it cannot be cancelled any more."""

    code = "job_ended"


class JobNotEnded(Conflict):
    """The job is queued or running, so it can be neither removed nor begun again."""

    code = "job_not_ended"


class JobCancelled(Conflict):
    """The job was cancelled, so it has no transcript."""

    code = "job_cancelled"


class TranscriptChanged(Conflict):
    """Somebody corrected the transcript meanwhile; `versions` are that of the change and the newest."""

    code = "transcript_changed"


class RecordingGone(Conflict):
    """The recording that is asked for was removed, as uploads are, or never was one of the caller's."""

    code = "recording_gone"


class ExperimentExists(Conflict):
    """An experiment has that name, or another one splits the work of the same model."""

    code = "experiment_exists"


class ExperimentOver(Conflict):
    """The experiment was stopped or promoted, so it goes on no more."""

    code = "experiment_over"


class KeyReused(Conflict):
    """The idempotency key belongs to a job with another recording or other options."""

    code = "key_reused"
