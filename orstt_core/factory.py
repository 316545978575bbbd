"""STTFactory: engines by name. Names come without imports; an engine is imported when it is asked for.

Engines are registered by `STTFactory.register` or by an entry point in the group `orstt.engines`, our own
ones included. A broken one is an error when it is asked for, and never anyone else's.
"""

from __future__ import annotations

import logging
import re
from collections.abc import Iterator
from contextlib import contextmanager
from difflib import get_close_matches
from functools import cache
from importlib import import_module
from importlib.metadata import EntryPoint, entry_points
from inspect import isabstract
from typing import ClassVar

from orstt_core.engines.base import BaseSTT
from orstt_core.engines.devices import choose_device
from orstt_core.engines.inspection import missing_packages, title_of, unknown_model, why_unavailable
from orstt_core.errors import (
    EngineFailed,
    EngineUnavailable,
    EngineUnknown,
    InvalidRequest,
    OrsttError,
)
from orstt_core.settings import EngineSettings, load_settings
from orstt_core.types import ModelDraft, Validation

GROUP = "orstt.engines"
DEFAULT_TYPE = "whisper"
TYPE_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,49}")
_log = logging.getLogger(__name__)


class STTFactory:
    """Registers and makes engines; there is one registry in a process."""

    _registered: ClassVar[dict[str, type[BaseSTT]]] = {}

    @classmethod
    def register(cls, model_type: str, engine: type[BaseSTT]) -> None:
        """Make an engine known under a name; it goes before an entry point of the same name.

        Raises:
            InvalidRequest: the name is not 1 to 50 of A-Z a-z 0-9 . _ -, or the class is no complete engine.
        """
        if not isinstance(model_type, str) or not TYPE_NAME.fullmatch(model_type):
            raise InvalidRequest(
                f"{model_type!r} cannot be the name of an engine.",
                hint="Use 1 to 50 letters, digits, dots, underscores or hyphens, a letter or digit first.",
                field="model_type",
            )
        cls._registered[model_type] = _engine_class(engine)

    @classmethod
    def get_available_types(cls) -> list[str]:
        """Return the names of all engines, `whisper` first, our own before others; none is imported."""
        installed = sorted(_installed(), key=lambda name: name != DEFAULT_TYPE)
        return [*installed, *(name for name in cls._registered if name not in installed)]

    @classmethod
    def registered(cls, model_type: str) -> type[BaseSTT] | None:
        """Return the class that `register` was given under that name, if it was given one."""
        return cls._registered.get(model_type)

    @classmethod
    def location(cls, model_type: str) -> str:
        """Return where an engine's class is, as `module:qualname`; it is not imported.

        Raises:
            EngineUnknown: no engine has that name.
        """
        if engine := cls._registered.get(model_type):
            return f"{engine.__module__}:{engine.__qualname__}"
        entry = cls._entry(model_type)
        return f"{entry.module}:{entry.attr}"

    @classmethod
    def import_engine(cls, model_type: str, location: str) -> type[BaseSTT]:
        """Import the class at a `location` that another process gave, register it and return it.

        Raises:
            EngineUnavailable: there is no such class that this process can import.
        """
        module, _, qualname = location.partition(":")
        try:
            found: object = import_module(module)
            for name in qualname.split("."):
                found = getattr(found, name)
            cls._registered[model_type] = _engine_class(found)
        except Exception as error:  # a module of another package may raise anything when it is imported
            raise EngineUnavailable(
                f"The engine {model_type} cannot be imported: {type(error).__name__}: {error}",
                hint="Its class must stand at the top of a module that can be imported.",
            ) from error
        return cls._registered[model_type]

    @classmethod
    def get_engine(cls, model_type: str) -> type[BaseSTT]:
        """Import an engine and return its class.

        Raises:
            EngineUnknown: no engine has that name.
            EngineUnavailable: its module cannot be imported, or holds no complete engine.
        """
        if engine := cls._registered.get(model_type):
            return engine
        entry = cls._entry(model_type)
        try:
            return _engine_class(entry.load())
        except Exception as error:  # a module of another package may raise anything when it is imported
            raise EngineUnavailable(
                f"The engine {model_type} cannot be loaded: {error}", hint=f"Type: {cls.install_command(model_type)}"
            ) from error

    @classmethod
    def build(
        cls,
        model_type: str,
        model_name: str,
        device: str = "cpu",
        compute_type: str = "int8",
        *,
        settings: EngineSettings | None = None,
    ) -> BaseSTT:
        """Return an engine that is ready to load `model_name`; nothing is fetched or loaded yet.

        `cuda` without a GPU falls back to the CPU and is logged as a warning; the engine's `device` and
        `compute_type` say what it will use.

        Raises:
            EngineUnknown: no engine has that name.
            EngineUnavailable: what it needs is not installed, or does not start.
            DeviceUnavailable: it can use no device of this machine.
            WeightsError: the weights are nowhere, or damaged.
            InvalidRequest: the device, the compute type or the model is none that the engine knows.
            EngineFailed: its constructor raised.
        """
        for value in (model_type, model_name, device, compute_type):
            if not isinstance(value, str):
                raise InvalidRequest(f"{value!r} is no text; an engine takes type, model, device and compute type.")
        engine = cls.get_engine(model_type)
        settings = settings or load_settings().for_engines
        title = title_of(engine)
        if missing := missing_packages(engine):
            raise EngineUnavailable(f"{title} cannot run here: {missing.reason}", hint=f"Type: {missing.install}")
        with _starting(title):
            chosen = choose_device(title, device, compute_type, engine.devices())
            if chosen.warning:
                _log.warning(chosen.warning)
            _check_weights(engine, model_name, settings)
            made = engine(model_name, chosen.device, chosen.compute_type)
            made.settings = settings
            if not made.is_available():
                raise EngineUnavailable(f"{title} cannot run here: {why_unavailable(engine).reason}")
        return made

    @classmethod
    def create(
        cls, model_type: str, model_name: str, device: str = "cpu", compute_type: str = "int8"
    ) -> BaseSTT | None:
        """Return what `build` returns, or None where it raises; the reason is logged as one line."""
        try:
            return cls.build(model_type, model_name, device, compute_type)
        except OrsttError as error:
            _log.error("Cannot create %s with the model %s: %s", model_type, model_name, error)
            return None

    @classmethod
    def validate_model(
        cls, model_type: str, model_name: str, device: str = "cpu", compute_type: str = "int8"
    ) -> Validation:
        """Check whether this configuration would run here; what fails is in the answer, never raised."""
        from orstt_core.validation import validate

        draft = ModelDraft(name=model_name, model_type=model_type, device=device, compute_type=compute_type)
        return validate(draft, load_settings())

    @classmethod
    def install_command(cls, model_type: str) -> str:
        """Return the command that installs anew the package that an engine comes with; empty if it is registered."""
        if model_type in cls._registered:
            return ""
        return f"pip install --upgrade {_distribution(cls._entry(model_type))}"

    @classmethod
    def unknown(cls, model_type: str) -> EngineUnknown:
        """Return the error for a name that no engine has, with the names there are."""
        types = cls.get_available_types()
        close = get_close_matches(model_type, types, n=1)
        guess = f"Did you mean {close[0]!r}? " if close else ""
        return EngineUnknown(
            f"There is no engine called {model_type!r}.",
            hint=f"{guess}Engines are: {', '.join(types)}.",
            field="model_type",
        )

    @classmethod
    def forget_installed(cls) -> None:
        """Look for entry points anew the next time, because something was installed."""
        _installed.cache_clear()

    @classmethod
    def _entry(cls, model_type: str) -> EntryPoint:
        if entry := _installed().get(model_type):
            return entry
        raise cls.unknown(model_type)


