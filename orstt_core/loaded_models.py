"""LoadedModels: what a person asks of models that are loaded: which are, load this one, unload that one."""

from __future__ import annotations

import builtins

from orstt_core.caller import current_actor
from orstt_core.db.audit import AuditLog
from orstt_core.db.models import ModelStore
from orstt_core.errors import ModelInUse, ModelNotFound
from orstt_core.runtime.model_spec import encoded_options, spec_of
from orstt_core.runtime.pool import EnginePool
from orstt_core.runtime.slot import LoadedEngine
from orstt_core.types import LoadedModel, Model


class LoadedModels:
    """Configured models and the engines that serve them in this process.

    Args:
        store: has the models.
        audit: told who loaded and unloaded what.
        pool: holds what is loaded.
    """

    def __init__(self, store: ModelStore, audit: AuditLog, pool: EnginePool) -> None:
        self._store, self._audit, self._pool = store, audit, pool

    async def list(self) -> builtins.list[LoadedModel]:
        """See `Backend.loaded_models`."""
        return [loaded for loaded, _ in await self._loaded()]

    async def load(self, ref: int | str, keep_alive: float | None) -> LoadedModel:
        """See `Backend.load_model`."""
        model = await self._store.get(ref)
        spec = spec_of(model)
        await self._pool.load(spec, name=model.name, keep_alive=keep_alive)
        await self._audit.add(current_actor(), "model.loaded", model.name)
        loaded = await self._loaded()
        return next((each for each, engine in loaded if engine.spec == spec), unloaded_model(model))

    async def unload(self, ref: int | str) -> LoadedModel:
        """See `Backend.unload_model`."""
        model = await self._store.get(ref)
        spec = spec_of(model)
        before = next((each for each, engine in await self._loaded() if engine.spec == spec), None)
        try:
            unloaded = before is not None and await self._pool.unload(spec) is not None
        except ModelInUse as error:  # the pool knows the weights, a person the name
            raise ModelInUse(f"{model.name} is in use.", hint=error.hint) from error
        if before is None or not unloaded:
            raise ModelNotFound(f"{model.name} is not loaded.", hint="`orstt ps` shows what is.")
        await self._audit.add(current_actor(), "model.unloaded", model.name)
        return before

    async def _loaded(self) -> builtins.list[tuple[LoadedModel, LoadedEngine]]:
        engines = self._pool.loaded()
        models = await self._store.list()
        return [(loaded_model(engine, models), engine) for engine in engines]


def loaded_model(engine: LoadedEngine, models: list[Model]) -> LoadedModel:
    """Return what is told of an engine; it serves each configured model that would be loaded as it was."""
    spec = engine.spec
    loaded = (spec.model_type, spec.model, spec.device, spec.compute_type, spec.options)
    return LoadedModel(
        names=[model.name for model in models if loaded == served(model)],
        model_type=spec.model_type,
        model=spec.model,
        device=engine.device,
        compute_type=engine.compute_type,
        state=engine.state,
        memory=engine.memory,
        using=engine.using,
        loaded_at=engine.loaded_at,
        expires_at=engine.expires_at,
        suspended_until=engine.suspended_until,
        reason=engine.reason,
        pid=engine.pid,
    )


def served(model: Model) -> tuple[str, ...]:
    """Return what of a model decides by which process it is served."""
    return model.model_type, model.model, model.device, model.compute_type, encoded_options(model)


def unloaded_model(model: Model) -> LoadedModel:
    """Return what was loaded with keep_alive 0, and so is not any more."""
    return LoadedModel(
        names=[model.name],
        model_type=model.model_type,
        model=model.model,
        device=model.device,
        compute_type=model.compute_type,
        state="idle",
    )
