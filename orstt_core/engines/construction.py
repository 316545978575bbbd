"""Make an engine that is ready to load a model, or say with a typed error why that cannot be done here."""

from __future__ import annotations

import logging
from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from orstt_core.conversion import convert
from orstt_core.engines.base import BaseSTT
from orstt_core.engines.devices import choose_device
from orstt_core.engines.inspection import missing_packages, title_of, unknown_model, why_unavailable
from orstt_core.engines.permission import why_forbidden
from orstt_core.engines.registry import engine_class
from orstt_core.errors import EngineFailed, EngineUnavailable, InvalidRequest, OrsttError
from orstt_core.option_fields import checked_values, fields_of
from orstt_core.settings import EngineSettings
from orstt_core.types.options import OptionValue

_log = logging.getLogger(__name__)


def build(
    model_type: str,
    model_name: str,
    device: str,
    compute_type: str,
    settings: EngineSettings,
    options: Mapping[str, OptionValue] | None = None,
) -> BaseSTT:
    """Return an engine that is ready to load `model_name`; nothing is fetched or loaded yet.

    `cuda` without a GPU falls back to the CPU and is logged as a warning; the engine's `device` and
    `compute_type` say what it will use.

    Raises:
        EngineUnknown: no engine has that name.
        EngineUnavailable: what it needs is not installed, or does not start.
        DeviceUnavailable: it can use no device of this machine.
        WeightsError: the weights are nowhere, or damaged.
        InvalidRequest: the device, the compute type, the model or an option is none that the engine knows.
        EngineFailed: its constructor raised.
    """
    for value in (model_type, model_name, device, compute_type):
        if not isinstance(value, str):
            raise InvalidRequest(f"{value!r} is no text; an engine takes type, model, device and compute type.")
    engine = engine_class(model_type)
    title = title_of(engine)
    if missing := missing_packages(engine):
        raise EngineUnavailable(f"{title} cannot run here: {missing.reason}", hint=f"Type: {missing.install}")
    if forbidden := why_forbidden(engine, settings):
        raise EngineUnavailable(f"{title} cannot run here: {forbidden.reason}", hint="docs/engines.md says how.")
    with _starting(title):
        chosen = choose_device(title, device, compute_type, engine.devices())
        if chosen.warning:
            _log.warning(chosen.warning)
        _check_weights(engine, model_name, settings)
        made = engine(model_name, chosen.device, chosen.compute_type)
        made.settings, made.options = settings, engine_options(engine, options or {})
        if not made.is_available():
            raise EngineUnavailable(f"{title} cannot run here: {why_unavailable(engine).reason}")
    return made


def engine_options(engine: type[BaseSTT], given: Mapping[str, OptionValue]) -> BaseSTT.Options:
    """Return options as the engine's own type.

    Raises:
        InvalidRequest: one is unknown or does not fit; `field` names it.
    """
    return convert(checked_values(fields_of(engine.Options), given), engine.Options)


def _check_weights(engine: type[BaseSTT], model_name: str, settings: EngineSettings) -> None:
    if engine.weights_format:
        from orstt_core.weights import locate

        location = locate(
            engine.weights_format, model_name, cache_dir=settings.cache_dir, allow_download=settings.allow_download
        )
        if location.kind in {"absent", "unknown"}:
            raise location.refusal()
    elif engine.known_models and model_name not in engine.known_models:
        raise unknown_model(title_of(engine), model_name, engine.known_models)


@contextmanager
def _starting(title: str) -> Iterator[None]:
    try:
        yield
    except OrsttError:
        raise
    except ImportError as error:
        raise EngineUnavailable(f"{title} cannot run here: {error}.") from error
    except Exception as error:  # the constructor of another package's engine may raise anything
        raise EngineFailed(f"{title} cannot be made: {type(error).__name__}: {error}") from error
