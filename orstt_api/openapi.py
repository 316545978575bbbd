"""The OpenAPI document at /schema and its pages, which need nothing from the internet."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path

import litestar_offline_docs
from litestar.openapi import OpenAPIConfig
from litestar.openapi.plugins import JsonRenderPlugin, SwaggerRenderPlugin
from litestar.openapi.spec import (
    Components,
    OpenAPIFormat,
    OpenAPIMediaType,
    OpenAPIType,
    Operation,
    RequestBody,
    Schema,
    SecurityScheme,
)
from litestar.router import Router
from litestar.static_files import create_static_files_router

from orstt_core import __version__

PAGES = "/schema"
ASSETS = f"{PAGES}/assets"

_AUDIO = Schema(
    type=OpenAPIType.STRING,
    format=OpenAPIFormat.BINARY,
    description="The recording: wav, flac, ogg, opus, mp3, m4a, aac, aiff or webm.",
)
_MODEL = {
    "model": Schema(type=OpenAPIType.STRING, description="Name of a configured model; default: the active one."),
    "model_id": Schema(type=OpenAPIType.INTEGER, description="The same by id."),
}


def openapi_config(*, key_needed: bool) -> OpenAPIConfig:
    """Return the configuration of the document; it asks for the key where the server does."""
    bearer = SecurityScheme(type="http", scheme="bearer", description="The server's key.")
    return OpenAPIConfig(
        title="OR-STT",
        version=__version__,
        description="Speech-to-text models and transcription.",
        path=PAGES,
        use_handler_docstrings=True,
        components=Components(security_schemes={"key": bearer} if key_needed else None),
        security=[{"key": []}] if key_needed else None,
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
    return create_static_files_router(path=ASSETS, directories=[folder], include_in_schema=False)


def _form(**fields: Schema) -> RequestBody:
    schema = Schema(type=OpenAPIType.OBJECT, required=["audio"], properties={"audio": _AUDIO, **_MODEL, **fields})
    return RequestBody(required=True, content={"multipart/form-data": OpenAPIMediaType(schema=schema)})


@dataclass
class DashboardForm(Operation):
    """Documents the form of /api/transcribe_only."""

    def __post_init__(self) -> None:
        """Describe the body, which the handler reads by itself."""
        self.request_body = _form(
            language=Schema(type=OpenAPIType.STRING, description="Such as `en`; default: detected.")
        )


@dataclass
class TranscriptionForm(Operation):
    """Documents the form of /api/v1/transcriptions."""

    def __post_init__(self) -> None:
        """Describe the body, which the handler reads by itself."""
        self.request_body = _form(
            options=Schema(type=OpenAPIType.STRING, description="TranscribeOptions as JSON."),
            rate=Schema(type=OpenAPIType.INTEGER, description="Given when the upload is bare samples: their rate."),
            channels=Schema(type=OpenAPIType.INTEGER, description="Interleaved channels of bare samples."),
            sample_type=Schema(
                type=OpenAPIType.STRING,
                enum=["int16", "int32", "float32", "float64"],
                description="Little-endian type of bare samples.",
            ),
        )
