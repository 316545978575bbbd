"""Which addresses stay on this machine. Standard library only: server and client both ask."""

from __future__ import annotations

import ipaddress
from functools import lru_cache
from urllib.parse import urlsplit

from orstt_core.errors import Forbidden
from orstt_core.settings import Settings


@lru_cache(maxsize=64)
def is_loopback(host: str | None) -> bool:
    """Return whether a host name or address can only mean this machine: 127/8, ::1 or localhost."""
    if not host:
        return False
    if host.lower() == "localhost":
        return True
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return False


def host_of(authority: str) -> str | None:
    """Return the host of `host:port` as a Host header carries it; None when it is malformed."""
    try:
        return urlsplit(f"//{authority}").hostname
    except ValueError:
        return None


def check_bind(host: str, settings: Settings, *, keyed: bool = False) -> None:
    """Refuse to serve other machines while anyone could use the service.

    Raises:
        Forbidden: the address can be reached from elsewhere and there is no key.
    """
    if not (settings.api_key or keyed) and not is_loopback(host):
        raise Forbidden(
            f"Listening on {host or 'every address'} would let anyone on the network use this server.",
            hint="Create a key first, `orstt keys create NAME`, or set ORSTT_API_KEY. Or listen on 127.0.0.1.",
        )
