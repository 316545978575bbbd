"""Transcription as a stream of events."""

from __future__ import annotations

from typing import Any

from litestar import Controller, Request, post

from orstt_api.controllers.injection import InjectedBackend
from orstt_api.forms import JOB_FORM
from orstt_api.openapi import TRANSCRIPTION_ERRORS, TranscriptionForm, problems, server_sent
from orstt_api.scopes import TRANSCRIBE
from orstt_api.streaming import EventStream, event_stream
from orstt_api.uploads import receive_upload
from orstt_api.wire import API
from orstt_core.errors import RecordingGone
from orstt_core.types import Problem, TranscribeEvent


class Transcriptions(Controller):
    """Send a recording, read what becomes of it."""

    path = f"{API}/transcriptions"
    tags = ("Transcription",)
    opt = TRANSCRIBE

    @post(
        "/",
        operation_id="transcribe",
        operation_class=TranscriptionForm,
        status_code=200,
        responses={
            200: server_sent(TranscribeEvent | Problem),
            **problems(RecordingGone, *TRANSCRIPTION_ERRORS),
        },
    )
    async def transcribe(self, request: Request[Any, Any, Any], backend: InjectedBackend) -> EventStream:
        """Transcribe the recording in the form's field `audio`, sending events as things happen.

        The field `recording` in its place names one that a job of the caller's has. It is a job that is waited for:
        closing the connection cancels it.
        """
        upload = await receive_upload(request, backend, JOB_FORM)
        return await event_stream(
            request, lambda: backend.transcribe(upload.hand_over()), await_first=True, finish=True
        )
