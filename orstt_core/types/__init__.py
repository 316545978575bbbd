"""The values that cross every boundary: argument, JSON body, event and return value in one.

All are frozen msgspec Structs. Times are seconds from the start of the recording unless said otherwise.
"""

from __future__ import annotations

import msgspec

from orstt_core import struct_types
from orstt_core.types.comparisons import (
    ComparedPassage,
    ComparedPiece,
    ComparedReference,
    ComparedRow,
    ComparedTranscript,
    Comparison,
    ComparisonQuery,
    ErrorRate,
    Side,
)
from orstt_core.types.corrections import (
    Correction,
    Edit,
    JobTranscript,
    MergeSegments,
    MoveBounds,
    Passage,
    ReplaceSegments,
    Revision,
    RevisionKind,
    SegmentChange,
    SetText,
    SplitSegment,
    Version,
)
from orstt_core.types.jobs import (
    ENDED,
    EXCERPT,
    AuditEntry,
    AuditLimit,
    Days,
    Job,
    JobChanged,
    JobPage,
    JobQuery,
    JobState,
    Priority,
    Purged,
)
from orstt_core.types.keys import SCOPES, ApiKey, KeyDraft, NewKey, Scope, covers
from orstt_core.types.measurements import JobMeasured, LoadMeasured, Measurement
from orstt_core.types.models import (
    Change,
    Check,
    EngineInfo,
    EngineList,
    LoadedModel,
    Model,
    ModelDraft,
    ModelUpdate,
    Outcome,
    PullProgress,
    Validation,
)
from orstt_core.types.options import Capability
from orstt_core.types.peaks import Peaks, SpeechSpan
from orstt_core.types.problems import Problem, problem
from orstt_core.types.sample_format import (
    RawAudio,
    SampleFormat,
    SampleType,
    StatedFormat,
    format_of_media_type,
    stated_format,
)
from orstt_core.types.server import (
    BackendEvent,
    BackendInfo,
    Diagnosis,
    Finding,
    LoadedChanged,
    ModelsChanged,
    Readiness,
    RequestServed,
)
from orstt_core.types.subtitles import SubtitleOptions
from orstt_core.types.transcribe_events import (
    Accepted,
    Done,
    Loading,
    NewSegment,
    Progress,
    Restarted,
    Started,
    TranscribeEvent,
)
from orstt_core.types.transcript import Segment, Task, TokenLogprob, Transcript, UsedModel, Word
from orstt_core.types.transcription import (
    FileContent,
    KeepAlive,
    StoredRecording,
    TranscribeKeywords,
    TranscribeOptions,
    TranscribeRequest,
)
from orstt_core.types.tuning import Machine, ModelSetting, Tuning, TuningChoice, TuningFigures, TuningTrial
from orstt_core.types.vocabularies import Term, Vocabulary, VocabularyDraft, VocabularyUpdate
from orstt_core.types.weights import Leftover, Pruned, StoredFile, StoredWeights, Verification, VerifiedFile

__all__ = [
    "ENDED",
    "EXCERPT",
    "SCOPES",
    "Accepted",
    "ApiKey",
    "AuditEntry",
    "AuditLimit",
    "BackendEvent",
    "BackendInfo",
    "Capability",
    "Change",
    "Check",
    "ComparedPassage",
    "ComparedPiece",
    "ComparedReference",
    "ComparedRow",
    "ComparedTranscript",
    "Comparison",
    "ComparisonQuery",
    "Correction",
    "Days",
    "Diagnosis",
    "Done",
    "Edit",
    "EngineInfo",
    "EngineList",
    "ErrorRate",
    "FileContent",
    "Finding",
    "Job",
    "JobChanged",
    "JobMeasured",
    "JobPage",
    "JobQuery",
    "JobState",
    "JobTranscript",
    "KeepAlive",
    "KeyDraft",
    "Leftover",
    "LoadMeasured",
    "LoadedChanged",
    "LoadedModel",
    "Loading",
    "Machine",
    "Measurement",
    "MergeSegments",
    "Model",
    "ModelDraft",
    "ModelSetting",
    "ModelUpdate",
    "ModelsChanged",
    "MoveBounds",
    "NewKey",
    "NewSegment",
    "Outcome",
    "Passage",
    "Peaks",
    "Priority",
    "Problem",
    "Progress",
    "Pruned",
    "PullProgress",
    "Purged",
    "RawAudio",
    "Readiness",
    "ReplaceSegments",
    "RequestServed",
    "Restarted",
    "Revision",
    "RevisionKind",
    "SampleFormat",
    "SampleType",
    "Scope",
    "Segment",
    "SegmentChange",
    "SetText",
    "Side",
    "SpeechSpan",
    "SplitSegment",
    "Started",
    "StatedFormat",
    "StoredFile",
    "StoredRecording",
    "StoredWeights",
    "SubtitleOptions",
    "Task",
    "Term",
    "TokenLogprob",
    "TranscribeEvent",
    "TranscribeKeywords",
    "TranscribeOptions",
    "TranscribeRequest",
    "Transcript",
    "Tuning",
    "TuningChoice",
    "TuningFigures",
    "TuningTrial",
    "UsedModel",
    "Validation",
    "Verification",
    "VerifiedFile",
    "Version",
    "Vocabulary",
    "VocabularyDraft",
    "VocabularyUpdate",
    "Word",
    "covers",
    "format_of_media_type",
    "problem",
    "stated_format",
    "to_json",
]


struct_types.complete_all(list(globals().values()))


def to_json(value: object) -> bytes:
    """Encode any of these Structs (or lists of them) as JSON."""
    return msgspec.json.encode(value)
