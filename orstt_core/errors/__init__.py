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
    │   ├── VocabularyNotFound                  404  vocabulary_not_found
    │   ├── BenchmarkNotFound                   404  benchmark_not_found
    │   ├── ExperimentNotFound                  404  experiment_not_found
    │   └── PairNotFound                        404  pair_not_found
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
    │   ├── TranscriptChanged                   409  transcript_changed
    │   ├── RecordingGone                       409  recording_gone
    │   ├── ExperimentExists                    409  experiment_exists
    │   ├── ExperimentOver                      409  experiment_over
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

from orstt_core.errors.base import OrsttError
from orstt_core.errors.conflict import (
    Conflict,
    ExperimentExists,
    ExperimentOver,
    JobCancelled,
    JobEnded,
    JobNotEnded,
    KeyExists,
    KeyReused,
    ModelExists,
    ModelInUse,
    ModelNotUsable,
    RecordingGone,
    TranscriptChanged,
    VocabularyExists,
    VocabularyInUse,
)
from orstt_core.errors.request import (
    BenchmarkNotFound,
    EngineUnknown,
    ExperimentNotFound,
    FileProblem,
    Forbidden,
    InvalidRequest,
    JobNotFound,
    KeyNotFound,
    LanguageUnknown,
    MediaTypeUnsupported,
    ModelNotFound,
    NotFound,
    PairNotFound,
    RateLimited,
    TooLarge,
    Unauthorized,
    VocabularyNotFound,
)
from orstt_core.errors.service import (
    Busy,
    DatabaseUnavailable,
    ModelSuspended,
    ServerUnreachable,
    SettingsError,
    StorageFull,
)
from orstt_core.errors.work import (
    AudioEmpty,
    AudioError,
    AudioUnreadable,
    DeviceUnavailable,
    EngineDied,
    EngineFailed,
    EngineUnavailable,
    OptionUnsupported,
    WeightsDamaged,
    WeightsError,
    WeightsNotFound,
)

__all__ = [
    "BY_CODE",
    "AudioEmpty",
    "AudioError",
    "AudioUnreadable",
    "BenchmarkNotFound",
    "Busy",
    "Conflict",
    "DatabaseUnavailable",
    "DeviceUnavailable",
    "EngineDied",
    "EngineFailed",
    "EngineUnavailable",
    "EngineUnknown",
    "ExperimentExists",
    "ExperimentNotFound",
    "ExperimentOver",
    "FileProblem",
    "Forbidden",
    "InvalidRequest",
    "JobCancelled",
    "JobEnded",
    "JobNotEnded",
    "JobNotFound",
    "KeyExists",
    "KeyNotFound",
    "KeyReused",
    "LanguageUnknown",
    "MediaTypeUnsupported",
    "ModelExists",
    "ModelInUse",
    "ModelNotFound",
    "ModelNotUsable",
    "ModelSuspended",
    "NotFound",
    "OptionUnsupported",
    "OrsttError",
    "PairNotFound",
    "RateLimited",
    "RecordingGone",
    "ServerUnreachable",
    "SettingsError",
    "StorageFull",
    "TooLarge",
    "TranscriptChanged",
    "Unauthorized",
    "VocabularyExists",
    "VocabularyInUse",
    "VocabularyNotFound",
    "WeightsDamaged",
    "WeightsError",
    "WeightsNotFound",
    "from_wire",
]


def _tree(root: type[OrsttError]) -> dict[str, type[OrsttError]]:
    found = {root.code: root}
    for child in root.__subclasses__():
        found |= _tree(child)
    return found


BY_CODE: dict[str, type[OrsttError]] = _tree(OrsttError)
"""Every error class by its code; the wire and the documentation test read it."""


def from_wire(
    code: str,
    message: str,
    hint: str = "",
    field: str = "",
    retry_after: int | None = None,
    versions: tuple[int, ...] = (),
) -> OrsttError:
    """Return the error that was sent as these; an unknown code becomes the base class."""
    return BY_CODE.get(code, OrsttError)(message, hint=hint, field=field, retry_after=retry_after, versions=versions)
