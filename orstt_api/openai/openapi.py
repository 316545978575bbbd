"""OpenAI's audio API as the OpenAPI document describes it."""

from __future__ import annotations

from dataclasses import dataclass

from litestar.openapi import ResponseSpec
from litestar.openapi.spec import OpenAPIMediaType, OpenAPIResponse, Operation, Schema
from msgspec import Struct

from orstt_api.openai.errors import OpenAIErrorResponse, status_of
from orstt_api.openai.forms import CHUNKING, FORMATS, Chunking, TranscriptionFields, TranslationFields
from orstt_api.openai.responses import MEDIA_TYPES, DiarizedTranscription, Transcription, VerboseTranscription
from orstt_api.openapi import ANYWHERE, AUDIO, Stream, describe_form, form_field, repeated_field, text
from orstt_api.openapi_document import structs
from orstt_core.errors import OrsttError
from orstt_core.option_fields import fields_of


def error_responses(*kinds: type[OrsttError]) -> dict[int, ResponseSpec]:
    """Describe the errors of an address: these, and those that any may answer with."""
    statuses: dict[int, list[str]] = {}
    for kind in sorted({*kinds, *ANYWHERE}, key=lambda kind: kind.code):
        statuses.setdefault(status_of(kind("")), []).append(kind.code)
    return {
        status: ResponseSpec(OpenAIErrorResponse, description=", ".join(codes), generate_examples=False)
        for status, codes in sorted(statuses.items())
    }


def _describe_formats(operation: Operation) -> None:
    """Describe the answer in each format; where it can be a stream, that was described before."""
    answer = (operation.responses or {})["200"]
    assert isinstance(answer, OpenAPIResponse)
    json = MEDIA_TYPES["json"]
    bodies = {
        json: structs(VerboseTranscription, Transcription, DiarizedTranscription),
        **{MEDIA_TYPES[name]: text("The transcript.") for name in FORMATS if MEDIA_TYPES[name] != json},
    }
    answer.description = "As the field response_format says, and stream where there is one."
    answer.content = {
        **{media_type: OpenAPIMediaType(schema=schema) for media_type, schema in bodies.items()},
        **{media_type: body for media_type, body in (answer.content or {}).items() if media_type != json},
    }


def _describe_form(operation: Operation, kind: type[Struct], **others: Schema) -> None:
    """Describe a form with these fields and the recording; a list is repeated, with brackets in its name."""
    fields = {
        (f"{field.name}[]" if field.many else field.name): repeated_field(field) if field.many else form_field(field)
        for field in fields_of(kind)
    }
    fields["response_format"].enum = list(FORMATS)
    describe_form(operation, {"file": AUDIO, **fields, **others}, "file")


@dataclass
class OpenAITranscriptionForm(Stream):
    """Documents the form of /v1/audio/transcriptions."""

    def __post_init__(self) -> None:
        """Describe the body, which the handler reads by itself."""
        super().__post_init__()
        _describe_formats(self)
        chunking = text("`auto`, or settings of the voice detector as JSON.")
        chunking.content_media_type, chunking.content_schema = "application/json", structs(Chunking)
        _describe_form(self, TranscriptionFields, **{CHUNKING: chunking})


@dataclass
class OpenAITranslationForm(Operation):
    """Documents the form of /v1/audio/translations."""

    def __post_init__(self) -> None:
        """Describe the body, which the handler reads by itself."""
        _describe_formats(self)
        _describe_form(self, TranslationFields)
