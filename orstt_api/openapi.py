"""The OpenAPI document at /schema and its pages, which need nothing from the internet."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import litestar_offline_docs
from litestar.openapi import OpenAPIConfig, ResponseSpec
from litestar.openapi.plugins import JsonRenderPlugin, SwaggerRenderPlugin
from litestar.openapi.spec import (
    Components,
    OpenAPIFormat,
    OpenAPIMediaType,
    OpenAPIResponse,
    OpenAPIType,
    Operation,
    Parameter,
    RequestBody,
    Schema,
    SecurityScheme,
)
from litestar.router import Router
from litestar.static_files import create_static_files_router

from orstt_api.forms import DASHBOARD_FORM, FIELDS
from orstt_api.openapi_document import DocumentConfig, structs
from orstt_api.scopes import TRANSCRIBE
from orstt_api.streaming import EVENTS, LINES
from orstt_api.uploads import KEY_HEADER, MAX_KEY
from orstt_api.wire import ARCHIVE, PROBLEM_TYPE, PullFailure
from orstt_core import __version__
from orstt_core.errors import (
    AudioError,
    Busy,
    DatabaseUnavailable,
    DeviceUnavailable,
    EngineFailed,
    EngineUnavailable,
    Forbidden,
    InvalidRequest,
    JobCancelled,
    KeyReused,
    LanguageUnknown,
    MediaTypeUnsupported,
    ModelNotFound,
    ModelSuspended,
    OptionUnsupported,
    OrsttError,
    RateLimited,
    StorageFull,
    TooLarge,
    Unauthorized,
    WeightsError,
)
from orstt_core.option_fields import explain
from orstt_core.types import Problem, PullProgress
from orstt_core.types.options import OptionField

PAGES = "/schema"
ASSETS = f"{PAGES}/assets"

UPLOAD_ERRORS = (Busy, KeyReused, OptionUnsupported, StorageFull, TooLarge)
"""What an upload may be refused with."""
TRANSCRIPTION_ERRORS = (
    *UPLOAD_ERRORS,
    AudioError,
    DeviceUnavailable,
    EngineFailed,
    EngineUnavailable,
    JobCancelled,
    LanguageUnknown,
    ModelNotFound,
    ModelSuspended,
    WeightsError,
)
"""What a transcription may end with."""
ANYWHERE: tuple[type[OrsttError], ...] = (
    DatabaseUnavailable,
    Forbidden,
    InvalidRequest,
    MediaTypeUnsupported,
    OrsttError,
    RateLimited,
    Unauthorized,
)
"""What any address may answer with."""

_LIMITS = {
    "ge": "minimum",
    "gt": "exclusive_minimum",
    "le": "maximum",
    "lt": "exclusive_maximum",
    "multiple_of": "multiple_of",
    "min_length": "min_length",
    "max_length": "max_length",
    "pattern": "pattern",
}
"""msgspec's names of limits and those of OpenAPI."""

AUDIO = Schema(
    type=OpenAPIType.STRING,
    format=OpenAPIFormat.BINARY,
    description="The recording: wav, flac, ogg, opus, mp3, m4a, aac, aiff or webm.",
)


def openapi_config(*, key_needed: bool) -> OpenAPIConfig:
    """Return the configuration of the document; a key is optional in it where the server may come to ask for one."""
    bearer = SecurityScheme(type="http", scheme="bearer", description="The operator's key, or one of `orstt keys`.")
    return DocumentConfig(
        title="OR-STT",
        version=__version__,
        description="Speech-to-text models and transcription.",
        openapi_router=Router(path=PAGES, route_handlers=[], opt=TRANSCRIBE, include_in_schema=False),
        use_handler_docstrings=True,
        components=Components(security_schemes={"key": bearer}),
        security=[{"key": []}] if key_needed else [{"key": []}, {}],
        render_plugins=[
            SwaggerRenderPlugin(
                js_url=f"{ASSETS}/swagger-ui-bundle.js",
                css_url=f"{ASSETS}/swagger-ui.css",
                standalone_preset_js_url=f"{ASSETS}/swagger-ui-standalone-preset.js",
                favicon="<link rel='icon' href='data:,'>",
            ),
            JsonRenderPlugin(),
        ],
    )


def assets_router() -> Router:
    """Return what serves the pages' scripts and styles from this machine."""
    folder = Path(litestar_offline_docs.__file__).parent / "static"
    return create_static_files_router(path=ASSETS, directories=[folder], include_in_schema=False, opt=TRANSCRIBE)


def problems(*kinds: type[OrsttError]) -> dict[int, ResponseSpec]:
    """Describe the errors of an address where errors are problems: these, and those that any may answer with."""
    named: set[type[OrsttError]] = {*kinds, *ANYWHERE}
    statuses: dict[int, list[str]] = {}
    for kind in sorted(named, key=lambda kind: kind.code):
        statuses.setdefault(kind.status, []).append(kind.code)
    return {
        status: ResponseSpec(Problem, media_type=PROBLEM_TYPE, description=", ".join(codes), generate_examples=False)
        for status, codes in sorted(statuses.items())
    }


