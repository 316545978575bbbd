"""A recording to transcribe, and how. Times are seconds from its start."""

from __future__ import annotations

import re
from collections.abc import Sequence
from os import PathLike
from pathlib import Path
from typing import Annotated, ClassVar, Literal, TypedDict

from msgspec import Meta
from msgspec.structs import force_setattr, replace

from orstt_core.errors import InvalidRequest
from orstt_core.types.checked import Checked
from orstt_core.types.options import described
from orstt_core.types.sample_format import RawAudio, SampleFormat
from orstt_core.types.transcript import Task

Channels = Literal["mixed", "separate"]
Tracks = Literal["one", "all"]
Mode = Literal["fast", "classic"]
Preference = Literal["fastest", "balanced", "best"]
Purpose = Literal["transcript", "benchmark"]
ModelId = Annotated[int, Meta(ge=-(2**63), le=2**63 - 1)]
KeepAlive = Annotated[float, Meta(ge=-1, le=1e9)]
"""Seconds that an idle model stays loaded; a billion is as good as for ever, which is -1."""

DETECTION = frozenset(
    {"", "auto", "autodetect", "automatic", "detect", "mis", "mul", "multi", "none", "null", "und", "undefined"}
    | {"undetermined", "unknown", "zxx"}
)
"""What clients write for a language that is to be detected, without hyphens and spaces.

`mis`, `mul`, `und` and `zxx` are those of ISO 639-2 that name no language; files and players have them.
"""


class TranscribeOptions(Checked, frozen=True, kw_only=True, omit_defaults=True):
    """How to transcribe. What an engine does not declare is refused, unless left at its default.

    An option is described here and nowhere else: forms, the command line, the OpenAPI document, the terminal and the
    capability check read `orstt_core.option_fields`. None leaves the choice to the engine.
    """

    language: Annotated[
        str | None,
        described("Language", "What is spoken, e.g. en; not given, it is detected.", kind="language", common=True),
    ] = None
    languages: Annotated[
        tuple[str, ...],
        Meta(max_length=20),
        described(
            "Languages",
            "Which languages it may be where it is detected; not given, any.",
            kind="language",
            needs="language_detection",
        ),
    ] = ()
    task: Annotated[
        Task, described("Task", "translate gives English text whatever is spoken.", needs="translate", common=True)
    ] = "transcribe"
    word_timestamps: Annotated[bool, described("Word times", "Measure when each word is spoken.", needs="words")] = (
        False
    )
    initial_prompt: Annotated[
        str | None,
        described(
            "Prompt", "Names and spellings to prefer, as a text that came before.", needs="prompt", flag="prompt"
        ),
    ] = None
    hotwords: Annotated[
        str | None,
        described(
            "Hotwords",
            "Words to expect, separated by spaces, or by commas where one is several words.",
            needs="hotwords",
        ),
    ] = None
    vocabulary: Annotated[
        tuple[str, ...],
        Meta(max_length=20),
        described("Vocabulary", "Lists of words to expect, by name, beside those that the model has."),
    ] = ()
    vad_filter: Annotated[
        bool,
        described(
            "Speech only",
            "Leave out what is not speech: without it Whisper invents sentences on silence and noise.",
            flag="vad",
        ),
    ] = True
    vad_threshold: Annotated[
        Annotated[float, Meta(gt=0, lt=1)] | None,
        described("Threshold", "How probable speech must be to be kept.", needs="vad", detail_of="vad_filter"),
    ] = None
    vad_padding_ms: Annotated[
        Annotated[int, Meta(ge=0, le=5_000)] | None,
        described(
            "Padding, ms",
            "Milliseconds of sound to keep before and after speech.",
            needs="vad",
            detail_of="vad_filter",
        ),
    ] = None
    vad_silence_ms: Annotated[
        Annotated[int, Meta(ge=0, le=60_000)] | None,
        described(
            "Silence, ms",
            "How many milliseconds a silence must last to be left out.",
            needs="vad",
            detail_of="vad_filter",
        ),
    ] = None
    channels: Annotated[
        Channels,
        described(
            "Channels",
            "separate transcribes each channel by itself, 20 at most, as of a call with a speaker a side; "
            "mixed, all as one.",
        ),
    ] = "mixed"
    track: Annotated[
        Annotated[int, Meta(ge=1, le=1000)] | None,
        described(
            "Track",
            "Number of the sound track where a file has several; not given, the default one that is not silent.",
        ),
    ] = None
    tracks: Annotated[
        Tracks,
        described("Tracks", "all transcribes each sound track by itself, where a file has several; one, only one."),
    ] = "one"
    mode: Annotated[
        Mode | None,
        described(
            "Mode",
            "fast decodes windows between pauses side by side; classic one half minute after another, as OpenAI's "
            "Whisper does; not given, as the model says, or fast where it is proved.",
            needs="modes",
        ),
    ] = None
    logprobs: Annotated[
        bool, described("Log probabilities", "Measure the probability of every token.", needs="logprobs")
    ] = False
    beam_size: Annotated[
        int,
        Meta(ge=1, le=20),
        described(
            "Beam size", "How many readings are kept in view; 1 is faster and a little worse.", needs="beam_size"
        ),
    ] = 5
    temperature: Annotated[
        tuple[Annotated[float, Meta(ge=0, le=1)], ...],
        Meta(min_length=1, max_length=10),
        described(
            "Temperature",
            "Sampling temperatures, tried in order while a passage decodes badly.",
            needs="temperature",
        ),
    ] = (0.0, 0.2, 0.4, 0.6, 0.8, 1.0)

    prefer: Annotated[
        Preference,
        described(
            "Prefer",
            "Of the model auto: balanced takes the quickest that is nearly as accurate as the best, best the most "
            "accurate, fastest the quickest.",
        ),
    ] = "balanced"
    deadline: Annotated[
        Annotated[float, Meta(gt=0, le=1e6)] | None,
        described("Deadline, s", "Of the model auto: in how many seconds the text is wanted, from when it is decoded."),
    ] = None
    max_error: Annotated[
        Annotated[float, Meta(gt=0, le=100)] | None,
        described("Highest error, %", "Of the model auto: how many words in a hundred may be wrong, by expectation."),
    ] = None

    def __post_init__(self) -> None:
        super().__post_init__()
        self._refuse_other_parts()
        if self.language is not None and is_detection(self.language):
            force_setattr(self, "language", None)
        if any(map(is_detection, self.languages)):  # it is detected among the others, if there are any
            force_setattr(self, "languages", tuple(text for text in self.languages if not is_detection(text)))

    def _refuse_other_parts(self) -> None:
        for name, asked in (("track", self.track is not None), ("channels", self.channels != "mixed")):
            if asked and self.tracks == "all":
                raise InvalidRequest(
                    f"{name} and tracks=all do not go together.", hint="Leave one of the two out.", field="tracks"
                )


