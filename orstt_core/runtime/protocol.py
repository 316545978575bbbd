"""What a host and its engine process say to each other: length-prefixed MessagePack over two pipes.

Host to child: one `Work` at a time, or `Cancel`; the end of the pipe ends the child, so it never outlives
its host. Child to host, for each `Work`: `Loading`*, `Loaded`, `Decoded`, `NewSegment`*, then one of
`Finished`, `Cancelled`, `Failure`. Sound goes over as a file's path, never through the pipe.
"""

from __future__ import annotations

import os
import sys
from pathlib import Path

import msgspec
from msgspec import Struct

from orstt_core.settings import Settings
from orstt_core.types import Loading, NewSegment, SampleType, TranscribeOptions

LENGTH_BYTES = 4


class EngineSpec(Struct, frozen=True, kw_only=True):
    """Which engine with which model: two equal specs can share a process.

    Attributes:
        engine: where the class is, as `module:qualname`.
        model: the weights, as the engine's `model_name`.
    """

    model_type: str
    engine: str
    model: str
    device: str
    compute_type: str


class Recording(Struct, frozen=True, kw_only=True):
    """Where the sound is.

    Attributes:
        name: what to call it in messages.
        sample_type: set for headerless PCM, with its rate (Hz) and channels; None for a media file.
    """

    path: Path
    name: str
    sample_type: SampleType | None = None
    rate: int = 0
    channels: int = 1


class Work(Struct, frozen=True, kw_only=True, tag="work"):
    """Transcribe a recording.

    Attributes:
        settings: the host's, without the secrets.
        import_path: the host's `sys.path`, so that the child finds what the host finds.
    """

    spec: EngineSpec
    recording: Recording
    options: TranscribeOptions
    settings: Settings
    import_path: list[Path] = msgspec.field(default_factory=lambda: [Path(entry) for entry in sys.path])


class Cancel(Struct, frozen=True, tag="cancel"):
    """Stop at the next segment; answered by `Cancelled` unless the work ended first."""


class Loaded(Struct, frozen=True, kw_only=True, tag="loaded"):
    """The model is in memory, on the device and in the compute type it really uses."""

    device: str
    compute_type: str
    seconds: float
    warnings: list[str]


class Decoded(Struct, frozen=True, kw_only=True, tag="decoded"):
    """The recording is decoded: `duration` seconds of it."""

    duration: float
    warnings: list[str]


class Finished(Struct, frozen=True, kw_only=True, tag="finished"):
    """All segments were sent; `seconds` is the time from the first to the last sample."""

    seconds: float


class Cancelled(Struct, frozen=True, tag="cancelled"):
    """The work was given up because the host asked for it."""


class Failure(Struct, frozen=True, kw_only=True, tag="failure"):
    """The work failed with this OrsttError."""

    code: str
    message: str
    hint: str
    field: str


class LoadingMessage(Struct, frozen=True, kw_only=True, tag="loading"):
    """A `Loading` event on its way."""

    event: Loading


class SegmentMessage(Struct, frozen=True, kw_only=True, tag="segment"):
    """A `NewSegment` event on its way."""

    event: NewSegment


ToChild = Work | Cancel
FromChild = LoadingMessage | Loaded | Decoded | SegmentMessage | Finished | Cancelled | Failure


def _encode_path(value: object) -> bytes:
    # A path may hold bytes that are no text, which MessagePack's strings cannot.
    assert isinstance(value, Path)
    return os.fsencode(value)


def _decode_path(kind: type, value: object) -> object:
    assert kind is Path
    assert isinstance(value, bytes)
    return Path(os.fsdecode(value))


_encoder = msgspec.msgpack.Encoder(enc_hook=_encode_path)
_to_child: msgspec.msgpack.Decoder[ToChild] = msgspec.msgpack.Decoder(ToChild, dec_hook=_decode_path)
_from_child: msgspec.msgpack.Decoder[FromChild] = msgspec.msgpack.Decoder(FromChild)


def encode(message: ToChild | FromChild) -> bytes:
    """Return the message with its length before it."""
    body = _encoder.encode(message)
    return len(body).to_bytes(LENGTH_BYTES, "big") + body


def decode_to_child(body: bytes) -> ToChild:
    """Return the message that a child received, without its length."""
    return _to_child.decode(body)


def decode_from_child(body: bytes) -> FromChild:
    """Return the message that a host received, without its length."""
    return _from_child.decode(body)
