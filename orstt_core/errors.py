"""One tree of errors: each says what happened and what to do, and survives the wire.

    OrsttError
    ├── InvalidRequest (ValueError)             400  invalid_request
    │   ├── LanguageUnknown                     400  language_unknown
    │   └── EngineUnknown                       400  engine_unknown
    ├── Unauthorized                            401  unauthorized
    ├── Forbidden                               403  forbidden
    ├── NotFound (LookupError)                  404  not_found
    │   ├── ModelNotFound                       404  model_not_found
    │   ├── JobNotFound                         404  job_not_found
    │   ├── KeyNotFound                         404  key_not_found
    │   └── VocabularyNotFound                  404  vocabulary_not_found
    ├── FileProblem (OSError)                   404  file_problem
    ├── Conflict                                409  conflict
    │   ├── ModelExists                         409  model_exists
    │   ├── KeyExists                           409  key_exists
    │   ├── VocabularyExists                    409  vocabulary_exists
    │   ├── VocabularyInUse                     409  vocabulary_in_use
    │   ├── ModelInUse                          409  model_in_use
    │   ├── ModelNotUsable                      409  model_not_usable
    │   ├── JobEnded                            409  job_ended
    │   ├── JobNotEnded                         409  job_not_ended
    │   ├── JobCancelled                        409  job_cancelled
    │   ├── RecordingGone                       409  recording_gone
    │   └── KeyReused                           409  key_reused
    ├── WeightsError                            409  weights_error
    │   ├── WeightsNotFound (FileNotFoundError) 409  weights_not_found
    │   └── WeightsDamaged                      409  weights_damaged
    ├── TooLarge                                413  too_large
    ├── MediaTypeUnsupported                    415  media_type_unsupported
    ├── AudioError (ValueError)                 422  audio_error
    │   ├── AudioEmpty                          422  audio_empty
    │   └── AudioUnreadable                     422  audio_unreadable
    ├── OptionUnsupported                       422  option_unsupported
    ├── EngineUnavailable (ImportError)         422  engine_unavailable
    ├── DeviceUnavailable                       422  device_unavailable
    ├── RateLimited                             429  rate_limited
    ├── EngineFailed (RuntimeError)             500  engine_failed
    │   └── EngineDied                          500  engine_died
    ├── Busy                                    503  busy
    ├── ModelSuspended                          503  model_suspended
    ├── StorageFull                             507  storage_full
    ├── DatabaseUnavailable                     503  database_unavailable
    ├── ServerUnreachable (ConnectionError)     503  server_unreachable
    └── SettingsError (ValueError)              500  settings_error

A message is one or two plain sentences for a person; the hint is what to type or do next.
"""

from __future__ import annotations

from typing import ClassVar


class OrsttError(Exception):
    """Base of every error this program raises on purpose.

    Attributes:
        code: stable machine name, the same in Python, JSON and the exit-code table.
        status: the HTTP status it becomes.
        exit_code: what the command line exits with.
        message: what happened and what it means.
        hint: what to do next; empty when the message says it already.
        field: the request field at fault, if one is.
    """

    code: ClassVar[str] = "error"
    status: ClassVar[int] = 500
    exit_code: ClassVar[int] = 1
    retry_after: int = 0
    """Seconds after which the same request may well succeed; 0: time alone does not help."""

    def __init__(self, message: str, *, hint: str = "", field: str = "", retry_after: int | None = None) -> None:
        super().__init__(message)
        self.message = message
        if retry_after is not None:
            self.retry_after = retry_after
        self.hint = hint
        self.field = field

    def __str__(self) -> str:
        return f"{self.message} {self.hint}".strip()

    def __reduce__(self) -> tuple[object, ...]:
        # The hint and field are keyword-only: the default reduction would lose them between processes.
        return (from_wire, (self.code, self.message, self.hint, self.field, self.retry_after))


class InvalidRequest(OrsttError, ValueError):
    """The request itself is wrong: a missing, malformed or out-of-range field."""

    code = "invalid_request"
    status = 400
    exit_code = 2


class LanguageUnknown(InvalidRequest):
    """No language is known by that name, or the model does not know it."""

    code = "language_unknown"


class EngineUnknown(InvalidRequest):
    """No engine of that type is registered."""

    code = "engine_unknown"


class Unauthorized(OrsttError):
    """A key is needed, or the one given is not right."""

    code = "unauthorized"
    status = 401
    exit_code = 7


class Forbidden(OrsttError):
    """The caller is known, or local, but may not do this."""

    code = "forbidden"
    status = 403
    exit_code = 7


class NotFound(OrsttError, LookupError):
    """There is nothing at that address."""

    code = "not_found"
    status = 404
    exit_code = 3


