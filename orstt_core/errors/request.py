"""Errors of a request: it is wrong, it may not be made, or what it names is not there."""

from __future__ import annotations

from orstt_core.errors.base import OrsttError


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


class BenchmarkNotFound(NotFound):
    """No benchmark, or more than one, has an id that begins so."""

    code = "benchmark_not_found"


class ExperimentNotFound(NotFound):
    """No experiment has that name."""

    code = "experiment_not_found"


class PairNotFound(NotFound):
    """There is no such pair of texts to judge, or its job was removed."""

    code = "pair_not_found"


class FileProblem(OrsttError, OSError):
    """A file cannot be read or written: missing, a folder, or no permission."""

    code = "file_problem"
    status = 404
    exit_code = 3


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


class RateLimited(OrsttError):
    """The API key sent more requests than it may, or has as many under way as it may."""

    code = "rate_limited"
    status = 429
    exit_code = 8
    retry_after = 1
