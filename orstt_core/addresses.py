"""What an address means: this machine, or the public internet. Standard library only: servers and clients ask."""

from __future__ import annotations

import ipaddress
from functools import lru_cache
from ipaddress import IPv4Address, IPv6Address
from urllib.parse import urlsplit, urlunsplit

NAT64 = ipaddress.ip_network("64:ff9b::/96")
"""Addresses that lead to the IPv4 address in their last 32 bits (RFC 6052)."""
GLOBAL_UNICAST = ipaddress.ip_network("2000::/3")
"""What is given out of IPv6 for the public internet (RFC 4291); Python takes more for it."""
SPECIAL = [ipaddress.ip_network(network) for network in ("192.0.0.0/24", "192.88.99.0/24")]
"""IPv4 for protocols and relays (RFC 6890), which Python takes for global in part."""


def is_public(address: IPv4Address | IPv6Address) -> bool:
    """Return whether an address, and the IPv4 address that it may stand for, is of the public internet."""
    if isinstance(address, IPv6Address):
        if embedded := address.ipv4_mapped or address.sixtofour:
            return is_public(embedded)
        if address in NAT64:
            return is_public(IPv4Address(int(address) & 0xFFFF_FFFF))
        if address.teredo or address not in GLOBAL_UNICAST:
            return False
    return address.is_global and not address.is_multicast and not any(address in network for network in SPECIAL)


@lru_cache(maxsize=64)
def is_loopback(host: str | None) -> bool:
    """Return whether a host name or address can only mean this machine: 127/8, ::1 or localhost."""
    if not host:
        return False
    if host.lower() == "localhost":
        return True
    try:
        address = ipaddress.ip_address(host)
        return (getattr(address, "ipv4_mapped", None) or address).is_loopback
    except ValueError:
        return False


def host_of(authority: str) -> str | None:
    """Return the host of `host:port` as a Host header carries it; None when it is malformed."""
    try:
        return urlsplit(f"//{authority}").hostname
    except ValueError:
        return None


def without_credentials(url: str) -> str:
    """Return an address without the name and the password that may stand in it, for messages."""
    try:
        parts = urlsplit(url)
        is_address = bool(parts.netloc) and parts.port != 0
    except ValueError:
        is_address = False
    if not is_address:  # where a password in it ends is not known
        return url.rpartition("@")[2]
    return urlunsplit(parts._replace(netloc=parts.netloc.rpartition("@")[2]))
