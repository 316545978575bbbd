"""OpenAI's audio API as the OpenAPI document describes it."""

from __future__ import annotations

from dataclasses import dataclass

from litestar.openapi import ResponseSpec
from litestar.openapi.spec import OpenAPIMediaType, OpenAPIResponse, OpenAPIType, Operation, Schema

from orstt_api.openai.errors import OpenAIErrorResponse, status_of
from orstt_api.openai.forms import FORMATS
from orstt_api.openai.responses import MEDIA_TYPES
from orstt_api.openapi import ANYWHERE, AUDIO, Stream, choice, flag, form, number, text
from orstt_core.errors import OrsttError


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
    json = Schema(type=OpenAPIType.OBJECT, required=["text"], properties={"text": text("The transcript.")})
    bodies = {MEDIA_TYPES[name]: text("The transcript.") for name in FORMATS} | {MEDIA_TYPES["json"]: json}
    answer = (operation.responses or {})["200"]
    assert isinstance(answer, OpenAPIResponse)
    answer.description = "As the field response_format says, and stream where there is one."
    answer.content = {
        **(answer.content or {}),
        **{media_type: OpenAPIMediaType(schema=schema) for media_type, schema in bodies.items()},
    }


def _texts(description: str) -> Schema:
    return Schema(type=OpenAPIType.ARRAY, items=Schema(type=OpenAPIType.STRING), description=description)


def _common() -> dict[str, Schema]:
    return {
        "model": text("Name or alias of a configured model; default: the active one."),
        "prompt": text("Text taken for what came before: names and spellings to prefer."),
        "response_format": choice("Default: json.", *FORMATS),
        "temperature": number("Sampling temperature, 0 to 1; 0 rises while a passage decodes badly."),
        "encoding": text("Of a recording without a header: mulaw, alaw, g722, s16le and the like."),
        "rate": number("Its rate in Hz, where the encoding has no usual one."),
        "channel_count": number("How many channels it has; default: 1."),
    }


@dataclass
class OpenAITranscriptionForm(Stream):
    """Documents the form of /v1/audio/transcriptions."""

    def __post_init__(self) -> None:
        """Describe the body, which the handler reads by itself."""
        super().__post_init__()
        _describe_formats(self)
        self.request_body = form(
            "file",
            file=AUDIO,
            **_common(),
            language=text("Such as `en`; default: detected."),
            stream=flag("Send events while it is transcribed."),
            chunking_strategy=text("`auto`, or an object with the type `server_vad`."),
            **{
                "languages[]": _texts("Which languages it may be."),
                "keywords[]": _texts("Words to expect."),
                "timestamp_granularities[]": _texts("`word`, `segment` or both; `word` needs verbose_json."),
                "include[]": _texts("`logprobs`; needs json."),
            },
        )


@dataclass
class OpenAITranslationForm(Operation):
    """Documents the form of /v1/audio/translations."""

    def __post_init__(self) -> None:
        """Describe the body, which the handler reads by itself."""
        _describe_formats(self)
        self.request_body = form("file", file=AUDIO, **_common())
