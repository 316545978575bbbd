"""Which addresses a server may listen on, only this machine's while anyone could use it; and whose pages may call."""

from __future__ import annotations

import ipaddress
import re
from urllib.parse import urlsplit

from orstt_core.addresses import is_loopback
from orstt_core.errors import Forbidden, SettingsError
from orstt_core.settings import Settings

ORIGIN = re.compile(r"[a-z][a-z0-9+.-]*://([a-z0-9._-]+|\[[0-9a-f:.]+\])(:\d{1,5})?")
"""How browsers send an origin (RFC 6454, section 6.2): a host with other letters comes in Punycode."""
HOST = re.compile(r"(?!(?:.*\.)?\d+\.?$)[\w.-]+")
"""A host's name: what ends in digits would be an address (WHATWG URL, section 3.5)."""
DEFAULT_PORTS = {"http": 80, "https": 443}
"""Ports that browsers leave out."""


def check_bind(host: str, settings: Settings, *, keyed: bool = False) -> None:
    """Refuse to serve other machines while anyone could use the service.

    Raises:
        SettingsError: it is no address.
        Forbidden: the address can be reached from elsewhere and there is no key.
    """
    if host and not _is_host(host):
        raise SettingsError(
            f"{host[:100]!r} is no address to listen on.",
            hint="Give one of this machine alone, such as 127.0.0.1, ::1 or 0.0.0.0 for all; "
            "the port is one of its own.",
            field="host",
        )
    if not (settings.api_key or keyed) and not is_loopback(host):
        raise Forbidden(
            f"Listening on {host or 'every address'} would let anyone on the network use this server.",
            hint="Create a key first, `orstt keys create NAME`, or set ORSTT_API_KEY. Or listen on 127.0.0.1.",
        )


def _is_host(host: str) -> bool:
    try:
        ipaddress.ip_address(host)
    except ValueError:
        return HOST.fullmatch(host) is not None
    return True


def web_origins(origins: list[str]) -> list[str]:
    """Return web origins as browsers send them: lower letters, nothing behind the port.

    Raises:
        SettingsError: one is none, so that it could never match.
    """
    return [_origin(text) for text in origins]


def _origin(text: str) -> str:
    origin = text.strip().rstrip("/").lower()
    for scheme, port in DEFAULT_PORTS.items():
        if origin.startswith(f"{scheme}://"):
            origin = origin.removesuffix(f":{port}")
    if origin != "*" and not (ORIGIN.fullmatch(origin) and _has_sound_port(origin)):
        raise SettingsError(
            f"The setting cors_origins (ORSTT_CORS_ORIGINS) names {text[:100]!r}, which is no web origin.",
            hint="One looks like https://dashboard.example or http://10.0.0.5:8080, without a path.",
        )
    return origin


def _has_sound_port(origin: str) -> bool:
    try:
        return urlsplit(origin).port != 0
    except ValueError:
        return False
