"""Requests of whatever a script has: a path, an open file, bytes, samples with their rate."""

from __future__ import annotations

import re
from contextlib import suppress
from os import PathLike
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, TypeAlias, Unpack

from orstt_core.conversion import convert
from orstt_core.errors import InvalidRequest
from orstt_core.option_fields import fields_of, refuse_unknown, unread
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
ADDRESS = re.compile(r"[a-z][a-z0-9+.-]+://", re.IGNORECASE)


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
    fields = {field.name: field for field in fields_of(TranscribeOptions)}
    refuse_unknown(options, fields)
    given = {
        name: unread(fields[name], value) if isinstance(value, str) and fields[name].many else value
        for name, value in options.items()
    }
    recording, filename = _recording(audio)
    return TranscribeRequest(
        audio=recording, model=model, options=convert(given, TranscribeOptions, strict=True), filename=filename
    )


def _recording(audio: Audio) -> tuple[Path | FileContent | RawAudio | StoredRecording, str]:
    """Return the recording as a request has it, and what to call it where that says nothing."""
    match audio:
        case str() if ADDRESS.match(audio):
            raise _no_audio(f"{audio[:200]!r} is an address, and nothing is fetched.", "Give the path of a file.")
        case str() | PathLike():
            return _path(audio), ""
        case bytes() | bytearray() | memoryview():
            return FileContent(data=bytes(audio)), ""
        case FileContent() | RawAudio() | StoredRecording():
            return audio, ""
        case tuple():
            from orstt_core.audio.arrays import raw_audio

            return raw_audio(audio), ""
    return _read(audio)


def _path(audio: str | PathLike[str]) -> Path:
    path = Path(audio)
    with suppress(RuntimeError):  # a user without a home
        return path.expanduser()
    return path


def _read(file: object) -> tuple[FileContent, str]:
    """Return what is left to read of an open file, and its name."""
    read = getattr(file, "read", None)
    if read is None:
        raise _no_audio(f"{type(file).__name__} is nothing that can be transcribed.")
    try:
        data = read()
    except (OSError, ValueError) as error:  # it is closed, or open for writing
        raise _no_audio(f"The file cannot be read: {error}.", 'Open it by open(path, "rb").') from error
    if not isinstance(data, bytes):
        raise _no_audio("The file is open for reading text.", 'Open it by open(path, "rb").')
    name = getattr(file, "name", "")
    return FileContent(data=data), Path(name).name if isinstance(name, str) else ""


def _no_audio(message: str, hint: str = "") -> InvalidRequest:
    return InvalidRequest(message, hint=hint or "Give a path, an open file, bytes, or (rate, samples).", field="audio")
