"""Models as a REST resource, and those that are loaded, for `RemoteBackend` and for programs."""

from __future__ import annotations

from functools import partial
from typing import Annotated, Any

from litestar import Controller, Request, delete, get, patch, post
from litestar.params import FromPath, JSONBody, QueryParameter
from litestar.response import Stream
from msgspec import Struct

from orstt_api.controllers.injection import InjectedBackend
from orstt_api.openapi import Stream as EventsOf
from orstt_api.openapi import problems, server_sent
from orstt_api.scopes import MANAGE, TRANSCRIBE
from orstt_api.streaming import EventStream, download, event_stream
from orstt_api.wire import API, ARCHIVE, unquote_ref
from orstt_core.errors import (
    Busy,
    Conflict,
    DeviceUnavailable,
    EngineFailed,
    EngineUnavailable,
    EngineUnknown,
    ModelExists,
    ModelInUse,
    ModelNotFound,
    ModelNotUsable,
    ModelSuspended,
    TooLarge,
    VocabularyNotFound,
    WeightsError,
)
from orstt_core.types import (
    Change,
    KeepAlive,
    LoadedModel,
    Model,
    ModelDraft,
    ModelUpdate,
    Problem,
    TuningEvent,
    Validation,
)

Store = Annotated[bool, QueryParameter(description="Give the model that setting; otherwise it is only measured.")]


class LoadOrder(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """How long a model stays loaded when it is idle, in seconds: 0 not at all, -1 for ever; default: the setting's."""

    keep_alive: KeepAlive | None = None


class Models(Controller):
    """A model is named in the path by its id or by its name, percent-encoded."""

    path = f"{API}/models"
    tags = ("Models",)
    opt = MANAGE

    @get("/", operation_id="listModels", opt=TRANSCRIBE, responses=problems())
    async def list_models(self, backend: InjectedBackend) -> list[Model]:
        """List the configured models in the order they were added."""
        return await backend.models()

    @post("/", operation_id="createModel", responses=problems(EngineUnknown, ModelExists, VocabularyNotFound, TooLarge))
    async def create(self, backend: InjectedBackend, data: JSONBody[ModelDraft]) -> Change:
        """Validate and store a model; it is neither active nor default."""
        return await backend.create_model(data)

    @post("/validate", operation_id="validateModel", status_code=200, responses=problems(TooLarge))
    async def validate(self, backend: InjectedBackend, data: JSONBody[ModelDraft]) -> Validation:
        """Make the four checks; what fails is in the answer."""
        return await backend.validate_model(data)

    @get("/{ref:str}", operation_id="getModel", opt=TRANSCRIBE, responses=problems(ModelNotFound))
    async def show(self, backend: InjectedBackend, ref: FromPath[str]) -> Model:
        """Return one model."""
        return await backend.model(unquote_ref(ref))

    @post(
        "/{ref:str}/activate",
        operation_id="activateModel",
        status_code=200,
        responses=problems(ModelNotFound, ModelNotUsable),
    )
    async def activate(self, backend: InjectedBackend, ref: FromPath[str]) -> Change:
        """Make this the one active model; if it cannot run here the old one stays."""
        return await backend.activate_model(unquote_ref(ref))

    @post(
        "/{ref:str}/load",
        operation_id="loadModel",
        status_code=200,
        responses=problems(
            Busy,
            ModelNotFound,
            ModelSuspended,
            WeightsError,
            DeviceUnavailable,
            EngineUnavailable,
            EngineFailed,
            TooLarge,
        ),
    )
    async def load(
        self, backend: InjectedBackend, ref: FromPath[str], data: JSONBody[LoadOrder | None] = None
    ) -> LoadedModel:
        """Load a model now, so that the next request need not wait for it."""
        return await backend.load_model(unquote_ref(ref), data.keep_alive if data else None)

    @post(
        "/{ref:str}/unload",
        operation_id="unloadModel",
        status_code=200,
        responses=problems(ModelNotFound, ModelInUse),
    )
    async def unload(self, backend: InjectedBackend, ref: FromPath[str]) -> LoadedModel:
        """Unload a model, giving its memory back to the system, and return it as it was."""
        return await backend.unload_model(unquote_ref(ref))

    @get(
        "/{ref:str}/export",
        operation_id="exportModel",
        media_type=ARCHIVE,
        responses=problems(ModelNotFound, WeightsError),
    )
    async def export(self, request: Request[Any, Any, Any], backend: InjectedBackend, ref: FromPath[str]) -> Stream:
        """Return one file with a model's weights, their digests and its configuration, to import elsewhere."""
        return await download(request, backend.export_model(unquote_ref(ref)), ARCHIVE)

    @patch(
        "/{ref:str}",
        operation_id="updateModel",
        responses=problems(ModelNotFound, VocabularyNotFound, ModelExists, ModelNotUsable, EngineUnknown, TooLarge),
    )
    async def update(self, backend: InjectedBackend, ref: FromPath[str], data: JSONBody[ModelUpdate]) -> Change:
        """Change a model; the active one is changed only to what can run here."""
        return await backend.update_model(unquote_ref(ref), data)

    @post(
        "/{ref:str}/tune",
        operation_id="tuneModel",
        operation_class=EventsOf,
        status_code=200,
        responses={
            200: server_sent(TuningEvent | Problem),
            **problems(ModelNotFound, ModelNotUsable, DeviceUnavailable, EngineUnavailable, Conflict),
        },
    )
    async def tune(
        self,
        request: Request[Any, Any, Any],
        backend: InjectedBackend,
        ref: FromPath[str],
        *,
        store: Store = True,
    ) -> EventStream:
        """Find the fastest setting of a model that hears as well as the one it has, on this server's machine.

        It tells what it does, which takes a minute or two; closing the connection stops it, and nothing is stored.
        """
        tune = partial(backend.tune_model, unquote_ref(ref), store=store)
        return await event_stream(request, tune, await_first=True, finish=False)

    @post(
        "/{ref:str}/tune/undo",
        operation_id="undoTuning",
        status_code=200,
        responses=problems(ModelNotFound, ModelNotUsable, Conflict),
    )
    async def undo_tuning(self, backend: InjectedBackend, ref: FromPath[str]) -> Change:
        """Give a model the setting back that it had before it was tuned on this server's machine."""
        return await backend.undo_tuning(unquote_ref(ref))

    @delete("/{ref:str}", operation_id="deleteModel", status_code=200, responses=problems(ModelNotFound, ModelInUse))
    async def delete(self, backend: InjectedBackend, ref: FromPath[str]) -> Model:
        """Remove a model and return it as it was; its weights stay on disk."""
        return await backend.delete_model(unquote_ref(ref))


@get(f"{API}/ps", operation_id="listLoadedModels", opt=TRANSCRIBE, tags=["Models"], responses=problems())
async def loaded_models(backend: InjectedBackend) -> list[LoadedModel]:
    """List what is loaded, or suspended, the most recently used first."""
    return await backend.loaded_models()
