"""Weights formats by name: ours, those that a script registers, and those of installed packages.

Ours are the files in `orstt_core/data/weights/`. Another package brings one as a TOML file, which an entry point in
the group `orstt.weights_formats` names as `package:file.toml`: it is read, and nothing of the package is imported.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import suppress
from functools import cache
from importlib.util import find_spec
from pathlib import Path

import msgspec

from orstt_core.errors import EngineUnavailable
from orstt_core.weights.catalogue import WeightsFormat

GROUP = "orstt.weights_formats"
_OURS = Path(__file__).parents[1] / "data" / "weights"

_registered: dict[str, WeightsFormat] = {}


def register(weights_format: WeightsFormat) -> None:
    """Make a format known; it goes before an installed one of its name, but never before one of ours.

    The module of the engine calls it when it is imported: each process that holds an engine imports that anew.
    """
    _registered[weights_format.name] = weights_format


def format_called(name: str) -> WeightsFormat:
    """Return the format that an engine declares by name.

    Raises:
        EngineUnavailable: nobody describes a format of that name, or not so that it can be understood.
    """
    if name in _registered and name not in _our_names():
        return _registered[name]
    if path := _described().get(name):
        return _read(name, path)
    raise EngineUnavailable(
        f"Nobody describes weights of the format {name!r}.",
        hint=f"The engine's package must do so: an entry point in the group {GROUP}.",
    )


def format_that_knows(model: str) -> WeightsFormat | None:
    """Return the format that has a model of that name, ours first; None: none has."""
    return next((found for found in all_formats() if found.knows(model)), None)


def all_formats() -> Iterator[WeightsFormat]:
    """Yield every format that can be used, ours first."""
    for name in dict.fromkeys((*_our_names(), *_registered, *_described())):
        with suppress(EngineUnavailable):  # `orstt types` shows why, beside its engine
            yield format_called(name)


def refresh() -> None:
    """Look for installed formats anew the next time, because something was installed."""
    _described.cache_clear()
    _read.cache_clear()


@cache
def _our_names() -> list[str]:
    return sorted(path.stem for path in _OURS.glob("*.toml"))


@cache
def _described() -> dict[str, Path]:
    """Return the files that describe formats, by name; no other package can take a name of ours."""
    from importlib.metadata import entry_points

    ours = {name: _OURS / f"{name}.toml" for name in _our_names()}
    return {entry.name: _in_package(entry.value) for entry in entry_points(group=GROUP)} | ours


def _in_package(value: str) -> Path:
    """Return where the file that `package:file.toml` names should be; imports nothing."""
    # Not the entry point's own parts: of what names no object it raises when it is asked for them.
    module, _, file = value.partition(":")
    package, *folders = module.split(".")
    spec = find_spec(package)
    if spec is None:
        return Path(package, file)
    found = next(iter(spec.submodule_search_locations or ()), None)
    return Path(found or Path(spec.origin or "").parent, *folders, file)


@cache
def _read(name: str, path: Path) -> WeightsFormat:
    try:
        return WeightsFormat.read(name, path)
    except (OSError, UnicodeDecodeError, msgspec.DecodeError) as error:
        raise EngineUnavailable(
            f"What describes weights of the format {name!r} cannot be used: {error}.",
            hint="Install the engine's package anew.",
        ) from error
