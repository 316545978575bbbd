"""The API of the ancestor's dashboard: six endpoints for models, one for transcribing.

Bodies and answers are the ancestor's, to the letter; programs written for it work unchanged.
"""

from __future__ import annotations

from typing import Annotated, Any

import msgspec
from litestar import Controller, Request, get, post
from litestar.openapi import ResponseSpec
from litestar.params import JSONBody
from msgspec import Meta, Struct

from orstt_api.client_connection import while_connected
from orstt_api.controllers.injection import InjectedBackend
from orstt_api.forms import DASHBOARD_FORM
from orstt_api.openapi import DashboardForm
from orstt_api.problems import DashboardError
from orstt_api.scopes import MANAGE, TRANSCRIBE
from orstt_api.uploads import receive_upload, transcribe_upload
from orstt_core.types import Model, ModelDraft

ERRORS = {
    status: ResponseSpec(DashboardError, description=description, generate_examples=False)
    for status, description in {
        400: "The request is wrong",
        401: "A key is needed",
        403: "The key may not do this, or the server answers to its own machine only",
        404: "No such model",
        409: "Not possible as things stand",
        413: "The body is too large",
        422: "Cannot be done with this model or recording",
        415: "The body is of another kind than the address takes",
        429: "Too much for this key; the header Retry-After says when to try again",
        500: "A fault of the server's",
        503: "Not now; the header Retry-After says when to try again",
    }.items()
}
UPLOAD_ERRORS = ERRORS | {
    status: ResponseSpec(DashboardError, description=description, generate_examples=False)
    for status, description in {
        413: "The recording is too large",
        507: "The server's disk is full",
    }.items()
}


class ModelList(Struct, frozen=True, kw_only=True):
    """The configured models and which one is active."""

    models: list[Model]
    current_model: str
    current_model_id: int


class TypeList(Struct, frozen=True, kw_only=True):
    """The registered engine types."""

    types: list[str]
    default_type: str


class NamedModel(Struct, frozen=True, kw_only=True):
    """Names a model by its id."""

    model_id: Annotated[int, Meta(ge=0, le=2**63 - 1)]


class Chosen(Struct, frozen=True, kw_only=True):
    """The model that is active now."""

    status: str
    current_model: str


class Created(Struct, frozen=True, kw_only=True):
    """The new model and what to know about it."""

    status: str
    model: Model
    warnings: list[str]


class NewModel(ModelDraft, frozen=True, kw_only=True, forbid_unknown_fields=False):
    """A model to configure; whatever else the dashboard sends is ignored."""


class Configuration(Struct, frozen=True, kw_only=True):
    """A model configuration to check."""

    model_name: str
    model_type: str = "whisper"
    device: str = "cpu"
    compute_type: str = ""


class Verdict(Struct, frozen=True, kw_only=True):
    """Whether a configuration would run here."""

    valid: bool
    available: bool
    message: str
    warnings: list[str]


class Deleted(Struct, frozen=True, kw_only=True):
    """The model is gone."""

    status: str = "Model deleted successfully"


class ModelUsed(Struct, frozen=True, kw_only=True):
    """What transcribed."""

    name: str
    type: str
    device: str


class Transcribed(Struct, frozen=True, kw_only=True):
    """The text of a recording."""

    transcript: str
    model_info: ModelUsed
    status: str = "success"


class DashboardModels(Controller):
    """List, activate, create, validate and delete models."""

    path = "/api"
    tags = ("Models, as the dashboard asks",)
    opt = MANAGE

    @get("/get_stt_models", operation_id="get_stt_models", opt=TRANSCRIBE, responses=ERRORS)
    async def list_models(self, backend: InjectedBackend) -> ModelList:
        """List the configured models and say which one is active."""
        models = await backend.models()
        active = next(model for model in models if model.is_active)
        return ModelList(models=models, current_model=active.name, current_model_id=active.id)

    @post("/set_stt_model", operation_id="set_stt_model", status_code=200, responses=ERRORS)
    async def activate(self, backend: InjectedBackend, data: JSONBody[NamedModel]) -> Chosen:
        """Make a model the active one."""
        change = await backend.activate_model(data.model_id)
        return Chosen(status=f"Now using {change.model.name}", current_model=change.model.name)

    @post("/create_stt_model", operation_id="create_stt_model", status_code=200, responses=ERRORS)
    async def create(self, backend: InjectedBackend, data: JSONBody[NewModel]) -> Created:
        """Add a model; it is neither active nor default."""
        change = await backend.create_model(msgspec.convert(data, ModelDraft, from_attributes=True))
        return Created(status="Model created successfully", model=change.model, warnings=change.warnings)

    @post("/validate_stt_model", operation_id="validate_stt_model", status_code=200, responses=ERRORS)
    async def validate(self, backend: InjectedBackend, data: JSONBody[Configuration]) -> Verdict:
        """Check whether a configuration would run here."""
        found = await backend.validate_model(
            ModelDraft(
                name=data.model_name, model_type=data.model_type, device=data.device, compute_type=data.compute_type
            )
        )
        return Verdict(valid=found.valid, available=found.available, message=found.message, warnings=found.warnings)

    @get("/get_stt_types", operation_id="get_stt_types", opt=TRANSCRIBE, responses=ERRORS)
    async def list_types(self, backend: InjectedBackend) -> TypeList:
        """List the registered engine types."""
        known = await backend.engines()
        return TypeList(types=[engine.model_type for engine in known.engines], default_type=known.default_type)

    @post("/delete_stt_model", operation_id="delete_stt_model", status_code=200, responses=ERRORS)
    async def delete(self, backend: InjectedBackend, data: JSONBody[NamedModel]) -> Deleted:
        """Delete a model that is neither active nor default."""
        await backend.delete_model(data.model_id)
        return Deleted()


class DashboardTranscription(Controller):
    """Transcribe an upload and wait for the text."""

    path = "/api"
    tags = ("Transcription",)
    opt = TRANSCRIBE

    @post(
        "/transcribe_only",
        operation_id="transcribe_only",
        operation_class=DashboardForm,
        status_code=200,
        responses=UPLOAD_ERRORS,
    )
    async def transcribe_only(self, request: Request[Any, Any, Any], backend: InjectedBackend) -> Transcribed:
        """Transcribe the recording in the form's field `audio`."""
        upload = await receive_upload(request, backend, DASHBOARD_FORM)
        done = await while_connected(request, transcribe_upload(backend, upload), finish=True)
        used = done.model
        return Transcribed(
            transcript=done.text, model_info=ModelUsed(name=used.name, type=used.type, device=used.device)
        )
