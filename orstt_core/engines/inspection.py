"""What an engine says of itself: what it is called, what it can do, and why it cannot run here.

Asking may import native code, so the program does it in a child process (`orstt_core.runtime.probe`).
"""

from __future__ import annotations

from collections.abc import Sequence
from importlib import import_module
from importlib.util import find_spec
from typing import NamedTuple

import msgspec

from orstt_core.engines.base import BaseSTT
from orstt_core.errors import EngineUnavailable, InvalidRequest
from orstt_core.option_fields import fields_of
from orstt_core.types import EngineInfo


class Shortcoming(NamedTuple):
    """Why an engine cannot run here, and the command that mends it (empty: not known)."""

    reason: str
    install: str = ""


def title_of(engine: type[BaseSTT]) -> str:
    """Return the name shown to people."""
    return engine.title or engine.__name__


def missing_packages(engine: type[BaseSTT]) -> Shortcoming | None:
    """Return which of the packages that the engine declares are not installed; nothing is imported."""
    missing = [module for module in engine.requires if not _is_installed(module)]
    if not missing:
        return None
    packages = " ".join(dict.fromkeys(engine.requires[module] for module in missing))
    are = "is" if len(missing) == 1 else "are"
    return Shortcoming(f"{', '.join(missing)} {are} not installed.", f"pip install {packages}")


def _is_installed(module: str) -> bool:
    try:
        return find_spec(module) is not None
    except ImportError:  # the package that should hold it is not there
        return False


def why_unavailable(engine: type[BaseSTT]) -> Shortcoming:
    """Return why an engine whose packages are installed says that it is not available; imports them."""
    for module in engine.requires:
        try:
            import_module(module)
        except Exception as error:  # noqa: BLE001 - a broken library may raise anything
            return Shortcoming(f"{module} does not load: {error}.")
    return Shortcoming("Something that it needs is not installed.")


def known_models(engine: type[BaseSTT]) -> tuple[str, ...]:
    """Return the models that an engine, or the format of its weights, knows by name; empty: any name goes."""
    if engine.known_models or not engine.weights_format or _lacks_format(engine):
        return engine.known_models
    from orstt_core.weights.formats import format_called

    return tuple(format_called(engine.weights_format).models)


def inspect_engine(model_type: str, engine: type[BaseSTT]) -> EngineInfo:
    """Return how the engine presents itself; whatever it raises becomes the reason why it is not available."""
    try:
        shortcoming = missing_packages(engine) or _lacks_format(engine) or _says_unavailable(engine)
        declared = {
            "model_type": model_type,
            "title": title_of(engine),
            "available": shortcoming is None,
            "reason": shortcoming.reason if shortcoming else "",
            "install": shortcoming.install if shortcoming else "",
            "capabilities": sorted(engine.capabilities),
            "compute_types": {} if shortcoming else engine.devices(),
            "models": known_models(engine),
            "languages": _languages(engine),
            "weights_format": engine.weights_format,
            "options": fields_of(engine.Options),
            "sends_sound": engine.sends_sound,
            "tunable": any("tuning_dimensions" in vars(kind) for kind in engine.__mro__ if kind is not BaseSTT),
        }
        return msgspec.convert(declared, EngineInfo)
    except Exception as error:  # noqa: BLE001 - an engine of another package may raise, or declare, anything
        reason = f"{type(error).__name__}: {error}"
        return EngineInfo(model_type=model_type, title=engine.__name__, available=False, reason=reason)


def unknown_model(title: str, model: str, known: Sequence[str]) -> InvalidRequest:
    """Return the error for a model that is none of those an engine knows by name."""
    return InvalidRequest(
        f"{title} knows no model called {model!r}.", hint=f"It knows: {', '.join(known)}.", field="model"
    )


def _languages(engine: type[BaseSTT]) -> dict[str, list[str]]:
    usual = list(engine.languages(""))
    others = {name: list(engine.languages(name)) for name in known_models(engine)}
    return {"": usual} | {name: codes for name, codes in others.items() if codes != usual}


def _lacks_format(engine: type[BaseSTT]) -> Shortcoming | None:
    if not engine.weights_format:
        return None
    from orstt_core.weights.formats import format_called

    try:
        format_called(engine.weights_format)
    except EngineUnavailable as error:
        return Shortcoming(str(error))
    return None


def _says_unavailable(engine: type[BaseSTT]) -> Shortcoming | None:
    # `is_available` asks for libraries, but it is a method of an object whose __init__ may load weights for
    # seconds, or fail for want of them. So __init__ is left out, unless is_available needs what it sets.
    bare = engine.__new__(engine)
    BaseSTT.__init__(bare, "", "cpu", "int8")
    try:
        available = bare.is_available()
    except AttributeError:
        available = engine("", "cpu", "int8").is_available()
    return None if available else why_unavailable(engine)