@cache
def _installed() -> dict[str, EntryPoint]:
    """Return the entry points by name, ours first: no other package can take a name of ours.

    Kept, because reading them looks into every installed package: 25 ms, at every request of a server.
    """
    found: dict[str, EntryPoint] = {}
    for entry in sorted(entry_points(group=GROUP), key=lambda entry: (_distribution(entry) != "orstt", entry.name)):
        found.setdefault(entry.name, entry)
    return found


def _distribution(entry: EntryPoint) -> str:
    return entry.dist.name if entry.dist else ""


def _engine_class(found: object) -> type[BaseSTT]:
    name = getattr(found, "__qualname__", repr(found))
    if not (isinstance(found, type) and issubclass(found, BaseSTT)):
        raise InvalidRequest(f"{name} is no engine.", hint="Give a class that inherits from orstt_core.BaseSTT.")
    if isabstract(found):
        raise InvalidRequest(
            f"{name} is no complete engine.", hint=f"It lacks: {', '.join(sorted(found.__abstractmethods__))}."
        )
    return found


def _check_weights(engine: type[BaseSTT], model_name: str, settings: EngineSettings) -> None:
    if engine.weights_format:
        from orstt_core.weights import locate

        location = locate(model_name, cache_dir=settings.cache_dir, allow_download=settings.allow_download)
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
