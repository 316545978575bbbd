"""Engines by name. Names come without imports; an engine's class is imported when it is asked for.

Engines are registered by `register` (that is `STTFactory.register`) or by an entry point in the group
`orstt.engines`, our own ones included. There is one registry in a process. A broken engine is an error when it is
asked for, and never anyone else's.
"""

from __future__ import annotations

import re
from difflib import get_close_matches
from functools import cache
from importlib import import_module
from inspect import isabstract
from typing import TYPE_CHECKING

from msgspec.structs import replace

from orstt_core.engines.base import BaseSTT
from orstt_core.errors import EngineUnavailable, EngineUnknown, InvalidRequest

if TYPE_CHECKING:
    from importlib.metadata import Distribution, EntryPoint

    from orstt_core.settings import EngineSettings

GROUP = "orstt.engines"
OURS = "orstt"
"""Name of the distribution that our own engines come with."""
DEFAULT_TYPE = "whisper"
FIRST = (DEFAULT_TYPE, "faster-whisper")
TYPE_NAME = re.compile(r"[A-Za-z0-9][A-Za-z0-9._-]{0,49}")

_registered: dict[str, type[BaseSTT]] = {}


def register(model_type: str, engine: type[BaseSTT]) -> None:
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
    _registered[model_type] = _complete(engine)


def names() -> list[str]:
    """Return the names of all engines, those that need no extra first, our own before others; none is imported."""
    installed = sorted(_installed(), key=lambda name: FIRST.index(name) if name in FIRST else len(FIRST))
    return [*installed, *(name for name in _registered if name not in installed)]


def registered(model_type: str) -> type[BaseSTT] | None:
    """Return the class that `register` was given under that name, if it was given one."""
    return _registered.get(model_type)


def location(model_type: str) -> str:
    """Return where an engine's class is, as `module:qualname`; it is not imported.

    Raises:
        EngineUnknown: no engine has that name.
    """
    if engine := _registered.get(model_type):
        return f"{engine.__module__}:{engine.__qualname__}"
    entry = _entry(model_type)
    return f"{entry.module}:{entry.attr}"


def engine_class(model_type: str) -> type[BaseSTT]:
    """Import an engine and return its class.

    Raises:
        EngineUnknown: no engine has that name.
        EngineUnavailable: its module cannot be imported, or holds no complete engine.
    """
    if engine := _registered.get(model_type):
        return engine
    entry = _entry(model_type)
    try:
        return _complete(entry.load())
    except Exception as error:  # a module of another package may raise anything when it is imported
        raise EngineUnavailable(
            f"The engine {model_type} cannot be loaded: {error}", hint=f"Type: {install_command(model_type)}"
        ) from error


def is_light(model_type: str) -> bool:
    """Return whether importing an engine's class runs no code that is not here already or ours, which is lazy.

    Raises:
        EngineUnknown: no engine has that name.
    """
    return model_type in _registered or _distribution(_entry(model_type)) == OURS


def credentials_of(model_type: str) -> tuple[str, ...]:
    """Return the secret settings that an engine is given: none to those of other packages, which read their own.

    Raises:
        EngineUnknown: no engine has that name.
        EngineUnavailable: it is one of ours, and damaged.
    """
    if not is_light(model_type):
        return ()
    engine = engine_class(model_type)
    return (*engine.credentials, *(["hub_token"] if engine.weights_format else []))


def with_own_credentials(settings: EngineSettings, model_type: str) -> EngineSettings:
    """Return settings with no credentials but those that an engine needs: none is told another one's."""
    if not settings.credentials:
        return settings
    own = {name: settings.credentials.get(name, "") for name in credentials_of(model_type)}
    if not settings.allow_download:
        own.pop("hub_token", None)
    return replace(settings, credentials={name: value for name, value in own.items() if value})


def import_engine(model_type: str, location: str) -> type[BaseSTT]:
    """Import the class at a `location` that another process gave, register it and return it.

    Raises:
        EngineUnavailable: there is no such class that this process can import.
    """
    module, _, qualname = location.partition(":")
    try:
        found: object = import_module(module)
        for name in qualname.split("."):
            found = getattr(found, name)
        _registered[model_type] = _complete(found)
    except Exception as error:  # a module of another package may raise anything when it is imported
        raise EngineUnavailable(
            f"The engine {model_type} cannot be imported: {type(error).__name__}: {error}",
            hint="Its class must stand at the top of a module that can be imported.",
        ) from error
    return _registered[model_type]


def install_command(model_type: str) -> str:
    """Return the command that installs anew the package that an engine comes with; empty if it is registered.

    Raises:
        EngineUnknown: no engine has that name.
    """
    if model_type in _registered:
        return ""
    return f"pip install --upgrade {_distribution(_entry(model_type))}"


def refresh() -> None:
    """Look for entry points anew the next time, because something was installed."""
    _installed.cache_clear()
    _name_of.cache_clear()


def _entry(model_type: str) -> EntryPoint:
    if entry := _installed().get(model_type):
        return entry
    types = names()
    close = get_close_matches(model_type, types, n=1)
    guess = f"Did you mean {close[0]!r}? " if close else ""
    raise EngineUnknown(
        f"There is no engine called {model_type!r}.",
        hint=f"{guess}Engines are: {', '.join(types)}.",
        field="model_type",
    )


@cache
def _installed() -> dict[str, EntryPoint]:
    """Return the entry points by name, ours first: no other package can take a name of ours.

    Kept, because reading them looks into every installed package: 25 ms, at every request of a server.
    """
    from importlib.metadata import entry_points  # a quarter of what a child imports that is told where its class is

    found: dict[str, EntryPoint] = {}
    for entry in sorted(entry_points(group=GROUP), key=lambda entry: (_distribution(entry) != OURS, entry.name)):
        found.setdefault(entry.name, entry)
    return found


def _distribution(entry: EntryPoint) -> str:
    return _name_of(entry.dist) if entry.dist else ""


@cache
def _name_of(distribution: Distribution) -> str:
    """Return its name, for which all of its description is read; a list of models asks for each of them."""
    return distribution.name


def _complete(found: object) -> type[BaseSTT]:
    name = getattr(found, "__qualname__", repr(found))
    if not (isinstance(found, type) and issubclass(found, BaseSTT)):
        raise InvalidRequest(f"{name} is no engine.", hint="Give a class that inherits from orstt_core.BaseSTT.")
    if isabstract(found):
        raise InvalidRequest(
            f"{name} is no complete engine.", hint=f"It lacks: {', '.join(sorted(found.__abstractmethods__))}."
        )
    return found
