"""Uploads: a multipart form whose recording goes to a file in the spool while it arrives, never into memory.

From the moment the backend is given the recording it is the backend's, which removes it when it does not become a
job's, or when that job has ended; until then it is removed here. The name that the client gives is a label for
messages and never becomes part of a path; only a plain suffix is taken over.
"""

from __future__ import annotations

import asyncio
import weakref
from collections.abc import Callable
from contextlib import AsyncExitStack, aclosing
from pathlib import Path
from types import TracebackType
from typing import Any, BinaryIO, Generic, Self

import msgspec
from litestar import Request
from litestar.exceptions import HTTPException, InternalServerException
from litestar.status_codes import HTTP_413_REQUEST_ENTITY_TOO_LARGE
from multipart import MultipartError, MultipartSegment

from orstt_api.body_memory import TAKE_MEMORY
from orstt_api.client_connection import ClientDisconnected, server_stopping
from orstt_api.form_parts import MAX_FIELDS, FilePart, IgnoredPart, Part, TextPart, receive_parts
from orstt_api.forms import FormKind, Parsed, given_text
from orstt_api.protocol.transfer_rate import BODY, PacedBody
from orstt_api.upload_file import discard, for_client, label_of, new_upload, suffix_of
from orstt_api.upload_places import CLIENT, UploadPlaces
from orstt_core.backend import Backend
from orstt_core.errors import (
    Busy,
    EngineFailed,
    InvalidRequest,
    MediaTypeUnsupported,
    OptionUnsupported,
    TooLarge,
)
from orstt_core.recordings.files import cannot_write, storage_full
from orstt_core.types import (
    Done,
    SampleFormat,
    StoredRecording,
    TranscribeRequest,
    Transcript,
    format_of_media_type,
)
from orstt_core.units import MIB

ENVELOPE_BYTES = 256 * 1024
"""What the other fields and the form's own lines may take beside the recording."""

KEY_HEADER = "Idempotency-Key"
"""Name of the header that may carry a job's idempotency key."""

STORED = "recording"
"""Name of the field that names a stored recording."""

MAX_TEXT_BYTES = 128 * 1024
"""Of all text fields of a form: what the longest one may have, and as much again."""

MAX_KEY = 200


def body_limit(max_upload_mb: int) -> int:
    """Return the largest body, in bytes, of a form with a recording of this many MiB."""
    return max_upload_mb * MIB + ENVELOPE_BYTES


