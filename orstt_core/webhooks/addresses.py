"""Where notices may go: public addresses, and of the private ones those that the operator named."""

from __future__ import annotations

import ipaddress
from collections.abc import Iterable
from urllib.parse import urlsplit

from orstt_core.addresses import is_public
from orstt_core.errors import Forbidden, InvalidRequest


class AddressPolicy:
    """Decides where notices may go.

    Args:
        allowed: host names, addresses or networks that are allowed although they are private.
    """

    def __init__(self, allowed: Iterable[str]) -> None:
        self._hosts: set[str] = set()
        self._networks = []
        for text in allowed:
            try:
                self._networks.append(ipaddress.ip_network(text, strict=False))
            except ValueError:
                self._hosts.add(text.lower().rstrip("."))

    def permits(self, host: str, address: str) -> bool:
        """Return whether a connection to that address of that host may be made."""
        found = ipaddress.ip_address(address.partition("%")[0])
        named = host.lower().rstrip(".") in self._hosts
        return named or is_public(found) or any(found in network for network in self._networks)

    def check(self, url: str) -> None:
        """Refuse an address that no notice would ever be sent to.

        Raises:
            InvalidRequest: it is no http or https address, or has a password in it.
            Forbidden: it names a private address.
        """
        try:
            parts = urlsplit(url)
            host, _ = parts.hostname, parts.port
        except ValueError:
            host = None
        sound = bool(host) and url.isascii() and url.isprintable() and " " not in url
        if not sound or parts.scheme not in ("http", "https") or parts.username is not None:
            raise InvalidRequest(
                "A callback goes to an http or https address without a password in it.", field="callback_url"
            )
        try:
            ipaddress.ip_address(host or "")
        except ValueError:
            return  # a name: what it means is looked at when the notice is sent
        if not self.permits(host or "", host or ""):
            raise self.refused(host or "")

    def refused(self, host: str) -> Forbidden:
        """Return the error that says why no notice goes to a host."""
        return Forbidden(
            f"Notices do not go to {host}: it is an address of a private network.",
            hint="The server's operator may allow it with ORSTT_WEBHOOK_HOSTS.",
            field="callback_url",
        )
