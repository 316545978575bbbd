"""Every setting with its type and default, and the parts of them that child processes are given."""

from __future__ import annotations

import re
from collections.abc import Mapping
from pathlib import Path
from typing import Annotated, Any, Literal

import msgspec
from msgspec import Meta, Struct
from msgspec.structs import force_setattr

from orstt_core.addresses import without_credentials
from orstt_core.struct_types import complete

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
    weights_mirrors: dict[str, str] = {}
    cpu_threads: int = 0
    cloud_hosts: list[str] = []
    credentials: dict[str, str] = {}
    """Those of `CREDENTIALS` that are set; a child process is given those of its own engine only."""

    def __post_init__(self) -> None:
        _read_folders(self, "cache_dir")

    def __repr__(self) -> str:
        hidden = {"credentials": dict.fromkeys(self.credentials, HIDDEN)}
        mirrors = _without_credentials(self.weights_mirrors)
        values = msgspec.structs.asdict(self) | hidden | {"weights_mirrors": mirrors}
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
    """May model files be fetched, from the hub or where else they are published, when they are nowhere here?"""
    weights_mirrors: dict[str, str] = {}
    """Addresses to fetch weights from instead of their publisher's, by format: `openai-whisper=https://mirror.lan`."""
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
    max_import_mb: Annotated[int, Meta(ge=1)] = 16384
    """Largest model that a server lets in as one file, in MiB."""
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
        mirrors = _without_credentials(self.weights_mirrors)
        values = msgspec.structs.asdict(self) | {"remote": without_credentials(self.remote), "weights_mirrors": mirrors}
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


def _without_credentials(addresses: Mapping[str, str]) -> dict[str, str]:
    return {name: without_credentials(address) for name, address in addresses.items()}


def _read_folders(settings: Struct, *names: str) -> None:
    """Make paths of texts, as a script may give them."""
    for name in names:
        if isinstance(folder := getattr(settings, name), str):
            force_setattr(settings, name, Path(folder).expanduser())