class Upload(Generic[Parsed]):
    """A received form: a recording in the spool and the text fields beside it.

    Leaving its context removes the recording, unless it was handed over to the backend.

    Args:
        spool: folder of the recording.
        kind: what the form may hold.
        limit: most bytes of the recording.
        idempotency_key: the one that came beside the form; one in it goes before.
        take_memory: told how many bytes of text fields are kept; may raise Busy.
    """

    def __init__(
        self,
        spool: Path,
        kind: FormKind[Parsed],
        *,
        limit: int,
        idempotency_key: str,
        take_memory: Callable[[int], None],
    ) -> None:
        self._spool, self._kind, self._limit = spool, kind, limit
        self._idempotency_key = idempotency_key
        self._take_memory = take_memory
        self._parts = self._text_bytes = 0
        self._fields: dict[str, list[str]] = {}
        self._label = ""
        self._stated: SampleFormat | None = None
        self._form: Parsed | None = None
        self._file: BinaryIO | None = None
        self._part: FilePart | None = None
        self._removal: weakref.finalize[[BinaryIO], Upload[Parsed]] | None = None

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        if self._file is None or self._removal is None:
            return
        self._file.close()
        # One that was handed over stays, whatever was raised: its job may be stored, and only the answer lost.
        if self._removal.detach():
            await asyncio.to_thread(discard, self._file)

    async def begin(self, part: MultipartSegment) -> Part:
        """Return what takes the bytes of this part of the form.

        Raises:
            InvalidRequest: it is a second recording, a field that was given already, or one that the form does not
                have.
            OptionUnsupported: it is a field that asks for what cannot be done.
        """
        name, kind = self._kind.field_name(part.name or ""), self._kind
        self._parts += 1
        if self._parts > MAX_FIELDS:
            raise InvalidRequest(f"The form has more than {MAX_FIELDS} fields.", hint="Send fewer.", field=_plain(name))
        if name == kind.audio:
            return await self._begin_recording(part.filename or "", part.header("Content-Type", ""))
        if name in kind.known:
            if name not in kind.lists and any(self._fields.get(name, ())):
                raise InvalidRequest(f"{_plain(name)} is given twice.", hint="Give it once.", field=_plain(name))
            return TextPart(name, self._fields, self._take_text)
        if name in kind.refused:
            raise OptionUnsupported(kind.refused[name], hint="Leave it out.", field=_plain(name))
        if kind.ignore_others:
            return IgnoredPart()
        raise InvalidRequest(
            f"The form has no field called {name[:60]!r}.",
            hint=f"Fields are: {', '.join(sorted(kind.known | {kind.audio}))}.",
            field=_plain(name),
        )

    def end(self) -> None:
        """Read the text fields, once the form is complete.

        Raises:
            InvalidRequest: there is no recording, or more than one, or a field does not fit.
        """
        name = self._kind.audio
        if self._file is None and not self._stored:
            raise InvalidRequest("The form carries no recording.", hint=f"Send it in the field `{name}`.", field=name)
        if self._file is not None and self._stored:
            raise InvalidRequest(
                "The form carries a recording and names one that is stored.",
                hint="Leave one of the two out.",
                field=STORED,
            )
        self._fields.setdefault("idempotency_key", []).append(self._idempotency_key)
        self._form = self._kind.parse(self._fields)

    @property
    def form(self) -> Parsed:
        """What the text fields of a complete form ask for."""
        assert self._form is not None
        return self._form

    @property
    def filename(self) -> str:
        """The recording's name as the client gave it, without folders; empty where it gave none."""
        return self._label

    def hand_over(self) -> TranscribeRequest:
        """Return what a complete form asks for; from now on the recording is the backend's, whatever comes of it."""
        if self._file is None or self._part is None or self._removal is None:
            return self.form.request(StoredRecording(id=self._stored), "")
        self._file.close()
        self._removal.detach()
        asked = self.form.request(Path(self._file.name), self._label or "the recording")
        stated = asked.sample_format or self._stated
        return msgspec.structs.replace(asked, sha256=self._part.sha256, sample_format=stated)

    def _take_text(self, name: str, count: int) -> None:
        self._text_bytes += count
        if self._text_bytes > MAX_TEXT_BYTES:
            raise TooLarge(
                f"The fields together are longer than {MAX_TEXT_BYTES} bytes.", hint="Shorten them.", field=_plain(name)
            )
        self._take_memory(count)

    @property
    def _stored(self) -> str:
        return given_text(self._fields.get(STORED, ()))  # where the form has no such field, none came

    async def _begin_recording(self, filename: str, media_type: str) -> Part:
        if self._file is not None:
            raise InvalidRequest(
                "The form carries more than one recording.",
                hint="Send a request for each.",
                field=self._kind.audio,
            )
        self._label, self._stated = label_of(filename), format_of_media_type(media_type)
        self._file = await asyncio.to_thread(new_upload, self._spool, suffix_of(self._label))
        # For an upload that nobody takes or leaves, as when its handler is cancelled just before.
        self._removal = weakref.finalize(self, discard, self._file)
        self._part = FilePart(self._file, self._limit, _too_large(self._limit))
        return self._part