WISHES = ("prefer", "deadline", "max_error")
"""Options that say which model to choose; where one is named they are refused."""


def without_wishes(options: TranscribeOptions) -> TranscribeOptions:
    """Return the options of a transcription by `auto` as a model that is named can have them."""
    default = TranscribeOptions()
    return replace(options, **{name: getattr(default, name) for name in WISHES})


class TranscribeKeywords(TypedDict, total=False):
    """`TranscribeOptions` as keyword arguments, for editors and type checkers; a test compares the two."""

    language: str | None
    languages: Sequence[str]
    task: Task
    word_timestamps: bool
    initial_prompt: str | None
    hotwords: str | None
    vocabulary: Sequence[str]
    vad_filter: bool
    vad_threshold: float | None
    vad_padding_ms: int | None
    vad_silence_ms: int | None
    channels: Channels
    mode: Mode | None
    track: int | None
    tracks: Tracks
    logprobs: bool
    beam_size: int
    temperature: Sequence[float]
    prefer: Preference
    deadline: float | None
    max_error: float | None


def is_detection(language: str) -> bool:
    """Whether a language stands for none: it is to be detected."""
    return re.sub(r"[\s_-]", "", language.lower()) in DETECTION


class FileContent(Checked, frozen=True, kw_only=True):
    """The bytes of a file in any of the usual formats, in memory."""

    data: bytes


class StoredRecording(Checked, frozen=True, kw_only=True):
    """A recording that is there already, for a job of the caller's; it keeps its name and its layout.

    Attributes:
        id: as `Job.recording` says it.
    """

    id: Annotated[str, Meta(min_length=1, max_length=100)]


class TranscribeRequest(Checked, frozen=True, kw_only=True):
    """A recording and what to do with it.

    Attributes:
        audio: a file on this machine, its path or its bytes, samples in memory, or what a job has already. A file is
            only ever read by the process the caller runs in (a remote backend uploads it); no path travels to a server.
        model: the configured model's name or id; None is the active one.
        filename: what to call the recording in messages; default: the file's name.
        sample_format: set where the file is bare samples without a header.
        sha256: that of a disposable file's bytes, in hexadecimal digits, where it was counted while they arrived.
        disposable: the file is a temporary one: the backend takes it over and removes it when the job has ended.
        keep_audio: keep an upload, or samples, after the job has ended, until the job itself is removed.
        keep_alive: seconds the model stays loaded when it is idle afterwards (0 not at all, -1 for ever); None
            is the setting's.
        idempotency_key: a request with a key that was used before is the job it was then; empty: none.
        callback_url: where a signed notice is sent when the job has ended; empty: nowhere.
        purpose: what it is for: its transcript, or the measurement of a model; the lists of jobs tell them apart.
        patient: wait however long the queue is; otherwise a full queue refuses the request.
    """

    checked_by_hand: ClassVar = frozenset({"audio"})
    labels: ClassVar = frozenset({"filename"})

    audio: Path | FileContent | RawAudio | StoredRecording
    model: str | ModelId | None = None
    options: TranscribeOptions = TranscribeOptions()
    filename: str = ""
    sample_format: SampleFormat | None = None
    sha256: str = ""
    disposable: bool = False
    keep_audio: bool = False
    keep_alive: KeepAlive | None = None
    idempotency_key: Annotated[str, Meta(max_length=200)] = ""
    callback_url: Annotated[str, Meta(max_length=2000)] = ""
    purpose: Purpose = "transcript"
    patient: bool = True

    def __post_init__(self) -> None:
        super().__post_init__()
        if isinstance(self.audio, str | PathLike):
            force_setattr(self, "audio", Path(self.audio))
        elif not isinstance(self.audio, FileContent | RawAudio | StoredRecording):
            raise InvalidRequest(
                f"{type(self.audio).__name__} is no recording that can be sent as it is.",
                hint="`orstt_core.make_request` takes open files, bytes and arrays too.",
                field="audio",
            )
