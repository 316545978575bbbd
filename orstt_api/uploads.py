"""Uploads: a multipart form whose recording goes to a temporary file while it arrives, never into memory.

The file is gone when the upload is closed, or when nothing refers to it any more. The name that the client
gives is a label for messages and never becomes part of a path; only a plain suffix is taken over.
"""

from __future__ import annotations

import asyncio
import errno
import tempfile
from collections.abc import AsyncGenerator
from contextlib import ExitStack, aclosing
from pathlib import Path, PurePosixPath
from types import TracebackType
from typing import IO, Any, Protocol, Self

import msgspec
from litestar import Request
from litestar.exceptions import HTTPException, InternalServerException
from litestar.status_codes import HTTP_413_REQUEST_ENTITY_TOO_LARGE
from msgspec import Struct
from multipart import MultipartError, MultipartSegment, PushMultipartParser

from orstt_api.problems import ClientGone
from orstt_core.errors import InvalidRequest, TooLarge
from orstt_core.types import RawAudio, SampleType, TranscribeOptions, TranscribeRequest

MIB = 1024 * 1024
ENVELOPE_BYTES = 256 * 1024
"""What the other fields and the form's own lines may take beside the recording."""

AUDIO = "audio"
MAX_PARTS = 32
MAX_FIELD_BYTES = 64 * 1024
MAX_LABEL = 200
MAX_SUFFIX = 10


def body_limit(max_upload_mb: int) -> int:
    """Return the largest body, in bytes, of a form with a recording of this many MiB."""
    return max_upload_mb * MIB + ENVELOPE_BYTES


class SampleFields(Struct, frozen=True, kw_only=True):
    """Fields that say the upload is bare little-endian samples and not a file."""

    rate: int
    channels: int = 1
    sample_type: SampleType = "int16"


class Upload:
    """A received form: a recording on disk and the text fields beside it. Leaving its context removes the file."""

    def __init__(self) -> None:
        self.fields: dict[str, str] = {}
        self._label = ""
        self._file: IO[bytes] | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._file is not None:
            self._file.close()

    def begin(self, part: MultipartSegment) -> _Part:
        """Return what takes the bytes of this part of the form.

        Raises:
            InvalidRequest: it is a second recording.
        """
        name = part.name or ""
        if name != AUDIO:
            return _TextPart(name, self.fields)
        if self._file is not None:
            raise InvalidRequest("The form carries more than one recording.", field=AUDIO)
        self._label = _label(part.filename or "")
        self._file = tempfile.NamedTemporaryFile(prefix="orstt-", suffix=_suffix(self._label))  # noqa: SIM115 - closed by __exit__
        return _FilePart(self._file)

    def request(self, options: TranscribeOptions | None = None) -> TranscribeRequest:
        """Return what the form asks for.

        Args:
            options: how to transcribe; default: what the field `options` says, in JSON.

        Raises:
            InvalidRequest: there is no recording, or a field does not fit.
        """
        if self._file is None:
            raise InvalidRequest("The form carries no recording.", hint=f"Send it in the field `{AUDIO}`.", field=AUDIO)
        return TranscribeRequest(
            audio=self._audio(Path(self._file.name)),
            model=self._model(),
            options=options or self._options(),
            filename=self._label or "the recording",
        )

    def _audio(self, path: Path) -> Path | RawAudio:
        described = {name: self.fields[name] for name in SampleFields.__struct_fields__ if name in self.fields}
        if not described:
            return path
        try:
            samples = msgspec.convert(described, SampleFields, strict=False)
        except msgspec.ValidationError as error:
            raise InvalidRequest(f"The fields that describe the samples do not fit: {error}.") from error
        data = path.read_bytes()
        return RawAudio(data=data, rate=samples.rate, channels=samples.channels, sample_type=samples.sample_type)

    def _model(self) -> int | str | None:
        number = self.fields.get("model_id", "")
        if not number:
            return self.fields.get("model") or None
        try:
            return msgspec.convert(number, int, strict=False)
        except msgspec.ValidationError as error:
            raise InvalidRequest(f"{number!r} is not a model's id.", field="model_id") from error

    def _options(self) -> TranscribeOptions:
        try:
            return msgspec.json.decode(self.fields.get("options") or "{}", type=TranscribeOptions)
        except msgspec.DecodeError as error:
            raise InvalidRequest(f"The options do not fit: {error}.", field="options") from error


