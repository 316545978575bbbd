"""Every setting as a person looks at it: its value, where that comes from, and what it is for. No secret is in it."""

from __future__ import annotations

import os
from collections.abc import Collection, Mapping, Sequence
from functools import cache
from typing import Any, get_args, get_type_hints

import msgspec
from msgspec import Meta, Struct

from orstt_core.addresses import without_credentials
from orstt_core.errors import SettingsError
from orstt_core.settings.fields import SECRETS, Settings
from orstt_core.settings.reading import LISTS, Given, Source, convert_values, read_file, read_values, variable_of

ADDRESSES = frozenset({"remote", "weights_mirrors"})
"""Settings with addresses, in which a name and a password may stand."""


class Setting(Struct, frozen=True, kw_only=True):
    """One setting.

    Attributes:
        value: what counts, as JSON has it; None for a secret.
        source: where that comes from.
        default: what it is when it is given nowhere.
        variable: the environment variable that it is read from, or that gives it now.
        secret: its value is neither shown nor written.
        is_set: it is not empty; all that is said of a secret.
        in_file: the settings file has it, whether that counts or not.
        choices: what it may be, if it is one of some texts, or true or false.
    """

    name: str
    value: Any
    source: Source
    default: Any
    description: str
    variable: str
    secret: bool
    is_set: bool
    in_file: bool
    choices: list[str] = []

    @property
    def text(self) -> str:
        """The value as a person writes it in the environment, or gives it to `orstt settings set`."""
        if self.secret:
            return "set" if self.is_set else "not set"
        return in_text(self.value)


def list_settings(environ: Mapping[str, str] | None = None, **overrides: Any) -> list[Setting]:
    """Return all settings in their order.

    Args:
        environ: where variables are looked for; default: the process's environment.
        overrides: options that go before everything; None counts as not given.

    Raises:
        SettingsError: as `load_settings`.
    """
    environ = os.environ if environ is None else environ
    given = read_values(environ, overrides)
    settings = convert_values({name: value.raw for name, value in given.items()})
    return _listed(settings, given, read_file(environ))


class StartSettings:
    """The settings that a program was started with, and where they came from then: file and environment may change.

    Args:
        running: the settings themselves.
        environ: where variables are looked for; default: the process's environment.
    """

    def __init__(self, running: Settings, environ: Mapping[str, str] | None = None) -> None:
        environ = os.environ if environ is None else environ
        try:
            given, in_file = read_values(environ, {}), read_file(environ)
            read = convert_values({name: value.raw for name, value in given.items()})
        except SettingsError:
            # A script that gives the settings itself does not need the file, nor the environment.
            given, in_file, read = {}, {}, Settings()
        # What neither gives was given as an option; one that says the same as they do changes nothing.
        options = {
            name: Given("option", None)
            for name in Settings.__struct_fields__
            if getattr(running, name) != getattr(read, name)
        }
        self._running, self._in_file = running, frozenset(in_file)
        self._given = {name: value._replace(raw=None) for name, value in given.items()} | options

    def listed(self) -> list[Setting]:
        """Return all of them in their order."""
        return _listed(self._running, self._given, self._in_file)


def changed_since(running: Settings, settings: Sequence[Setting]) -> dict[str, str]:
    """Return what a program works with that has another value by now, by name: it takes those at its next start.

    Args:
        running: what the program was started with.
        settings: as they are read now.
    """
    values = _plain(running)
    return {each.name: in_text(values[each.name]) for each in settings if not _same(each, values[each.name])}


def in_text(value: object) -> str:
    """Return a value as a person writes it; empty: nothing."""
    if isinstance(value, bool):
        return "true" if value else "false"
    if isinstance(value, Mapping):
        return ",".join(f"{key}={part}" for key, part in value.items())
    if isinstance(value, list):
        return ",".join(map(str, value))
    return f"{value:g}" if isinstance(value, float) and value.is_integer() else str(value)


def _listed(settings: Settings, given: Mapping[str, Given], in_file: Collection[str]) -> list[Setting]:
    values, defaults = _plain(settings), _plain(Settings())
    return [
        Setting(
            name=name,
            value=None if name in SECRETS else values[name],
            source=given[name].source if name in given else "default",
            default=None if name in SECRETS else defaults[name],
            description=description,
            variable=(given[name].variable if name in given else "") or variable_of(name),
            secret=name in SECRETS,
            is_set=bool(values[name]),
            in_file=name in in_file,
            choices=choices,
        )
        for name, (description, choices) in _described().items()
    ]


def _same(setting: Setting, value: object) -> bool:
    # Of a secret nothing but whether there is one is known here.
    return bool(value) == setting.is_set if setting.secret else value == setting.value


def _plain(settings: Settings) -> dict[str, Any]:
    plain: dict[str, Any] = msgspec.to_builtins(settings, enc_hook=str)
    plain["remote"] = without_credentials(plain["remote"])
    plain["weights_mirrors"] = {form: without_credentials(url) for form, url in plain["weights_mirrors"].items()}
    for name in LISTS:  # of hosts and addresses
        plain[name] = [without_credentials(address) for address in plain[name]]
    return plain


@cache
def _described() -> dict[str, tuple[str, list[str]]]:
    """Return what `Settings` says of each of its fields: what it is for, and what it may be if that is one of a few."""
    found: dict[str, tuple[str, list[str]]] = {}
    for name, hint in get_type_hints(Settings, include_extras=True).items():
        kind, *others = get_args(hint)
        description = next(meta.description or "" for meta in others if isinstance(meta, Meta))
        found[name] = (description, ["true", "false"] if kind is bool else [str(choice) for choice in _texts(kind)])
    return found


def _texts(kind: Any) -> Sequence[object]:
    return () if getattr(kind, "__origin__", None) in (list, dict) else get_args(kind)
