"""The values that cross every boundary: argument, JSON body, event and return value in one.

All are frozen msgspec Structs. Times are seconds from the start of the recording unless said otherwise.
"""

from __future__ import annotations

from datetime import datetime
from pathlib import Path
from typing import Annotated, Literal

import msgspec
from msgspec import Meta, Struct

Task = Literal["transcribe", "translate"]
SampleType = Literal["int16", "int32", "float32", "float64"]
Outcome = Literal["passed", "failed", "skipped"]
Capability = Literal[
    "segments", "words", "language_detection", "translate", "prompt", "hotwords", "vad", "beam_size", "temperature"
]

Name = Annotated[str, Meta(min_length=1, max_length=100)]


# --- models -------------------------------------------------------------------------------------


class Model(Struct, frozen=True, kw_only=True):
    """A configured model: one row of the table."""

    id: int
    name: str
    model_type: str
    model: str
    """Which weights: a size (`base`), a hub repository (`owner/name`) or a folder."""
    device: str
    compute_type: str
    is_active: bool
    is_default: bool
    description: str
    created_at: datetime
    updated_at: datetime


class ModelDraft(Struct, frozen=True, kw_only=True):
    """What a person gives to configure a model."""

    name: str
    model_type: str = "whisper"
    model: str = ""
    """Which weights; empty means the name."""
    device: str = "cpu"
    compute_type: str = "int8"
    description: str = ""

    @property
    def weights(self) -> str:
        """The weights this draft refers to."""
        return self.model or self.name


class Check(Struct, frozen=True, kw_only=True):
    """One of the four checks of a validation."""

    name: Literal["type", "dependencies", "device", "model"]
    outcome: Outcome
    detail: str
    fix: str = ""
    """The command or step that mends it; empty when nothing needs mending."""


class Validation(Struct, frozen=True, kw_only=True):
    """Whether a configuration would run here, and what to know before it does.

    Attributes:
        valid: nothing about the configuration is wrong.
        available: it could transcribe now, on this machine, without fetching anything it may not fetch.
        message: one sentence; names the first check that failed.
        warnings: what a person should know although nothing is wrong.
        checks: type, dependencies, device and model, in this order.
        device: the device it would really run on.
        compute_type: the compute type it would really run with.
    """

    valid: bool
    available: bool
    message: str
    warnings: list[str] = []
    checks: list[Check] = []
    device: str = "cpu"
    compute_type: str = ""


class Change(Struct, frozen=True, kw_only=True):
    """The answer to creating or activating: the model as it is now, and what to know about it."""

    model: Model
    warnings: list[str] = []


class EngineInfo(Struct, frozen=True, kw_only=True):
    """An engine as it presents itself; listed also when it cannot run here."""

    model_type: str
    title: str
    available: bool
    reason: str = ""
    """Why it is not available."""
    install: str = ""
    """The command that would make it available."""
    capabilities: list[Capability] = []
    compute_types: dict[str, list[str]] = {}
    """Compute types by device that is present, e.g. {"cpu": ["int8", "float32"]}."""
    models: list[str] = []
    """Weights known by name, smallest first."""
    weights_format: str = ""
    """Kind of weights that OR-STT finds, fetches and verifies; empty: the engine does so itself."""


class EngineList(Struct, frozen=True, kw_only=True):
    """All registered engines; `default_type` is what a form offers first."""

    engines: list[EngineInfo]
    default_type: str = "whisper"


# --- transcription ------------------------------------------------------------------------------


class Word(Struct, frozen=True, kw_only=True):
    """One word with its times and its probability (0 to 1)."""

    start: float
    end: float
    word: str
    probability: float | None = None


class Segment(Struct, frozen=True, kw_only=True):
    """A stretch of speech. What an engine does not measure is None, never invented."""

    id: int
    start: float | None
    end: float | None
    text: str
    words: list[Word] | None = None
    language: str | None = None
    language_probability: float | None = None
    confidence: float | None = None
    """exp(avg_logprob): the geometric mean of the token probabilities, 0 to 1."""
    avg_logprob: float | None = None
    compression_ratio: float | None = None
    no_speech_prob: float | None = None
    temperature: float | None = None
    seek: int | None = None
    tokens: list[int] | None = None