class ModelNotFound(NotFound):
    """No configured model has that id or name."""

    code = "model_not_found"


class JobNotFound(NotFound):
    """No job has that id, or several begin with it."""

    code = "job_not_found"


class KeyNotFound(NotFound):
    """No API key has that id or name."""

    code = "key_not_found"


class VocabularyNotFound(NotFound):
    """No vocabulary has that name."""

    code = "vocabulary_not_found"


class FileProblem(OrsttError, OSError):
    """A file cannot be read or written: missing, a folder, or no permission."""

    code = "file_problem"
    status = 404
    exit_code = 3


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


class RecordingGone(Conflict):
    """The recording that is asked for was removed, as uploads are, or never was one of the caller's."""

    code = "recording_gone"


class KeyReused(Conflict):
    """The idempotency key belongs to a job with another recording or other options."""

    code = "key_reused"


class WeightsError(OrsttError):
    """Something is wrong with model files."""

    code = "weights_error"
    status = 409
    exit_code = 5


class WeightsNotFound(WeightsError, FileNotFoundError):
    """The model files are in none of the places looked at."""

    code = "weights_not_found"


class WeightsDamaged(WeightsError):
    """Model files are there but incomplete or not the published ones."""

    code = "weights_damaged"


class TooLarge(OrsttError):
    """More bytes, or more audio, than the settings allow."""

    code = "too_large"
    status = 413
    exit_code = 6


class MediaTypeUnsupported(OrsttError):
    """The body of a request comes in another form than the address takes."""

    code = "media_type_unsupported"
    status = 415
    exit_code = 2


class AudioError(OrsttError, ValueError):
    """The audio cannot be used."""

    code = "audio_error"
    status = 422
    exit_code = 6


class AudioEmpty(AudioError):
    """There is no sound in it at all: zero bytes or zero samples."""

    code = "audio_empty"


class AudioUnreadable(AudioError):
    """It is not audio, or too damaged to decode."""

    code = "audio_unreadable"


class OptionUnsupported(OrsttError):
    """The engine does not declare what was asked of it."""

    code = "option_unsupported"
    status = 422
    exit_code = 2


class EngineUnavailable(OrsttError, ImportError):
    """The engine is registered, but what it needs is not installed or does not start."""

    code = "engine_unavailable"
    status = 422
    exit_code = 5


class DeviceUnavailable(OrsttError):
    """The device or compute type is not to be had on this machine."""

    code = "device_unavailable"
    status = 422
    exit_code = 5


class RateLimited(OrsttError):
    """The API key sent more requests than it may, or has as many under way as it may."""

    code = "rate_limited"
    status = 429
    exit_code = 8
    retry_after = 1


class EngineFailed(OrsttError, RuntimeError):
    """The engine raised, or its process died, while it worked."""

    code = "engine_failed"


class EngineDied(EngineFailed):
    """The engine's process ended, was ended because it hung, or outgrew its memory."""

    code = "engine_died"


class Busy(OrsttError):
    """The queue or what others may share is full, or the machine has no process, memory or open file left just now."""

    code = "busy"
    status = 503
    exit_code = 8
    retry_after = 5


class ModelSuspended(OrsttError):
    """The model's engine died repeatedly; requests for it are refused for a short while."""

    code = "model_suspended"
    status = 503
    exit_code = 8
    retry_after = 30


class StorageFull(OrsttError):
    """The disk has no room for a recording, or for a transcript; nothing is wrong with the request."""

    code = "storage_full"
    status = 507
    exit_code = 5


class DatabaseUnavailable(OrsttError):
    """The database cannot be opened, migrated or reached."""

    code = "database_unavailable"
    status = 503
    exit_code = 5
    retry_after = 5


class ServerUnreachable(OrsttError, ConnectionError):
    """A remote server does not answer, or not as an OR-STT server does."""

    code = "server_unreachable"
    status = 503
    exit_code = 7


class SettingsError(OrsttError, ValueError):
    """A setting or the settings file is wrong."""

    code = "settings_error"
    exit_code = 2


def _tree(root: type[OrsttError]) -> dict[str, type[OrsttError]]:
    found = {root.code: root}
    for child in root.__subclasses__():
        found |= _tree(child)
    return found


BY_CODE: dict[str, type[OrsttError]] = _tree(OrsttError)
"""Every error class by its code; the wire and the documentation test read it."""


def from_wire(code: str, message: str, hint: str = "", field: str = "", retry_after: int | None = None) -> OrsttError:
    """Return the error that was sent as these; an unknown code becomes the base class."""
    return BY_CODE.get(code, OrsttError)(message, hint=hint, field=field, retry_after=retry_after)
