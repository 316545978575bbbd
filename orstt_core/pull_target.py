"""Which weights a pull is to bring: those of a configured model, or those that a name stands for."""

from __future__ import annotations

from pathlib import Path
from typing import NamedTuple

from orstt_core.engines.registry import DEFAULT_TYPE
from orstt_core.errors import InvalidRequest
from orstt_core.runtime.probe import probe_engine
from orstt_core.types import Model
from orstt_core.weights.catalogue import WeightsFormat
from orstt_core.weights.formats import format_called, format_that_knows


class PullTarget(NamedTuple):
    """The kind of weights, and which: a name that the format knows, or a hub repository."""

    weights_format: str
    weights: str


def target_of_model(model: Model) -> PullTarget:
    """Return what a configured model needs; the first look at its engine takes a second.

    Raises:
        InvalidRequest: its engine fetches its own weights, or they are a folder.
    """
    return _target(_format_of_engine(model.model_type), model.model, model.name)


def target_called(name: str, model_type: str = "") -> PullTarget:
    """Return what a name of weights stands for: what a format knows by it, or a repository for the usual engine.

    Args:
        name: of the weights.
        model_type: the engine that they are for; empty: as the name tells.

    Raises:
        EngineUnknown: there is no such engine.
        InvalidRequest: no weights are called that, or they are a folder.
    """
    known = None if model_type else format_that_knows(name)
    weights_format = known or _format_of_engine(model_type or DEFAULT_TYPE)
    if weights_format.resolve(name) is None:
        raise InvalidRequest(
            f"No model is called {name[:100]!r}, and no weights are.",
            hint="Give a configured model, a size such as base, or a hub repository `owner/name`.",
            field="model",
        )
    return _target(weights_format, name, name)


def _format_of_engine(model_type: str) -> WeightsFormat:
    info = probe_engine(model_type)
    if not info.weights_format:
        raise InvalidRequest(f"{info.title} fetches its own weights when it needs them.", field="model")
    return format_called(info.weights_format)


def _target(weights_format: WeightsFormat, weights: str, asked: str) -> PullTarget:
    reference = weights_format.resolve(weights)
    if isinstance(reference, Path):
        raise InvalidRequest(f"The weights of {asked[:100]} are a folder: there is nothing to pull.", field="model")
    # By one name, so that all who pull the same share it.
    return PullTarget(weights_format.name, reference.name if reference else weights)
