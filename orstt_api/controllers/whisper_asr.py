"""The API of whisper-asr-webservice, for the programs that have a client for it, as Bazarr has."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import Any

from litestar import Controller, Request, post
from litestar.openapi import ResponseSpec
from litestar.openapi.spec import OpenAPIHeader, OpenAPIResponse, OpenAPIType, Operation, Parameter, Schema
from litestar.response.base import ASGIResponse
from msgspec import Struct

from orstt_api.client_connection import while_connected
from orstt_api.controllers.dashboard import UPLOAD_ERRORS
from orstt_api.controllers.injection import InjectedBackend
from orstt_api.openapi import AUDIO, describe_form, form_field
from orstt_api.problems import AsrError
from orstt_api.scopes import TRANSCRIBE
from orstt_api.uploads import receive_upload, transcribe_upload
from orstt_api.whisper_asr import (
    AUDIO_FIELD,
    MEDIA_TYPE,
    DetectedLanguage,
    RecordingQuery,
    TranscriptionQuery,
    asr_form,
    asr_response,
    detect_language,
)
from orstt_api.wire import ASR, DETECT_LANGUAGE
from orstt_core.option_fields import fields_of

ERRORS = {status: replace(spec, data_container=AsrError) for status, spec in UPLOAD_ERRORS.items()}


def _describe(operation: Operation, query: type[Struct]) -> None:
    operation.parameters = [
        Parameter(name=field.name, param_in="query", description=field.description, schema=form_field(field))
        for field in fields_of(query)
    ]
    describe_form(operation, {AUDIO_FIELD: AUDIO}, AUDIO_FIELD, ignore_others=True)


@dataclass
class AsrOperation(Operation):
    """Documents /asr."""

    def __post_init__(self) -> None:
        """Describe what the handler reads by itself, and the headers of its answer."""
        _describe(self, TranscriptionQuery)
        answer = (self.responses or {})["200"]
        assert isinstance(answer, OpenAPIResponse)
        described = {"Asr-Engine": "The type of the model.", "Content-Disposition": "A name for the transcript."}
        answer.headers = {
            name: OpenAPIHeader(description=text, required=True, schema=Schema(type=OpenAPIType.STRING))
            for name, text in described.items()
        }


@dataclass
class DetectionOperation(Operation):
    """Documents /detect-language."""

    def __post_init__(self) -> None:
        """Describe what the handler reads by itself."""
        _describe(self, RecordingQuery)


class WhisperAsr(Controller):
    """Parameters, fields and answers are those of whisper-asr-webservice 1.9."""

    path = "/"
    tags = ("whisper-asr-webservice",)
    opt = TRANSCRIBE

    @post(
        ASR,
        operation_id="asr",
        operation_class=AsrOperation,
        status_code=200,
        responses={
            200: ResponseSpec(str, media_type=MEDIA_TYPE, description="As `output` says", generate_examples=False),
            **ERRORS,
        },
    )
    async def asr(self, request: Request[Any, Any, Any], backend: InjectedBackend) -> ASGIResponse:
        """Transcribe the recording in the form's field `audio_file`, as the parameters say."""
        upload = await receive_upload(request, backend, asr_form(request.query_params))
        return asr_response(await while_connected(request, transcribe_upload(backend, upload), finish=True), upload)

    @post(
        DETECT_LANGUAGE,
        operation_id="detectLanguage",
        operation_class=DetectionOperation,
        status_code=200,
        responses=ERRORS,
    )
    async def detect_language(self, request: Request[Any, Any, Any], backend: InjectedBackend) -> DetectedLanguage:
        """Say which language the recording in the form's field `audio_file` is in, by what is said first.

        The code is `und` where nothing is said.
        """
        upload = await receive_upload(request, backend, asr_form(request.query_params, RecordingQuery))
        return await while_connected(request, detect_language(backend, upload), finish=True)