def server_sent(kind: Any) -> ResponseSpec:
    """Describe server-sent events; an operation that answers with them is a `Stream`."""
    return ResponseSpec(
        kind,
        media_type=EVENTS.media_type,
        description="Server-sent events; `error` is a Problem",
        generate_examples=False,
    )


def describe_form(
    operation: Operation, fields: Mapping[str, Schema], *required: str, ignore_others: bool = False
) -> Schema:
    """Describe the multipart form of an upload, and the header that may come with it; return the form's schema."""
    schema = Schema(
        type=OpenAPIType.OBJECT, required=list(required), properties=dict(fields), additional_properties=ignore_others
    )
    key = Parameter(
        name=KEY_HEADER,
        param_in="header",
        description="A request with a key that was used before is the job it was then.",
        schema=Schema(type=OpenAPIType.STRING, max_length=MAX_KEY),
    )
    operation.request_body = RequestBody(
        required=True, content={"multipart/form-data": OpenAPIMediaType(schema=schema)}
    )
    operation.parameters = [*(operation.parameters or []), key]
    return schema


def text(description: str) -> Schema:
    """Describe a text field."""
    return Schema(type=OpenAPIType.STRING, description=description)


_FIELD_TYPES = {
    "flag": OpenAPIType.BOOLEAN,
    "integer": OpenAPIType.INTEGER,
    "number": OpenAPIType.NUMBER,
}


def form_field(field: OptionField) -> Schema:
    """Describe an option as a field of a form, where several values are one text."""
    if field.many:
        return text(explain(field))
    schema = _value(field)
    schema.title, schema.description, schema.default = field.title, field.description, field.default
    return schema


def repeated_field(field: OptionField) -> Schema:
    """Describe an option of several values as a field of a form that comes once for each."""
    return Schema(
        type=OpenAPIType.ARRAY,
        items=_value(field),
        title=field.title,
        description=field.description,
        min_items=field.list_limits.get("min_length"),
        max_items=field.list_limits.get("max_length"),
    )


def _value(field: OptionField) -> Schema:
    limits: dict[str, Any] = {_LIMITS[name]: value for name, value in field.limits.items()}
    return Schema(
        type=_FIELD_TYPES.get(field.kind, OpenAPIType.STRING),
        enum=field.choices or None,
        examples=field.examples or None,
        **limits,
    )


@dataclass
class Stream(Operation):
    """Documents an address whose answer is made of events: what stands in a schema of them is each event's data."""

    def __post_init__(self) -> None:
        """Put the data where an event has it: Litestar describes it as if it was the answer."""
        for answer in (self.responses or {}).values():
            if isinstance(answer, OpenAPIResponse) and (body := (answer.content or {}).get(EVENTS.media_type)):
                data = Schema(
                    type=OpenAPIType.STRING, content_media_type="application/json", content_schema=body.schema
                )
                body.schema = Schema(
                    type=OpenAPIType.OBJECT,
                    required=["event", "data"],
                    properties={"event": text("What the data is of."), "data": data},
                )


@dataclass
class Pull(Operation):
    """Documents /api/v1/pull, which answers with one object or with lines, as it is asked to."""

    def __post_init__(self) -> None:
        """Describe the lines."""
        answer = (self.responses or {})["200"]
        assert isinstance(answer, OpenAPIResponse)
        assert answer.content is not None
        answer.content[LINES.media_type] = OpenAPIMediaType(schema=structs(PullProgress, PullFailure))


@dataclass
class ArchiveBody(Operation):
    """Documents an address that takes an exported model."""

    def __post_init__(self) -> None:
        """Describe the body, which the handler reads by itself."""
        body = Schema(type=OpenAPIType.STRING, format=OpenAPIFormat.BINARY, description="What `export` answered.")
        self.request_body = RequestBody(required=True, content={ARCHIVE: OpenAPIMediaType(schema=body)})


@dataclass
class DashboardForm(Operation):
    """Documents the form of /api/transcribe_only."""

    def __post_init__(self) -> None:
        """Describe the body, which the handler reads by itself."""
        known = [field for field in FIELDS.values() if field.name in DASHBOARD_FORM.known]
        fields = {field.name: form_field(field) for field in known}
        describe_form(self, {"audio": AUDIO, **fields}, "audio", ignore_others=DASHBOARD_FORM.ignore_others)


@dataclass
class TranscriptionForm(Stream):
    """Documents the form of /api/v1/transcriptions and /api/jobs."""

    def __post_init__(self) -> None:
        """Describe the body, which the handler reads by itself."""
        super().__post_init__()
        fields = {name: form_field(field) for name, field in FIELDS.items()}
        schema = describe_form(self, {"audio": AUDIO, **fields})
        # Not `anyOf`, of which those who generate clients make two forms.
        schema.schema_if = Schema(schema_not=Schema(required=["recording"]))
        schema.then = Schema(required=["audio"])
