"""Every setting in one place: environment, then the settings file, then the default.

A setting `name` is read from the environment variable `ORSTT_NAME`, then from the key `name` of the TOML
file `config.toml` in the platform's configuration folder (or the file `ORSTT_CONFIG` names). A secret may
also stand in a file: `ORSTT_API_KEY_FILE=/run/secrets/key`.

What only reading them takes is imported for that: child processes are given theirs.
"""

from __future__ import annotations

import os
import re
from collections.abc import Mapping
from contextlib import suppress
from pathlib import Path
from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta, Struct
from msgspec.structs import force_setattr

from orstt_core.addresses import without_credentials
from orstt_core.conversion import misfit
from orstt_core.errors import SettingsError
from orstt_core.struct_types import complete

PREFIX = "ORSTT_"
BRACKETS = re.compile(r"^\[(.*:.*)\]$")


def _data_dir() -> Path:
    import platformdirs

    return platformdirs.user_data_path("orstt")


def _cache_dir() -> Path:
    import platformdirs

    return platformdirs.user_cache_path("orstt")


class EngineSettings(Struct, frozen=True, kw_only=True):
    """What an engine reads of the settings; a process that holds one is told no others."""

    cache_dir: Path = msgspec.field(default_factory=_cache_dir)
    allow_download: bool = False
    cpu_threads: int = 0
    cloud_hosts: list[str] = []
    credentials: dict[str, str] = {}
    """Those of `CREDENTIALS` that are set; a child process is given those of its own engine only."""

    def __post_init__(self) -> None:
        _read_folders(self, "cache_dir")

    def __repr__(self) -> str:
        values = msgspec.structs.asdict(self) | {"credentials": dict.fromkeys(self.credentials, HIDDEN)}
        return f"EngineSettings({', '.join(f'{name}={value!r}' for name, value in values.items())})"


class DecodeLimits(Struct, frozen=True, kw_only=True):
    """What the process that decodes recordings reads of the settings."""

    max_audio_hours: float
    max_decoded_samples: int
    max_decoded_mb: int
    decode_memory_mb: int
    decode_seconds: float


