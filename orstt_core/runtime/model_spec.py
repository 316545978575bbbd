"""Which engine with which weights a configured model means, as the pool of engines knows it."""

from __future__ import annotations

import msgspec

from orstt_core.engines import registry
from orstt_core.runtime.protocol import EngineSpec
from orstt_core.types import Model


def spec_of(model: Model) -> EngineSpec:
    """Return which engine with which weights a configured model means.

    Raises:
        EngineUnknown: its type is registered no more.
    """
    return EngineSpec(
        model_type=model.model_type,
        engine=registry.location(model.model_type),
        model=model.model,
        device=model.device,
        compute_type=model.compute_type,
        options=encoded_options(model),
    )


def encoded_options(model: Model) -> str:
    """Return the options of a model's engine as an `EngineSpec` has them."""
    return msgspec.json.encode(model.options, order="sorted").decode()
