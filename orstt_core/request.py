"""Requests of whatever a script has: a path, an open file, bytes, samples with their rate."""

from __future__ import annotations

from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, TypeAlias, Unpack

from orstt_core.conversion import convert
from orstt_core.errors import InvalidRequest
from orstt_core.option_fields import fields_of, refuse_unknown
from orstt_core.types import (
    FileContent,
    RawAudio,
    StoredRecording,
    TranscribeKeywords,
    TranscribeOptions,
    TranscribeRequest,
)

if TYPE_CHECKING:
    from numpy.typing import ArrayLike

Audio: TypeAlias = (
    "str | PathLike[str] | bytes | BinaryIO | tuple[float, ArrayLike] | FileContent | RawAudio | StoredRecording"
)
"""What can be transcribed; see `make_request`."""


def make_request(
    audio: Audio, model: str | int | None = None, **options: Unpack[TranscribeKeywords]
) -> TranscribeRequest:
    """Return the request to transcribe a recording, for `Backend.transcribe` and `Backend.submit_job`.

    Args:
        audio: the path of a recording in any of the usual formats; an open binary file, or the bytes of one; or
            `(rate in Hz, samples)`, samples of shape (n,) or (n, channels).
        model: name or id of a configured model; None is the active one.
        options: those of `TranscribeOptions`, by name: `language="de"`, `word_timestamps=True`, `task="translate"`.
            The language is detected unless it is given.

    Raises:
        InvalidRequest: the audio is none of these, or an option is unknown or does not fit.
        AudioError: an array cannot be sound.
    """
    refuse_unknown(options, [field.name for field in fields_of(TranscribeOptions)])
    recording, filename = _recording(audio)
    return TranscribeRequest(
        audio=recording, model=model, options=convert(options, TranscribeOptions, strict=True), filename=filename
    )


def _recording(audio: Audio) -> tuple[Path | FileContent | RawAudio | StoredRecording, str]:
    """Return the recording as a request has it, and what to call it where that says nothing."""
    match audio:
        case str() | PathLike():
            return Path(audio), ""
        case bytes() | bytearray() | memoryview():
            return FileContent(data=bytes(audio)), ""
        case FileContent() | RawAudio() | StoredRecording():
            return audio, ""
        case tuple():
            from orstt_core.audio.arrays import raw_audio

            return raw_audio(audio), ""
    return _read(audio)


def _read(file: object) -> tuple[FileContent, str]:
    """Return what is left to read of an open file, and its name."""
    read = getattr(file, "read", None)
    if read is None:
        raise _no_audio(f"{type(file).__name__} is nothing that can be transcribed.")
    data = read()
    if not isinstance(data, bytes):
        raise _no_audio("The file is open for reading text.", 'Open it by open(path, "rb").')
    name = getattr(file, "name", "")
    return FileContent(data=data), Path(name).name if isinstance(name, str) else ""


def _no_audio(message: str, hint: str = "") -> InvalidRequest:
    return InvalidRequest(message, hint=hint or "Give a path, an open file, bytes, or (rate, samples).", field="audio")