async def receive_upload(request: Request[Any, Any, Any]) -> Upload:
    """Read a multipart form; the recording's bytes go to disk as they arrive.

    Raises:
        InvalidRequest: the body is no such form.
        TooLarge: it is larger than the route takes, or the disk is full.
        ClientGone: the client closed the connection on the way.
    """
    kind, parameters = request.content_type
    if kind != "multipart/form-data":
        raise InvalidRequest(
            "A recording comes as multipart/form-data.", hint=f"For example: curl -F {AUDIO}=@recording.wav ADDRESS"
        )
    with ExitStack() as cleanup:
        upload = cleanup.enter_context(Upload())
        try:
            await _receive_parts(request, parameters.get("boundary", ""), upload)
        except MultipartError as error:
            raise InvalidRequest(f"The form cannot be read: {error}.") from error
        except InternalServerException as error:
            raise ClientGone from error
        except HTTPException as error:
            if error.status_code != HTTP_413_REQUEST_ENTITY_TOO_LARGE:
                raise
            limit = (request.route_handler.resolve_request_max_body_size() or 0) // MIB
            raise TooLarge(
                f"The recording is larger than the {limit} MiB that this server takes.",
                hint="Raise ORSTT_MAX_UPLOAD_MB on the server, or send it in pieces.",
                field=AUDIO,
            ) from error
        except OSError as error:
            if error.errno not in (errno.ENOSPC, errno.EDQUOT):
                raise
            raise TooLarge(
                "The server's temporary folder has no room for the recording.",
                hint="Make room there, or start the server with TMPDIR set to a larger folder.",
                field=AUDIO,
            ) from error
        cleanup.pop_all()
    return upload


async def _receive_parts(request: Request[Any, Any, Any], boundary: str, upload: Upload) -> None:
    body: AsyncGenerator[bytes, None] = request.stream()
    part: _Part = _TextPart("", {})
    async with aclosing(body):
        with PushMultipartParser(boundary, max_segment_count=MAX_PARTS) as parser:
            async for chunk in body:
                for event in parser.parse(chunk):
                    if isinstance(event, MultipartSegment):
                        part = upload.begin(event)
                    elif event is None:
                        await part.end()
                    else:
                        await part.write(event)


class _Part(Protocol):
    async def write(self, data: bytes) -> None: ...

    async def end(self) -> None: ...


class _TextPart:
    def __init__(self, name: str, fields: dict[str, str]) -> None:
        self._name, self._fields, self._data = name, fields, b""

    async def write(self, data: bytes) -> None:
        self._data += data
        if len(self._data) > MAX_FIELD_BYTES:
            raise TooLarge(f"The field {self._name!r} is longer than {MAX_FIELD_BYTES} bytes.", field=self._name)

    async def end(self) -> None:
        self._fields[self._name] = self._data.decode("utf-8", "replace")


class _FilePart:
    def __init__(self, file: IO[bytes]) -> None:
        self._file, self._pending = file, bytearray()

    async def write(self, data: bytes) -> None:
        self._pending += data
        if len(self._pending) >= MIB:
            await self.end()

    async def end(self) -> None:
        # A slow disk must not hold up the other requests.
        await asyncio.to_thread(self._save, bytes(self._pending))
        self._pending.clear()

    def _save(self, data: bytes) -> None:
        self._file.write(data)
        self._file.flush()


def _label(filename: str) -> str:
    """Return the last part of a client's file name, without what a terminal would take for a command."""
    name = PurePosixPath(filename.replace("\\", "/")).name
    return "".join(letter for letter in name if letter.isprintable())[:MAX_LABEL]


def _suffix(label: str) -> str:
    suffix = PurePosixPath(label).suffix
    plain = suffix[1:].isascii() and suffix[1:].isalnum() and len(suffix) <= MAX_SUFFIX
    return suffix if plain else ""
