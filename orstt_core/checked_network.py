"""Connections to addresses that were checked, for callbacks and for the hub: what strangers name may be anywhere.

A name is looked up once, every address that it has is checked, and the connection goes to one of exactly those: a
name that changes between the check and the connection (DNS rebinding) gains nothing.
"""

from __future__ import annotations

import asyncio
import socket
from collections.abc import Iterable
from concurrent.futures import ThreadPoolExecutor
from typing import Any, Protocol

import httpcore2

_RESOLVERS = ThreadPoolExecutor(4, thread_name_prefix="resolve")
"""Threads of their own: a name server that never answers must not keep everybody else from the event loop's."""


class ConnectionPolicy(Protocol):
    """Decides where a connection may go."""

    def permits(self, host: str, address: str) -> bool:
        """Return whether a connection to that address of that host may be made."""
        ...

    def refused(self, host: str) -> Exception:
        """Return what to raise where one of a host's addresses is not permitted."""
        ...


def resolve(host: str, port: int) -> list[str]:
    """Return the addresses of a host; raises OSError where there is none of that name."""
    return [str(address[0]) for *_, address in socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)]


def checked_address(policy: ConnectionPolicy, host: str, port: int) -> str:
    """Look a host up, check all its addresses and return the first.

    Raises:
        Exception: what the policy raises where one of them is not permitted.
        httpcore2.ConnectError: there is no host of that name.
    """
    try:
        addresses = resolve(host, port)
    except OSError as error:
        raise httpcore2.ConnectError(str(error)) from error
    if not addresses or not all(policy.permits(host, address) for address in addresses):
        raise policy.refused(host)
    return addresses[0]


class CheckedNetwork(httpcore2.NetworkBackend):
    """Connects to addresses that the policy permits, and to no other."""

    def __init__(self, policy: ConnectionPolicy) -> None:
        self._policy = policy
        self._network: httpcore2.NetworkBackend = httpcore2.SyncBackend()

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore2.NetworkStream:
        """Connect to the checked address; see `checked_address` for what it raises."""
        address = checked_address(self._policy, host, port)
        return self._network.connect_tcp(address, port, timeout, local_address, socket_options)


class AsyncCheckedNetwork(httpcore2.AsyncNetworkBackend):
    """The same for an event loop."""

    def __init__(self, policy: ConnectionPolicy) -> None:
        self._policy = policy
        self._network: httpcore2.AsyncNetworkBackend = httpcore2.AnyIOBackend()

    async def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,  # noqa: ASYNC109 - the library's signature
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore2.AsyncNetworkStream:
        """Connect to the checked address; see `checked_address` for what it raises."""
        loop = asyncio.get_running_loop()
        address = await loop.run_in_executor(_RESOLVERS, checked_address, self._policy, host, port)
        return await self._network.connect_tcp(address, port, timeout, local_address, socket_options)

    async def sleep(self, seconds: float) -> None:
        """Wait."""
        await asyncio.sleep(seconds)
