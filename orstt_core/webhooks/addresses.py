"""Where notices may go: public addresses, and of the private ones those that the operator named.

A name is looked up once, every address that it has is checked, and the connection goes to one of exactly those: a
name that changes between the check and the connection (DNS rebinding) gains nothing.
"""

from __future__ import annotations

import asyncio
import ipaddress
import socket
from collections.abc import Iterable, Sequence
from concurrent.futures import ThreadPoolExecutor
from functools import partial
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import httpcore2

from orstt_core.addresses import is_public
from orstt_core.errors import Forbidden, InvalidRequest

if TYPE_CHECKING:
    from httpcore2 import AsyncNetworkStream

_RESOLVERS = ThreadPoolExecutor(4, thread_name_prefix="resolve")
"""Threads of their own: a name server that never answers must not keep everybody else from the event loop's."""


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
            raise refused(host or "")


def refused(host: str) -> Forbidden:
    """Return the error that says why no notice goes to a host."""
    return Forbidden(
        f"Notices do not go to {host}: it is an address of a private network.",
        hint="The server's operator may allow it with ORSTT_WEBHOOK_HOSTS.",
        field="callback_url",
    )


class CheckedNetwork(httpcore2.AsyncNetworkBackend):
    """Connects to addresses that the policy permits, and to no other."""

    def __init__(self, policy: AddressPolicy) -> None:
        self._policy = policy
        self._network: httpcore2.AsyncNetworkBackend = httpcore2.AnyIOBackend()

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,  # noqa: ASYNC109 - the library's signature
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> AsyncNetworkStream:
        """Look a host up, check all its addresses and connect to the first.

        Raises:
            Forbidden: one of them is private.
        """
        addresses = await self.look_up(host, port)
        if not addresses or not all(self._policy.permits(host, address) for address in addresses):
            raise refused(host)
        return await self._network.connect_tcp(addresses[0], port, timeout, local_address, socket_options)

    async def look_up(self, host: str, port: int) -> Sequence[str]:
        """Return the addresses of a host."""
        look = partial(socket.getaddrinfo, host, port, type=socket.SOCK_STREAM)
        found = await asyncio.get_running_loop().run_in_executor(_RESOLVERS, look)
        return [str(address[0]) for *_, address in found]

    async def sleep(self, seconds: float) -> None:
        """Wait."""
        await asyncio.sleep(seconds)
