"""What is told of models that are loaded."""

from __future__ import annotations

from orstt_core.jobs.pipeline import encoded_options
from orstt_core.runtime.slot import LoadedEngine
from orstt_core.types import LoadedModel, Model


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
