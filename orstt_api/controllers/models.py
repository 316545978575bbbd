"""Models as a REST resource, for `RemoteBackend` and for programs."""

from __future__ import annotations

from litestar import Controller, delete, get, post
from litestar.params import FromPath, JSONBody

from orstt_api.controllers.injection import InjectedBackend
from orstt_api.wire import API, unquote_ref
from orstt_core.types import Change, Model, ModelDraft, Validation


class Models(Controller):
    """A model is named in the path by its id or by its name, percent-encoded."""

    path = f"{API}/models"
    tags = ("Models",)

    @get("/", operation_id="listModels")
    async def list_models(self, backend: InjectedBackend) -> list[Model]:
        """List the configured models in the order they were added."""
        return await backend.models()

    @post("/", operation_id="createModel")
    async def create(self, backend: InjectedBackend, data: JSONBody[ModelDraft]) -> Change:
        """Validate and store a model; it is neither active nor default."""
        return await backend.create_model(data)

    @post("/validate", operation_id="validateModel", status_code=200)
    async def validate(self, backend: InjectedBackend, data: JSONBody[ModelDraft]) -> Validation:
        """Make the four checks; what fails is in the answer."""
        return await backend.validate_model(data)

    @get("/{ref:str}", operation_id="getModel")
    async def show(self, backend: InjectedBackend, ref: FromPath[str]) -> Model:
        """Return one model."""
        return await backend.model(unquote_ref(ref))

    @post("/{ref:str}/activate", operation_id="activateModel", status_code=200)
    async def activate(self, backend: InjectedBackend, ref: FromPath[str]) -> Change:
        """Make this the one active model; if it cannot run here the old one stays."""
        return await backend.activate_model(unquote_ref(ref))

    @delete("/{ref:str}", operation_id="deleteModel", status_code=200)
    async def delete(self, backend: InjectedBackend, ref: FromPath[str]) -> Model:
        """Remove a model and return it as it was; its weights stay on disk."""
        return await backend.delete_model(unquote_ref(ref))