class TranscribeOptions(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """How to transcribe. What an engine does not declare is refused, unless left at its default."""

    language: str | None = None
    """ISO 639-1 code such as `en`; None detects it."""
    task: Task = "transcribe"
    """`translate` gives English text whatever was spoken."""
    word_timestamps: bool = False
    initial_prompt: str | None = None
    """Text that the model takes for what came before: names and spellings to prefer."""
    hotwords: str | None = None
    """Words to expect, separated by spaces."""
    vad_filter: bool = True
    """Leave out what is not speech: without it Whisper invents sentences on silence and noise."""
    beam_size: Annotated[int, Meta(ge=1, le=20)] = 5
    """How many readings are kept in view; 1 is greedy, faster and a little worse."""
    temperature: Annotated[tuple[Annotated[float, Meta(ge=0, le=1)], ...], Meta(min_length=1, max_length=10)] = (
        0.0,
        0.2,
        0.4,
        0.6,
        0.8,
        1.0,
    )
    """Sampling temperatures, tried in order while a passage decodes badly (Whisper's fall-back)."""


class RawAudio(Struct, frozen=True, kw_only=True):
    """Samples already in memory: little-endian PCM, interleaved."""

    data: bytes
    rate: int
    channels: int = 1
    sample_type: SampleType = "int16"


class TranscribeRequest(Struct, frozen=True, kw_only=True):
    """A recording and what to do with it.

    Attributes:
        audio: a file on this machine, or samples in memory. A file is only ever read by the process the
            caller runs in (a remote backend uploads it); no path travels to a server.
        model: the configured model's name or id; None is the active one.
        filename: what to call the recording in messages; default: the file's name.
    """

    audio: Path | RawAudio
    model: str | int | None = None
    options: TranscribeOptions = TranscribeOptions()
    filename: str = ""


class UsedModel(Struct, frozen=True, kw_only=True):
    """What really transcribed: the device and compute type after any fall-back."""

    name: str
    type: str
    device: str
    compute_type: str


class Transcript(Struct, frozen=True, kw_only=True):
    """A finished transcription.

    Attributes:
        duration: length of the recording in seconds.
        load_seconds: time to load the model; 0 when it was loaded already.
        seconds: time from the first sample decoded to the last segment.
    """

    text: str
    segments: list[Segment]
    language: str | None
    language_probability: float | None
    duration: float
    task: Task
    model: UsedModel
    load_seconds: float = 0.0
    seconds: float = 0.0
    warnings: list[str] = []


class Accepted(Struct, frozen=True, kw_only=True, tag_field="event", tag="accepted"):
    """The request is sound and waits for its model."""

    model: str
    ahead: int = 0
    """How many requests go before it."""


class Loading(Struct, frozen=True, kw_only=True, tag_field="event", tag="loading"):
    """The model is being fetched or loaded."""

    detail: str
    done: int | None = None
    """Bytes so far, when something is fetched."""
    total: int | None = None


class Started(Struct, frozen=True, kw_only=True, tag_field="event", tag="started"):
    """Decoding is over and the engine works on `duration` seconds of sound."""

    duration: float
    model: UsedModel
    warnings: list[str] = []


class NewSegment(Struct, frozen=True, kw_only=True, tag_field="event", tag="segment"):
    """One more segment, final as it is."""

    segment: Segment


class Progress(Struct, frozen=True, kw_only=True, tag_field="event", tag="progress"):
    """How far the engine is, in seconds of the recording."""

    position: float
    duration: float


class Done(Struct, frozen=True, kw_only=True, tag_field="event", tag="done"):
    """The last event of a transcription that succeeded. One that fails raises its OrsttError instead."""

    transcript: Transcript


TranscribeEvent = Accepted | Loading | Started | NewSegment | Progress | Done


# --- the backend itself -------------------------------------------------------------------------


class ModelsChanged(Struct, frozen=True, kw_only=True, tag_field="event", tag="models_changed"):
    """The configured models, or which is active, changed."""

    reason: str
    """One line for a log or a notice, e.g. `activated small`."""


class RequestServed(Struct, frozen=True, kw_only=True, tag_field="event", tag="request_served"):
    """The embedded API answered a request; shown in the terminal."""

    method: str
    path: str
    status: int
    seconds: float
    client: str = ""


BackendEvent = ModelsChanged | RequestServed


class BackendInfo(Struct, frozen=True, kw_only=True):
    """Where a backend is and what stands behind it."""

    location: str
    """`local`, or the server's address."""
    version: str
    database: str
    """`sqlite` or `postgres`; never an address or a password."""
    active_model: str


class Finding(Struct, frozen=True, kw_only=True):
    """One line of `orstt doctor`."""

    subject: str
    outcome: Literal["ok", "warning", "missing"]
    detail: str
    fix: str = ""


class Diagnosis(Struct, frozen=True, kw_only=True):
    """What works here and what is missing."""

    findings: list[Finding]

    @property
    def healthy(self) -> bool:
        """True when nothing is missing."""
        return all(finding.outcome != "missing" for finding in self.findings)


class Problem(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """An error on the wire (RFC 9457, with our code and hint). `type` is `orstt:<code>`."""

    type: str
    title: str
    status: int
    detail: str
    hint: str = ""
    field: str = ""


def to_json(value: object) -> bytes:
    """Encode any of these Structs (or lists of them) as JSON."""
    return msgspec.json.encode(value)