async def receive_upload(
    request: Request[Any, Any, Any], backend: Backend, kind: FormKind[Parsed], *, waited: bool = True
) -> Upload[Parsed]:
    """Read a multipart form; the recording's bytes go to disk as they arrive.

    Args:
        request: its body has not been read.
        backend: asked first whether it would take another recording, so that none is sent in vain.
        kind: what the form may hold.
        waited: the client waits for the transcript, for which a backlog of jobs is no obstacle.

    Raises:
        ServerUnreachable: the server stops.
        Busy: no more recordings are taken now, as many arrive already as may at once, or from one client, or their
            fields leave no memory; or this one came by drops while others waited for its place.
        MediaTypeUnsupported: the body is no such form.
        InvalidRequest: the form cannot be read, or stopped arriving.
        OptionUnsupported: the form asks for what cannot be done.
        TooLarge: it is larger than the route takes.
        StorageFull: the disk is full.
        ClientDisconnected: the client closed the connection on the way.
    """
    media_type, parameters = request.content_type
    if media_type != "multipart/form-data":
        raise MediaTypeUnsupported(
            "A recording comes as multipart/form-data.",
            hint=f"For example: curl -F {kind.audio}=@recording.wav ADDRESS",
        )
    key = request.headers.get(KEY_HEADER, "")
    if len(key) > MAX_KEY:
        raise InvalidRequest(f"An idempotency key has {MAX_KEY} characters at most.", field="idempotency_key")
    if request.app.state.stopping.is_set():
        raise server_stopping()
    places: UploadPlaces = request.app.state.upload_places
    scope: Any = request.scope
    body = PacedBody(request.stream())
    with places.place(scope[CLIENT], body):
        if not key:  # with one the job may be there already, however many wait
            await _refuse_when_busy(backend, waited=waited)
        limit = (request.route_handler.resolve_request_max_body_size() or 0) - ENVELOPE_BYTES
        upload = Upload(request.app.state.spool, kind, limit=limit, idempotency_key=key, take_memory=scope[TAKE_MEMORY])
        scope[BODY].lift()
        async with AsyncExitStack() as cleanup:
            await cleanup.enter_async_context(upload)
            await _receive(body, parameters.get("boundary", ""), upload, limit)
            upload.end()
            cleanup.pop_all()
    return upload


async def transcribe_upload(backend: Backend, upload: Upload[Any]) -> Transcript:
    """Hand an upload over and return what it comes to.

    Raises:
        OrsttError: what the transcription failed with.
    """
    transcript: Transcript | None = None
    async with aclosing(backend.transcribe(upload.hand_over())) as events:
        async for event in events:  # to the end: leaving at `Done` would count as giving up
            transcript = event.transcript if isinstance(event, Done) else transcript
    if transcript is None:
        raise EngineFailed("The transcription ended without a result.")
    return transcript


async def _refuse_when_busy(backend: Backend, *, waited: bool) -> None:
    readiness = await backend.readiness()
    if readiness.disk_full:
        raise storage_full()
    full = readiness.interactive_full if waited else readiness.queue_full
    if full or not readiness.ready:
        raise Busy(readiness.reason or "The server takes no more recordings now.", hint="Try again in a few seconds.")


async def _receive(body: PacedBody, boundary: str, upload: Upload[Any], limit: int) -> None:
    try:
        await receive_parts(body, boundary, upload.begin)
    except MultipartError as error:
        raise InvalidRequest(f"The form cannot be read: {error}.") from error
    except InternalServerException as error:
        raise ClientDisconnected from error
    except HTTPException as error:
        if error.status_code != HTTP_413_REQUEST_ENTITY_TOO_LARGE:
            raise
        raise _too_large(limit) from error
    except OSError as error:
        raise for_client(cannot_write(error), error) from error


def _too_large(limit: int) -> TooLarge:
    return TooLarge(
        f"The recording is larger than the {limit // MIB} MiB that this server takes.",
        hint="Raise ORSTT_MAX_UPLOAD_MB on the server, or send it in pieces.",
        field="audio",
    )


def _plain(name: str) -> str:
    """Return a field's name not for ever long."""
    return name[:60]
