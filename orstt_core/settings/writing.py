"""Change the settings file: one setting at a time, with a person's comments and order as they were."""

from __future__ import annotations

import os
from collections.abc import Mapping
from difflib import get_close_matches
from pathlib import Path
from typing import TYPE_CHECKING, Any

import msgspec

from orstt_core.addresses import without_credentials
from orstt_core.errors import SettingsError
from orstt_core.settings.fields import SECRETS, Settings
from orstt_core.settings.listing import ADDRESSES
from orstt_core.settings.reading import config_file, convert_values, from_text, variable_of
from orstt_core.toml_file import change_toml, put, read_toml

if TYPE_CHECKING:
    from tomlkit import TOMLDocument


def file_value(name: str, text: str) -> Any:
    """Return what a setting is in the file, of a text as the environment would have it.

    Raises:
        SettingsError: there is no such setting, it is a secret, or the text does not fit; `field` is the name.
    """
    check_writable(name)
    value = from_text(name, text)
    settings = convert_values({name: value})
    if name in ADDRESSES:
        urls = value.values() if isinstance(value, Mapping) else [str(value)]
        if any(without_credentials(url) != url for url in urls):
            raise SettingsError(
                "There is a password in the address, which would be in a file that is shown to others.",
                hint=f"Leave it out, or set {variable_of(name)}.",
                field=name,
            )
    # A path stays as it was typed: `~` is whoever reads it.
    return text.strip() if isinstance(value, str) and _is_path(settings, name) else _plain(settings, name)


def check_writable(name: str) -> None:
    """Refuse what has no place in the file.

    Raises:
        SettingsError: there is no such setting, or it is a secret.
    """
    if name not in Settings.__struct_fields__:
        near = get_close_matches(name, Settings.__struct_fields__, n=1)
        meant = f"Did you mean {near[0]}? " if near else ""
        raise SettingsError(f"There is no setting called {name}.", hint=f"{meant}`orstt settings list` has all.")
    if name in SECRETS:
        variable = variable_of(name)
        raise SettingsError(
            f"{name} is a secret: it is not written to the settings file.",
            hint=f"Set {variable}, or {variable}_FILE to a file that it stands in.",
            field=name,
        )


def set_setting(name: str, text: str, environ: Mapping[str, str] | None = None) -> Path:
    """Write a setting to the settings file and return its path; the file is made if need be.

    Args:
        name: the setting.
        text: its value as the environment would have it.
        environ: may name the file; default: the process's environment.

    Raises:
        SettingsError: as `file_value`, or the file is no TOML, or another line of it does not fit.
        FileProblem, StorageFull: it cannot be written; it is as it was then.
    """
    value = file_value(name, text)
    path = config_file(os.environ if environ is None else environ)
    convert_values({**read_toml(path), name: value})  # what would not be read again is not written
    change_toml(path, lambda document: put(document, name, value))
    return path


def unset_setting(name: str, environ: Mapping[str, str] | None = None) -> Path | None:
    """Remove a setting from the settings file and return its path; None: it was not in it.

    Raises:
        SettingsError, FileProblem, StorageFull: as `set_setting`.
    """
    path = config_file(os.environ if environ is None else environ)
    if name not in read_toml(path):  # a line that is no setting is in it, and may go
        if name not in Settings.__struct_fields__:
            check_writable(name)
        return None

    def remove(document: TOMLDocument) -> None:
        document.remove(name)

    change_toml(path, remove)
    return path


def _is_path(settings: Settings, name: str) -> bool:
    return isinstance(getattr(settings, name), Path)


def _plain(settings: Settings, name: str) -> Any:
    return msgspec.to_builtins(getattr(settings, name))
