"""Whether sound may leave this machine, and where to: the setting `cloud_hosts` decides, for every engine alike.

An engine that sends sound is listed, and cannot be configured or used, until the operator names a host for it.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING
from urllib.parse import SplitResult, urlsplit

from msgspec.structs import replace

from orstt_core.engines import registry
from orstt_core.engines.inspection import Shortcoming
from orstt_core.errors import EngineUnavailable

if TYPE_CHECKING:
    from orstt_core.engines.base import BaseSTT
    from orstt_core.settings import EngineSettings
    from orstt_core.types import EngineInfo

PORTS = {"http": 80, "https": 443}
USUAL_EXAMPLE = "api.openai.com, or http://127.0.0.1:8000 for a server without TLS"
"""Hosts of an engine that has none of its own."""


def permitted(info: EngineInfo, settings: EngineSettings) -> EngineInfo:
    """Return an engine as the settings have it: one that sends sound is available only where it may."""
    if not (info.sends_sound and info.available):
        return info
    engine = registry.engine_class(info.model_type) if registry.is_light(info.model_type) else None
    forbidden = why_forbidden(engine, settings)
    return replace(info, available=False, reason=forbidden.reason, install=forbidden.install) if forbidden else info


def why_forbidden(engine: type[BaseSTT] | None, settings: EngineSettings) -> Shortcoming | None:
    """Return why an engine that sends sound may not; None: it may.

    Args:
        engine: None where it cannot be imported here, as one of another package.
        settings: those in force.
    """
    if engine is not None and not engine.sends_sound:
        return None
    missing = engine.unconfigured(settings) if engine else ""
    if not settings.cloud_hosts:
        missing = missing or "set ORSTT_CLOUD_HOSTS to the hosts that it may send to"
    if not missing:
        return None
    hosts = (engine.usual_hosts if engine else "") or USUAL_EXAMPLE
    example = "" if settings.cloud_hosts else f" For example: ORSTT_CLOUD_HOSTS={hosts}."
    return Shortcoming(f"It sends sound out of this machine; not configured: {missing}.{example}")


def check_address(url: str, settings: EngineSettings) -> None:
    """Refuse to send sound to an address that the operator did not name.

    Raises:
        EngineUnavailable: its host is none of `cloud_hosts`.
    """
    if not any(_covers(entry, url) for entry in settings.cloud_hosts):
        host = written_host(url)
        raise EngineUnavailable(
            f"Sound may not be sent to {host}: it is none of the hosts that this machine's operator allows.",
            hint=f"{_remedy(host, settings)}, or change the model's options.",
        )


def written_host(url: str) -> str:
    """Return the host of an address as `cloud_hosts` has it; only one over HTTP is written with its scheme."""
    parts = _parts(url)
    if parts is None:
        return repr(url)
    host = parts.netloc.rpartition("@")[2]
    return host if parts.scheme == "https" else f"{parts.scheme}://{host}"


def missing_settings(names: Sequence[str]) -> str:
    """Return in words which settings to make; empty: none."""
    return f"set {' and '.join(f'ORSTT_{name.upper()}' for name in names)}" if names else ""


def _remedy(host: str, settings: EngineSettings) -> str:
    scheme, _, name = host.rpartition("://")
    if scheme and name in settings.cloud_hosts:
        return f"ORSTT_CLOUD_HOSTS names it without a scheme, which means https: write {host} there"
    return f"Add {host} to ORSTT_CLOUD_HOSTS"


def _covers(entry: str, url: str) -> bool:
    allowed, asked = _parts(entry if "://" in entry else f"https://{entry}"), _parts(url)
    if not (allowed and asked and allowed.scheme == asked.scheme and _port(allowed) == _port(asked)):
        return False
    name, host = allowed.hostname or "", asked.hostname or ""
    return host.endswith(name[1:]) if name.startswith("*.") else bool(host) and host == name


def _parts(url: str) -> SplitResult | None:
    """Return an address in parts; None: it is malformed."""
    try:
        parts = urlsplit(url)
        _ = parts.port
    except ValueError:
        return None
    return parts


def _port(parts: SplitResult) -> int | None:
    return parts.port or PORTS.get(parts.scheme)
