"""What a host and its children say to each other, in frames (`orstt_core.runtime.frames`) over two pipes.

The host numbers its work; several pieces of it may be under way in one child. The end of the pipe ends the child, so it
never outlives its host. Sound goes over as a file's path, never through the pipe.

To an engine's process (`engine_process` is the host's end, `engine_child` the child's): `Load` or `Work` begins some
work, then `Pause`, `Continue` or `Cancel` may follow. It answers a `Work` with `LoadingMessage`*, `Loaded`,
`SpeechMessage`* and `SegmentMessage`*, and a `Load` with `LoadingMessage`*, `Loaded`; `Paused` comes in between where
it was asked for; all ends in one of `Finished`, `Cancelled`, `Failure`. To the decoder's process (`decoder` and
`decoder_child`): `DecodeWork`, answered by `Begun`, `RoomNeeded`* and `Decoded` or `Failure`; each `RoomNeeded` is
answered by `Room`.
"""

from __future__ import annotations

import sys
from pathlib import Path
from typing import Literal

import msgspec
from msgspec import Struct

from orstt_core.audio.excerpt import Excerpt
from orstt_core.settings import DecodeLimits, EngineSettings
from orstt_core.types import Loading, NewSegment, SampleFormat, SoundFacts, TranscribeOptions
from orstt_core.units import SAMPLE_RATE


class EngineSpec(Struct, frozen=True, kw_only=True):
    """Which engine with which model: two equal specs can share a process.

    Attributes:
        engine: where the class is, as `module:qualname`.
        model: the weights, as the engine's `model_name`.
        options: the engine's, as JSON with sorted names.
    """

    model_type: str
    engine: str
    model: str
    device: str
    compute_type: str
    options: str = "{}"


class Recording(Struct, frozen=True, kw_only=True):
    """A recording as a person gave it.

    Attributes:
        name: what to call it in messages.
        named: whether that is not the file's own name: messages then do not show its path.
        sample_format: set for bare samples; None for a media file.
        track: number of the sound track, from 1 on; None is the one that players choose.
    """

    path: Path
    name: str
    named: bool = False
    sample_format: SampleFormat | None = None
    track: int | None = None


Parts = Literal["channels", "tracks"]
"""What of a recording may be transcribed each by itself."""


class SoundFile(Struct, frozen=True, kw_only=True):
    """A decoded recording: a file of bare float32 mono samples at 16 kHz within [-1, 1].

    Attributes:
        samples: how many there are.
        warnings: what a person should know about the recording, each a sentence.
        part: which channel or track it is, from 1 on; 0: all channels of one, mixed or the same.
        parts: those that are to be transcribed by themselves, in order; empty: the sound is all there is.
        peaks: as `orstt_core.audio.peaks` counts them.
        facts: what it sounds like.
    """

    path: Path
    samples: int
    warnings: list[str]
    part: int = 0
    parts: list[int] = []
    peaks: bytes = b""
    facts: SoundFacts | None = None

    @property
    def duration(self) -> float:
        """Length in seconds."""
        return self.samples / SAMPLE_RATE


class Resume(Struct, frozen=True, kw_only=True):
    """Where to go on with a recording whose beginning is transcribed already.

    Attributes:
        start: seconds from the recording's beginning.
        next_id: the id of the first segment to come.
        language: the language that was spoken so far, as far as it is known.
        prompt: the last text before `start`.
    """

    start: float
    next_id: int
    language: str | None
    language_probability: float | None
    prompt: str


def _import_path() -> list[Path]:
    return [Path(entry) for entry in sys.path]


class Load(Struct, frozen=True, kw_only=True, tag="load"):
    """Load the model; with `probe` also let it transcribe a second of sound, whatever it makes of it.

    Attributes:
        name: what to call the model in messages; empty: as its weights.
    """

    spec: EngineSpec
    settings: EngineSettings
    probe: bool = False
    name: str = ""
    import_path: list[Path] = msgspec.field(default_factory=_import_path)


class Work(Struct, frozen=True, kw_only=True, tag="work"):
    """Transcribe a decoded recording.

    Attributes:
        terms: words to expect, the most used first; as many are as the engine can take.
        name: what the model is configured as; empty: it is not.
        import_path: the host's `sys.path`, so that the child finds what the host finds.
    """

    spec: EngineSpec
    sound: SoundFile
    options: TranscribeOptions
    settings: EngineSettings
    terms: list[str] = []
    name: str = ""
    resume: Resume | None = None
    import_path: list[Path] = msgspec.field(default_factory=_import_path)


