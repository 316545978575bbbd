"""Transcription as a stream of events."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncGenerator
from contextlib import aclosing
from typing import Any

from litestar import Controller, Request, post
from litestar.openapi import ResponseSpec

from orstt_api.controllers.injection import InjectedBackend
from orstt_api.openapi import TranscriptionForm
from orstt_api.streaming import STOP_GRACE_SECONDS, EventStream, event_stream
from orstt_api.uploads import Upload, receive_upload
from orstt_api.wire import API
from orstt_core.backend import Backend
from orstt_core.types import TranscribeEvent


class Transcriptions(Controller):
    """Send a recording, read what becomes of it."""

    path = f"{API}/transcriptions"
    tags = ("Transcription",)

    @post(
        "/",
        operation_id="transcribe",
        operation_class=TranscriptionForm,
        status_code=200,
        responses={
            200: ResponseSpec(
                TranscribeEvent, media_type="text/event-stream", description="Server-sent events; `error` is a Problem"
            )
        },
    )
    async def transcribe(self, request: Request[Any, Any, Any], backend: InjectedBackend) -> EventStream:
        """Transcribe the recording in the form's field `audio`, sending events as things happen."""
        upload = await receive_upload(request)
        return await event_stream(request, _events(backend, upload), await_first=True, grace=STOP_GRACE_SECONDS)


async def _events(backend: Backend, upload: Upload) -> AsyncGenerator[TranscribeEvent]:
    with upload:
        asked = await asyncio.to_thread(upload.request)
        async with aclosing(backend.transcribe(asked)) as events:
            async for event in events:
                yield event
