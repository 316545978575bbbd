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


def _about(description: str, *, ge: float | None = None, gt: float | None = None, le: float | None = None) -> Meta:
    """Say what a setting is for, and within which limits a number may be."""
    if gt is not None:
        return Meta(description=description, gt=gt)
    return Meta(description=description, ge=ge, le=le)


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
    """All settings, with their defaults and what each is for. `docs/settings.md` documents each; a test compares."""

    data_dir: Annotated[Path, _about("Where the SQLite database stands.")] = msgspec.field(default_factory=_data_dir)
    cache_dir: Annotated[
        Path, _about("Where model files joined from packages stand, and what is derived from model files.")
    ] = msgspec.field(default_factory=_cache_dir)
    database_url: Annotated[str, _about("`postgres://user:password@host/name`; empty is SQLite in `data_dir`.")] = ""
    allow_download: Annotated[
        bool, _about("May model files be fetched from where they are published, when they are nowhere here?")
    ] = False
    weights_mirrors: Annotated[
        dict[str, str], _about("Addresses to fetch weights from, by format, such as `vosk=https://mirror.lan`.")
    ] = {}
    hub_token: Annotated[
        str, _about("Opens private and gated repositories of the hub; without it, what its own tools use.")
    ] = ""
    host: Annotated[str, _about("Address that `orstt serve` listens on.")] = "127.0.0.1"
    port: Annotated[int, _about("Port that `orstt serve` listens on; 0 picks a free one.", ge=0, le=65535)] = 8000
    api_key: Annotated[
        str, _about("Bearer token that every request must carry; needed on any address but loopback.")
    ] = ""
    aliases: Annotated[
        dict[str, str],
        _about("Other names for models in requests, such as `fast=tiny`; an empty one is the active model."),
    ] = msgspec.field(default_factory=lambda: {"whisper-1": ""})
    cors_origins: Annotated[
        list[str], _about("Web origins that may call the API from a browser; none by default.")
    ] = []
    trusted_proxies: Annotated[
        list[str], _about("Addresses or networks of proxies whose X-Forwarded headers are believed.")
    ] = []
    shutdown_seconds: Annotated[
        float,
        _about("Seconds that requests under way get to end once the server is to stop; then it stops.", ge=0, le=3600),
    ] = 10.0
    webhook_secret: Annotated[
        str, _about("What notices of ended jobs are signed with (32 characters or more); none are sent without.")
    ] = ""
    webhook_hosts: Annotated[
        list[str], _about("Hosts or networks that notices may go to although they are private.")
    ] = []
    drift_webhook: Annotated[
        str, _about("Where a signed notice goes when a model does worse than before; it needs `webhook_secret`.")
    ] = ""
    cloud_hosts: Annotated[
        list[str],
        _about("Hosts that engines may send recordings to, such as `api.openai.com`; none: sound stays here."),
    ] = []
    openai_key: Annotated[
        str, _about("What servers of the engine `openai` are sent as a key; those of one's own may need none.")
    ] = ""
    google_key: Annotated[str, _about("API key of Google Cloud; or `google_credentials`.")] = ""
    google_credentials: Annotated[str, _about("What the key file of a Google service account holds.")] = ""
    azure_key: Annotated[str, _about("Key of an Azure Speech resource.")] = ""
    aws_access_key_id: Annotated[str, _about("Amazon's name of the key in `aws_secret_access_key`.")] = ""
    aws_secret_access_key: Annotated[str, _about("Signs what is sent to Amazon Transcribe.")] = ""
    aws_session_token: Annotated[str, _about("Belongs to a key of Amazon's that is good for some hours only.")] = ""
    max_upload_mb: Annotated[int, _about("Largest upload, in MiB.", ge=1)] = 2048
    max_import_mb: Annotated[int, _about("Largest model that a server lets in as one file, in MiB.", ge=1)] = 16384
    max_audio_hours: Annotated[float, _about("Longest recording, in hours after decoding.", gt=0)] = 12.0
    max_decoded_samples: Annotated[
        int, _about("Most samples, all channels together, that a recording may hold as it was recorded.", ge=1)
    ] = 20_000_000_000
    max_decoded_mb: Annotated[
        int, _about("Disk for the sound of all recordings under way, in MiB; silence takes none.", ge=16)
    ] = 4096
    decode_memory_mb: Annotated[int, _about("Memory that decoding a recording may take, in MiB.", ge=64)] = 1024
    decode_seconds: Annotated[float, _about("Time that decoding a recording may take.", gt=0)] = 600.0
    cpu_threads: Annotated[int, _about("Threads an engine may use; 0 lets the engine choose.", ge=0)] = 0
    max_loaded: Annotated[
        int, _about("How many models stay loaded at once; the least recently used idle one makes room.", ge=1)
    ] = 1
    keep_alive: Annotated[float, _about("Seconds an idle model stays loaded; 0 unloads at once, -1 never.", ge=-1)] = (
        300.0
    )
    memory_mb: Annotated[
        int, _about("Memory for all loaded models, in MiB; the longest idle one makes room. 0: any.", ge=0)
    ] = 0
    max_engine_mb: Annotated[int, _about("Memory at which an engine's process is ended, in MiB; 0: any.", ge=0)] = 0
    engine_silence: Annotated[
        float,
        _about("Seconds after which an engine that stands still counts as hung; one that computes gets more.", gt=0),
    ] = 600.0
    max_queued: Annotated[
        int,
        _about("Jobs that may wait on a server, and as many that somebody waits for; past that it answers 503.", ge=0),
    ] = 100
    job_lease: Annotated[
        float, _about("Seconds after which a job whose process is silent is begun again by another one.", ge=1)
    ] = 30.0
    transcript_days: Annotated[
        float,
        _about("Days an ended job is kept with its text; 0: only whoever waits for it gets it, -1: for ever.", ge=-1),
    ] = 30.0
    measurement_days: Annotated[
        float,
        _about("Days the figures of each transcription are kept; 0: not, -1: for ever. Sums of days stay.", ge=-1),
    ] = 90.0
    retry_minutes: Annotated[
        float, _about("Minutes the upload of a failed or cancelled job is kept, to be begun again.", ge=0)
    ] = 15.0
    remote: Annotated[str, _about("Address of a server to work on instead of this machine, as `--remote` does.")] = ""
    theme: Annotated[str, _about("Theme of the terminal program, such as `nord`; empty: what was chosen last.")] = ""
    log_level: Annotated[
        Literal["debug", "info", "warning", "error"],
        _about("What is logged: records of this level and above; `info` has a line for every request."),
    ] = "warning"
    log_format: Annotated[
        Literal["text", "json"], _about("How it is logged: lines for people, or one JSON object a line.")
    ] = "text"

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
    {"google_credentials", "google_key", "hub_token", "openai_key"}
)
"""Secrets that engines use elsewhere; each is given to the engines that name it in `BaseSTT.credentials`, and that of
the hub to those whose weights may be fetched."""
SECRETS = frozenset({"api_key", "database_url", "drift_webhook", "webhook_secret"}) | CREDENTIALS
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
