"""Uploads: forms with a recording are received while there is place for them, and handed to the backend."""

from __future__ import annotations

from contextlib import AsyncExitStack, aclosing
from typing import Any

from litestar import Request
from litestar.exceptions import HTTPException, InternalServerException
from litestar.status_codes import HTTP_413_REQUEST_ENTITY_TOO_LARGE
from multipart import MultipartError

from orstt_api.body_memory import TAKE_MEMORY
from orstt_api.client_connection import ClientDisconnected, server_stopping
from orstt_api.form_parts import receive_parts
from orstt_api.forms import FormKind, Parsed
from orstt_api.protocol.transfer_rate import BODY, PacedBody
from orstt_api.upload import Upload, too_large
from orstt_api.upload_file import for_client
from orstt_api.upload_places import CLIENT, UploadPlaces
from orstt_core.backend import Backend
from orstt_core.errors import (
    Busy,
    EngineFailed,
    InvalidRequest,
    MediaTypeUnsupported,
)
from orstt_core.recordings.files import cannot_write, storage_full
from orstt_core.types import (
    Done,
    Transcript,
)
from orstt_core.units import MIB

ENVELOPE_BYTES = 256 * 1024
"""What the other fields and the form's own lines may take beside the recording."""

KEY_HEADER = "Idempotency-Key"
"""Name of the header that may carry a job's idempotency key."""

MAX_KEY = 200


def body_limit(max_upload_mb: int) -> int:
    """Return the largest body, in bytes, of a form with a recording of this many MiB."""
    return max_upload_mb * MIB + ENVELOPE_BYTES


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
        raise too_large(limit) from error
    except OSError as error:
        raise for_client(cannot_write(error), error) from error
