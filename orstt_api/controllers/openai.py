"""OpenAI's audio API, for the programs that have a client for it."""

from __future__ import annotations

from typing import Any
from urllib.parse import unquote

from litestar import Controller, Request, get, post
from litestar.openapi import ResponseSpec
from litestar.params import FromPath
from litestar.response.base import ASGIResponse
from msgspec import Struct
from msgspec.structs import replace

from orstt_api.client_connection import while_connected
from orstt_api.controllers.injection import InjectedBackend
from orstt_api.forms import FormKind
from orstt_api.openai.errors import BASE, OpenAIErrorResponse, openai_error
from orstt_api.openai.events import StreamEvent, StreamEvents
from orstt_api.openai.forms import DIARIZED, OPENAI_TRANSCRIPTION_FORM, OPENAI_TRANSLATION_FORM, OpenAIForm
from orstt_api.openai.openapi import OpenAITranscriptionForm, OpenAITranslationForm, error_responses
from orstt_api.openai.responses import Transcription, transcript_response
from orstt_api.openapi import TRANSCRIPTION_ERRORS, server_sent
from orstt_api.scopes import TRANSCRIBE
from orstt_api.streaming import event_stream
from orstt_api.uploads import receive_upload, transcribe_upload
from orstt_core.backend import Backend
from orstt_core.errors import Busy, EngineFailed, ModelNotFound
from orstt_core.text import normalize_name
from orstt_core.types import AUTO, Model

OWNER = "orstt"
LISTING_ERRORS = (Busy, EngineFailed)
"""Where no process can be started in which engines are looked at."""


class ModelCard(Struct, frozen=True, kw_only=True):
    """A model as OpenAI lists it, and with what it speaks.

    Attributes:
        created: in seconds since 1970.
        languages: codes of those that it can be asked for, which OpenAI does not tell; empty: not known, so any.
    """

    id: str
    created: int
    object: str = "model"
    owned_by: str = OWNER
    languages: list[str] = []


class ModelCards(Struct, frozen=True, kw_only=True):
    """All models."""

    data: list[ModelCard]
    object: str = "list"


class OpenAI(Controller):
    """Fields, answers, events and errors are those of the `openai` package."""

    path = BASE
    tags = ("OpenAI",)
    opt = TRANSCRIBE

    @post(
        "/audio/transcriptions",
        operation_id="createTranscription",
        operation_class=OpenAITranscriptionForm,
        status_code=200,
        responses={200: server_sent(StreamEvent | OpenAIErrorResponse), **error_responses(*TRANSCRIPTION_ERRORS)},
    )
    async def transcriptions(self, request: Request[Any, Any, Any], backend: InjectedBackend) -> ASGIResponse:
        """Transcribe the recording in the form's field `file`, in the language spoken."""
        return await _transcribed(request, backend, OPENAI_TRANSCRIPTION_FORM)

    @post(
        "/audio/translations",
        operation_id="createTranslation",
        operation_class=OpenAITranslationForm,
        status_code=200,
        responses={
            200: ResponseSpec(Transcription, generate_examples=False),
            **error_responses(*TRANSCRIPTION_ERRORS),
        },
    )
    async def translations(self, request: Request[Any, Any, Any], backend: InjectedBackend) -> ASGIResponse:
        """Transcribe the recording in the form's field `file` to English."""
        return await _transcribed(request, backend, OPENAI_TRANSLATION_FORM)

    @get("/models", operation_id="listOpenAIModels", responses=error_responses(*LISTING_ERRORS))
    async def list_models(self, backend: InjectedBackend) -> ModelCards:
        """List the configured models and the other names that requests may use."""
        return ModelCards(data=list((await _cards(backend)).values()))

    @get(
        "/models/{name:path}", operation_id="getOpenAIModel", responses=error_responses(ModelNotFound, *LISTING_ERRORS)
    )
    async def show_model(self, backend: InjectedBackend, name: FromPath[str]) -> ModelCard:
        """Return one of them."""
        # A repository's name holds a slash, which clients encode or do not.
        name = normalize_name(unquote(name).removeprefix("/"))
        try:
            return (await _cards(backend))[name]
        except KeyError:
            raise ModelNotFound(
                f"No model is called {name!r}.", hint=f"{BASE}/models lists them.", field="model"
            ) from None


async def _cards(backend: Backend) -> dict[str, ModelCard]:
    engines = {engine.model_type: engine for engine in (await backend.engines()).engines}

    def card(model: Model) -> ModelCard:
        engine = engines.get(model.model_type)
        languages = engine.languages_of(model.model) if engine else []
        return ModelCard(id=model.name, created=int(model.created_at.timestamp()), languages=languages)

    cards = {model.name: card(model) for model in await backend.models()}
    cards.setdefault(AUTO, ModelCard(id=AUTO, created=min(each.created for each in cards.values()), languages=[]))
    for alias, meant in (await backend.info()).aliases.items():
        if meant in cards:
            cards.setdefault(alias, replace(cards[meant], id=alias))
    return cards


async def _transcribed(request: Request[Any, Any, Any], backend: Backend, form: FormKind[OpenAIForm]) -> ASGIResponse:
    upload = await receive_upload(request, backend, form)
    asked = upload.form.response_format
    if asked.stream:
        return await event_stream(
            request,
            lambda: backend.transcribe(upload.hand_over()),
            await_first=True,
            finish=True,
            convert=StreamEvents(logprobs=asked.logprobs, speakers=asked.name == DIARIZED).convert,
            failure=openai_error,
        )
    done = await while_connected(request, transcribe_upload(backend, upload), finish=True)
    return transcript_response(done, asked)
