"""Read the settings: the environment, then the settings file, then the default.

What only reading them takes is imported for that: child processes are given theirs.
"""

from __future__ import annotations

import os
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any, Literal, NamedTuple

import msgspec

from orstt_core.conversion import misfit
from orstt_core.errors import SettingsError
from orstt_core.settings.fields import SECRETS, Settings
from orstt_core.struct_types import complete

PREFIX = "ORSTT_"
LISTS = frozenset({"cloud_hosts", "cors_origins", "trusted_proxies", "webhook_hosts"})
MAPPINGS = frozenset({"aliases", "weights_mirrors"})
Source = Literal["default", "file", "environment", "option"]
"""Where a setting's value comes from; `option`: from the command line, or the script that reads the settings."""


class Given(NamedTuple):
    """A value as it was given.

    Attributes:
        source: where it comes from.
        raw: not converted yet.
        variable: the one of the environment that gives it.
    """

    source: Source
    raw: Any
    variable: str = ""


def config_file(environ: Mapping[str, str] | None = None) -> Path:
    """Return the path of the settings file, whether it exists or not."""
    import platformdirs

    environ = os.environ if environ is None else environ
    named = environ.get(f"{PREFIX}CONFIG")
    return Path(named).expanduser() if named else platformdirs.user_config_path("orstt") / "config.toml"


def load_settings(environ: Mapping[str, str] | None = None, **overrides: Any) -> Settings:
    """Read the settings; an override that is None counts as not given.

    Raises:
        SettingsError: the file is not TOML, a name is unknown, or a value does not fit; it says which.
    """
    given = read_values(os.environ if environ is None else environ, overrides)
    return convert_values({name: value.raw for name, value in given.items()})


def read_values(environ: Mapping[str, str], overrides: Mapping[str, Any]) -> dict[str, Given]:
    """Return what counts of all that was given, by the setting's name; those at their defaults are left out.

    Raises:
        SettingsError: the file is not TOML, or a secret's file cannot be read.
    """
    given = {name: Given("file", value) for name, value in read_file(environ).items()}
    for name in Settings.__struct_fields__:
        variable = variable_of(name)
        if environ.get(variable):
            given[name] = Given("environment", from_text(name, environ[variable]), variable)
        elif name in SECRETS and environ.get(f"{variable}_FILE"):
            file = f"{variable}_FILE"
            given[name] = Given("environment", _secret(file, Path(environ[file]).expanduser()), file)
    return given | {name: Given("option", value) for name, value in overrides.items() if value is not None}


def variable_of(name: str) -> str:
    """Return the environment variable of a setting."""
    return f"{PREFIX}{name.upper()}"


def unknown_variables(environ: Mapping[str, str] | None = None) -> list[str]:
    """Return the environment's variables that look like settings and are none: misspelt ones, as a rule."""
    environ = os.environ if environ is None else environ
    known = {f"{PREFIX}{name.upper()}" for name in Settings.__struct_fields__} | {f"{PREFIX}CONFIG"}
    known |= {f"{PREFIX}{name.upper()}_FILE" for name in SECRETS}
    return sorted(name for name in environ if name.startswith(PREFIX) and name not in known)


def environ_without_secrets(environ: Mapping[str, str] | None = None) -> dict[str, str]:
    """Return the environment for a process that does not need the secrets, nor where they stand.

    Nor does it need the addresses of other servers, which may have passwords in them.
    """
    environ = os.environ if environ is None else environ
    hidden = {
        f"{PREFIX}{name.upper()}{ending}"
        for name in (*SECRETS, "remote", "weights_mirrors")
        for ending in ("", "_FILE")
    }
    return {name: value for name, value in environ.items() if name not in hidden}


def convert_values(values: dict[str, Any]) -> Settings:
    """Return the settings of these values.

    Raises:
        SettingsError: a name is unknown, or a value does not fit.
    """
    known = set(Settings.__struct_fields__)
    if unknown := sorted(set(values) - known):
        raise SettingsError(
            f"There is no setting called {', '.join(unknown)}.", hint=f"Settings are: {', '.join(sorted(known))}."
        )
    try:
        return msgspec.convert(values, complete(Settings), strict=False, dec_hook=_decode)
    except msgspec.ValidationError as error:
        what, name = misfit(error, Settings)
        raise SettingsError(
            f"The setting {name} ({PREFIX}{name.upper()}) does not fit: {what}.",
            hint="`orstt settings` says what each is for.",
            field=name,
        ) from error
    except RuntimeError as error:  # raised by pathlib: neither HOME nor the password file names a home
        raise SettingsError(
            "This user has no home folder.", hint=f"Set {PREFIX}DATA_DIR and {PREFIX}CACHE_DIR to folders."
        ) from error


def _decode(kind: type, value: object) -> object:
    if kind is Path and isinstance(value, str):
        return Path(value).expanduser()
    if isinstance(value, kind):
        return value
    raise NotImplementedError(kind)


def from_text(name: str, text: str) -> object:
    """Return what a text stands for: lists are JSON or separated by commas, as pairs `name=value` are."""
    text = text.strip()
    if name not in LISTS | MAPPINGS:
        return text
    if name in LISTS and text.lstrip().startswith("["):
        with suppress(
            msgspec.DecodeError, RecursionError
        ):  # then it is taken for a value that begins so, and does not fit
            return msgspec.json.decode(text)
    parts = [part.strip() for part in text.split(",") if part.strip()]
    if name in LISTS:
        return parts
    return {key.strip(): value.strip() for key, _, value in (part.partition("=") for part in parts)}


def _secret(variable: str, path: Path) -> str:
    try:
        secret = path.read_text(encoding="utf-8").strip()
    except (OSError, UnicodeDecodeError) as error:
        raise SettingsError(f"{variable} names {path}, which cannot be read: {error}.") from error
    if not secret:
        # Going on would mean to go on without the key that somebody meant to set.
        raise SettingsError(f"{variable} names {path}, which is empty.", hint="Write the secret into it.")
    return secret


def read_file(environ: Mapping[str, str]) -> dict[str, Any]:
    """Return what the settings file holds; nothing where there is none, or none that is meant for this user.

    Raises:
        SettingsError: it was named and is not there, it cannot be read, or is no TOML.
    """
    import tomllib

    required = bool(environ.get(f"{PREFIX}CONFIG"))
    try:
        path = config_file(environ)
    except RuntimeError:  # raised by pathlib: there is no home folder, so there is no file in it
        return {}
    try:
        return tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        if required:
            raise SettingsError(
                f"The settings file {path} does not exist.",
                hint=f"It was named by --config or {PREFIX}CONFIG: create it, or name no file.",
            ) from None
        return {}
    except PermissionError as error:
        if required or os.access(path.parent, os.X_OK):
            raise SettingsError(f"The settings file {path} may not be read by you.") from error
        return {}  # HOME is another user's, as under sudo: whatever is there is not meant for this one
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise SettingsError(f"The settings file {path} cannot be read: {error}.") from error