class Settings(Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """All settings, with their defaults. `docs/settings.md` documents each; a test compares."""

    data_dir: Path = msgspec.field(default_factory=_data_dir)
    """Where the SQLite database stands."""
    cache_dir: Path = msgspec.field(default_factory=_cache_dir)
    """Where model files joined from packages stand, and what is derived from model files."""
    database_url: str = ""
    """`postgres://user:password@host/name`; empty is SQLite in `data_dir`."""
    allow_download: bool = False
    """May model files be fetched from the hub when they are nowhere on this machine?"""
    host: str = "127.0.0.1"
    """Address that `orstt serve` listens on."""
    port: Annotated[int, Meta(ge=0, le=65535)] = 8000
    """Port that `orstt serve` listens on; 0 picks a free one."""
    api_key: str = ""
    """Bearer token that every request must carry; needed on any address but loopback."""
    aliases: dict[str, str] = msgspec.field(default_factory=lambda: {"whisper-1": ""})
    """Other names that requests may give a model by, such as `whisper-1=base,fast=tiny`; an empty one is the active."""
    cors_origins: list[str] = []
    """Web origins that may call the API from a browser; none by default."""
    trusted_proxies: list[str] = []
    """Addresses or networks of proxies whose X-Forwarded-For and X-Forwarded-Proto are believed."""
    shutdown_seconds: Annotated[float, Meta(ge=0, le=3600)] = 10.0
    """Seconds that requests under way get to end once the server is asked to stop; jobs are handed back then."""
    webhook_secret: str = ""
    """What notices to a job's `callback_url` are signed with (32 characters or more); without one none are sent."""
    webhook_hosts: list[str] = []
    """Hosts or networks that notices may go to although they are private."""
    cloud_hosts: list[str] = []
    """Hosts that engines may send recordings to, such as `api.openai.com`; none by default: sound stays here."""
    openai_key: str = ""
    """What servers of the engine `openai` are sent as a key; those of one's own may need none."""
    google_key: str = ""
    """API key of Google Cloud; or `google_credentials`."""
    google_credentials: str = ""
    """What the key file of a Google service account holds."""
    azure_key: str = ""
    """Key of an Azure Speech resource."""
    aws_access_key_id: str = ""
    """Amazon's name of the key in `aws_secret_access_key`."""
    aws_secret_access_key: str = ""
    """Signs what is sent to Amazon Transcribe."""
    aws_session_token: str = ""
    """Belongs to a key of Amazon's that is good for some hours only."""
    max_upload_mb: Annotated[int, Meta(ge=1)] = 2048
    """Largest upload, in MiB."""
    max_audio_hours: Annotated[float, Meta(gt=0)] = 12.0
    """Longest recording, in hours after decoding."""
    max_decoded_samples: Annotated[int, Meta(ge=1)] = 20_000_000_000
    """Most samples, all channels together, that a recording may hold as it was recorded."""
    max_decoded_mb: Annotated[int, Meta(ge=16)] = 4096
    """Disk that the sound of all recordings under way may take together, in MiB; silence takes none."""
    decode_memory_mb: Annotated[int, Meta(ge=64)] = 1024
    """Memory that decoding a recording may take, in MiB."""
    decode_seconds: Annotated[float, Meta(gt=0)] = 600.0
    """Time that decoding a recording may take."""
    cpu_threads: Annotated[int, Meta(ge=0)] = 0
    """Threads an engine may use; 0 lets the engine choose."""
    max_loaded: Annotated[int, Meta(ge=1)] = 1
    """How many models stay loaded at once; the least recently used idle one makes room."""
    keep_alive: Annotated[float, Meta(ge=-1)] = 300.0
    """Seconds an idle model stays loaded; 0 unloads at once, -1 never."""
    memory_mb: Annotated[int, Meta(ge=0)] = 0
    """Memory that the loaded models may take together, in MiB; the least recently used idle one goes first. 0: any."""
    max_engine_mb: Annotated[int, Meta(ge=0)] = 0
    """Memory at which an engine's process is ended, in MiB; 0: any."""
    engine_silence: Annotated[float, Meta(gt=0)] = 600.0
    """Seconds after which an engine that says nothing and stands still counts as hung; one that computes gets more."""
    max_queued: Annotated[int, Meta(ge=0)] = 100
    """Jobs that may wait, and as many that somebody waits for; past that a server answers 503. One's own all wait."""
    job_lease: Annotated[float, Meta(ge=1)] = 30.0
    """Seconds after which a job whose process says nothing any more is begun again by another one."""
    transcript_days: Annotated[float, Meta(ge=-1)] = 30.0
    """Days an ended job is kept with its text; 0: only whoever waits for a transcript gets it, -1: for ever."""
    retry_minutes: Annotated[float, Meta(ge=0)] = 15.0
    """Minutes the upload of a failed or cancelled job is kept for a retry; that of a finished one is not kept."""
    remote: str = ""
    """Address of a server to work on instead of this machine, as `--remote` does."""
    log_level: Literal["debug", "info", "warning", "error"] = "warning"
    """What is logged: records of this level and above; `info` has a line for every request."""
    log_format: Literal["text", "json"] = "text"
    """How it is logged: lines for people, or one JSON object a line."""

    def __post_init__(self) -> None:
        # An IPv6 address stands in brackets where a port follows it; none follows here.
        force_setattr(self, "host", BRACKETS.sub(r"\1", self.host.strip()))
        _read_folders(self, "data_dir", "cache_dir")

    def __repr__(self) -> str:
        return f"Settings({', '.join(f'{name}={value!r}' for name, value in self.__rich_repr__())})"

    def __rich_repr__(self) -> list[tuple[str, Any]]:
        values = msgspec.structs.asdict(self) | {"remote": without_credentials(self.remote)}
        return [(name, HIDDEN if name in SECRETS and value else value) for name, value in values.items()]

    @property
    def database(self) -> str:
        """The database's address, whichever kind it is."""
        return self.database_url or f"sqlite:///{self.data_dir / 'orstt.sqlite'}"

    @property
    def spool(self) -> Path:
        """Folder of uploads and decoded sound; what is left in it after a crash is removed at the next start.

        Each database has its own: what one does not name may be what another one's jobs wait for.
        """
        if not self.database_url:
            return self.data_dir / "spool"
        import hashlib

        # Taken apart by hand: of an address that is none, `urlsplit` quotes the password in what it raises.
        authority, _, path = self.database_url.partition("://")[2].partition("/")
        host = authority.rpartition("@")[2].lower()
        place = f"{host}/{re.split('[?#]', path)[0]}" if host else self.database_url
        return self.data_dir / f"spool-{hashlib.sha256(place.encode()).hexdigest()[:12]}"

    @property
    def credentials(self) -> dict[str, str]:
        """Those that are set, by their names."""
        return {name: value for name in sorted(CREDENTIALS) if (value := getattr(self, name))}

    @property
    def for_engines(self) -> EngineSettings:
        """The part that engines read."""
        return msgspec.convert(self, complete(EngineSettings), from_attributes=True)

    @property
    def for_decoding(self) -> DecodeLimits:
        """The part that the decoder's process reads."""
        return msgspec.convert(self, complete(DecodeLimits), from_attributes=True)


CREDENTIALS = frozenset({"aws_access_key_id", "aws_secret_access_key", "aws_session_token", "azure_key"}) | frozenset(
    {"google_credentials", "google_key", "openai_key"}
)
"""Secrets that engines use elsewhere; each is given to the engines that name it in `BaseSTT.credentials`."""
SECRETS = frozenset({"api_key", "database_url", "webhook_secret"}) | CREDENTIALS
"""Settings that are never shown; each may be given as `ORSTT_<NAME>_FILE`."""
HIDDEN = "***"
"""What is shown instead."""


LISTS = frozenset({"cloud_hosts", "cors_origins", "trusted_proxies", "webhook_hosts"})
MAPPINGS = frozenset({"aliases"})


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
    environ = os.environ if environ is None else environ
    values = _from_file(environ)
    for name in Settings.__struct_fields__:
        variable = f"{PREFIX}{name.upper()}"
        if environ.get(variable):
            values[name] = _split(name, environ[variable].strip())
        elif name in SECRETS and environ.get(f"{variable}_FILE"):
            values[name] = _secret(f"{variable}_FILE", Path(environ[f"{variable}_FILE"]).expanduser())
    values |= {name: value for name, value in overrides.items() if value is not None}
    return _convert(values)


def unknown_variables(environ: Mapping[str, str] | None = None) -> list[str]:
    """Return the environment's variables that look like settings and are none: misspelt ones, as a rule."""
    environ = os.environ if environ is None else environ
    known = {f"{PREFIX}{name.upper()}" for name in Settings.__struct_fields__} | {f"{PREFIX}CONFIG"}
    known |= {f"{PREFIX}{name.upper()}_FILE" for name in SECRETS}
    return sorted(name for name in environ if name.startswith(PREFIX) and name not in known)


def environ_without_secrets(environ: Mapping[str, str] | None = None) -> dict[str, str]:
    """Return the environment for a process that does not need the secrets, nor where they stand.

    Nor does it need the address of another server, which may have a password in it.
    """
    environ = os.environ if environ is None else environ
    hidden = {f"{PREFIX}{name.upper()}{ending}" for name in (*SECRETS, "remote") for ending in ("", "_FILE")}
    return {name: value for name, value in environ.items() if name not in hidden}


def _read_folders(settings: Struct, *names: str) -> None:
    """Make paths of texts, as a script may give them."""
    for name in names:
        if isinstance(folder := getattr(settings, name), str):
            force_setattr(settings, name, Path(folder).expanduser())


def _convert(values: dict[str, Any]) -> Settings:
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
            hint="docs/settings.md says what each takes.",
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


def _split(name: str, text: str) -> object:
    """Return the value of an environment variable: lists are JSON or separated by commas, as pairs `name=value` are."""
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


def _from_file(environ: Mapping[str, str]) -> dict[str, Any]:
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
            raise SettingsError(f"The settings file {path} does not exist.") from None
        return {}
    except PermissionError as error:
        if required or os.access(path.parent, os.X_OK):
            raise SettingsError(f"The settings file {path} may not be read by you.") from error
        return {}  # HOME is another user's, as under sudo: whatever is there is not meant for this one
    except (OSError, UnicodeDecodeError, tomllib.TOMLDecodeError) as error:
        raise SettingsError(f"The settings file {path} cannot be read: {error}.") from error