class DecodeWork(Struct, frozen=True, kw_only=True, tag="decode"):
    """Decode a recording into a new file.

    Attributes:
        into: the file to write; it exists, is empty, and belongs to the host.
        part: which channel or track to decode by itself, from 1 on; 0: all channels, mixed.
        parts: what the parts are.
        excerpt: from when to when to decode; None: all of it.
    """

    recording: Recording
    into: Path
    limits: DecodeLimits
    part: int = 0
    parts: Parts = "channels"
    excerpt: Excerpt | None = None


class Room(Struct, frozen=True, kw_only=True, tag="room"):
    """Whether the sound may take the room that was asked for."""

    granted: bool


class Pause(Struct, frozen=True, tag="pause"):
    """Stop after the segment that is computed, and keep all to go on with; answered by `Paused` unless all is done."""


class Continue(Struct, frozen=True, tag="continue"):
    """Go on with paused work."""


class Cancel(Struct, frozen=True, tag="cancel"):
    """Stop, after the segment that is being computed at the latest; answered by `Cancelled` unless all is done."""


class Loaded(Struct, frozen=True, kw_only=True, tag="loaded"):
    """The model is in memory, on the device and in the compute type it really uses.

    Attributes:
        seconds: what loading it took; 0 where it was loaded before.
        capacity: how many pieces of work it serves at once.
        libraries: versions of what it computes with.
    """

    device: str
    compute_type: str
    seconds: float
    warnings: list[str]
    capacity: int = 1
    libraries: dict[str, str] = {}


class Begun(Struct, frozen=True, tag="begun"):
    """The child has started and turns to the recording: if it dies from now on, it may have died of that."""


class RoomNeeded(Struct, frozen=True, kw_only=True, tag="room-needed"):
    """The sound needs room on the disk, of so many bytes in all; the child waits for the answer."""

    bytes: int


class Decoded(Struct, frozen=True, kw_only=True, tag="decoded"):
    """The recording is decoded."""

    sound: SoundFile


class Finished(Struct, frozen=True, kw_only=True, tag="finished"):
    """All segments were sent.

    Attributes:
        seconds: the time from the first to the last sample, without pauses.
        invented: how many segments were not sent since the last that was: nobody can say so much in so short a time.
        windows: how many were decoded, where the engine counts them.
        repeated_windows: how many of them were decoded again.
        peak_memory: most bytes that the process has taken so far, whatever for; None: the system does not say.
    """

    seconds: float
    invented: int = 0
    windows: int = 0
    repeated_windows: int = 0
    peak_memory: int | None = None


class Paused(Struct, frozen=True, kw_only=True, tag="paused"):
    """The work rests and holds the engine no more; `seconds` are those that it took so far."""

    seconds: float


class Cancelled(Struct, frozen=True, kw_only=True, tag="cancelled"):
    """The work was given up because the host asked for it; `seconds` are those that it took."""

    seconds: float


class Failure(Struct, frozen=True, kw_only=True, tag="failure"):
    """The work failed with this OrsttError."""

    code: str
    message: str
    hint: str
    field: str
    retry_after: int | None = None


class LoadingMessage(Struct, frozen=True, kw_only=True, tag="loading"):
    """A `Loading` event on its way."""

    event: Loading


class SegmentMessage(Struct, frozen=True, kw_only=True, tag="segment"):
    """A `NewSegment` event on its way.

    Attributes:
        invented: how many segments before it were not sent, as for `Finished`.
        seconds: the time from the first sample to this segment, without pauses.
    """

    event: NewSegment
    invented: int = 0
    seconds: float = 0.0


class SpeechMessage(Struct, frozen=True, kw_only=True, tag="speech"):
    """Where speech was found from `start` on: beginning and end of each passage, all in seconds of the recording.

    What was said of that time before is void: windows are looked for again from where the last may go on.
    """

    start: float
    spans: list[tuple[float, float]]


ToChild = Load | Work | DecodeWork | Room | Pause | Continue | Cancel
FromChild = (
    LoadingMessage
    | Loaded
    | Begun
    | RoomNeeded
    | Decoded
    | SpeechMessage
    | SegmentMessage
    | Paused
    | Finished
    | Cancelled
    | Failure
)
