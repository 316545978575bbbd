"""The form in which a client sends a request to transcribe."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import IO, Any

from msgspec import structs

from orstt_core.audio import check_file
from orstt_core.audio.streams import is_stream, temporary_copy
from orstt_core.errors import FileProblem, OrsttError
from orstt_core.references import model_ref
from orstt_core.settings import load_settings
from orstt_core.types import FileContent, RawAudio, SampleFormat, StoredRecording, TranscribeRequest, to_json

LONGEST_NAME = 255
"""Characters of a recording's name that are sent, from its end, where its suffix is; as many as are kept."""


async def with_file(request: TranscribeRequest) -> TranscribeRequest:
    """Return the request with a file to send, where its recording comes through a pipe: how long it is comes first.

    Raises:
        AudioEmpty, TooLarge, FileProblem, StorageFull: as `temporary_copy`; the limit is the setting `max_upload_mb`.
        SettingsError: a setting does not fit.
    """
    audio = request.audio
    if not isinstance(audio, Path) or not await asyncio.to_thread(is_stream, audio):
        return request
    settings = await asyncio.to_thread(load_settings)
    copy = await temporary_copy(audio, limit_mb=settings.max_upload_mb)
    return structs.replace(request, audio=copy, filename=request.filename or audio.name, disposable=True)


@contextmanager
def request_form(request: TranscribeRequest) -> Iterator[dict[str, Any]]:
    """Yield the form, as httpx takes it, its recording open while it is sent; a disposable one goes afterwards."""
    try:
        with ExitStack() as files:
            if isinstance(request.audio, StoredRecording):
                fields = _fields(request, request.sample_format)
                yield {"data": fields, "files": {"recording": (None, request.audio.id)}}
                return
            name, content, layout = _content(request.audio, request.sample_format, files)
            # A name on disk may hold bytes that are no text; it is only a label there.
            label = (request.filename or name).encode("utf-8", "replace").decode()[-LONGEST_NAME:]
            yield {
                "data": _fields(request, layout),
                "files": {"audio": (label, content, "application/octet-stream")},
            }
    except OrsttError:
        raise
    except OSError as error:  # the file went away, or its disk did, while it was sent
        raise FileProblem(f"{request.audio} cannot be read: {error.strerror}.") from error
    finally:
        if request.disposable and isinstance(request.audio, Path):
            request.audio.unlink(missing_ok=True)


def _content(
    audio: Path | FileContent | RawAudio, layout: SampleFormat | None, files: ExitStack
) -> tuple[str, IO[bytes] | bytes, SampleFormat | None]:
    if isinstance(audio, FileContent):
        return "recording", audio.data, layout
    if isinstance(audio, RawAudio):
        layout = audio.sample_format
        return "recording", audio.data, layout
    check_file(audio)
    return audio.name, files.enter_context(audio.open("rb")), layout


def _fields(request: TranscribeRequest, layout: SampleFormat | None) -> dict[str, str]:
    fields = {"options": to_json(request.options).decode()}
    if request.model is not None:
        fields["model_id" if isinstance(request.model, int) else "model"] = str(model_ref(request.model))
    if layout is not None:
        fields |= {"rate": str(layout.rate), "channels": str(layout.channels), "sample_type": layout.sample_type}
    if request.keep_audio:
        fields["keep_audio"] = "true"
    if request.keep_alive is not None:
        fields["keep_alive"] = str(request.keep_alive)
    if request.idempotency_key:
        fields["idempotency_key"] = request.idempotency_key
    if request.callback_url:
        fields["callback_url"] = request.callback_url
    if request.purpose != "transcript":
        fields["purpose"] = request.purpose
    return fields
