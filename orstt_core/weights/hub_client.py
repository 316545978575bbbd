"""The hub's HTTP client, but one that nothing leads into a private network: no answer, and no name server.

The operator names the hub (`HF_ENDPOINT`), at whatever address. Where that sends us on to is its own choice: a public
one may not choose the network that we are in. A private one may, since it is of that network.
"""

from __future__ import annotations

import ipaddress
from functools import cache
from typing import Any
from urllib.parse import urlsplit

from orstt_core.addresses import is_loopback, is_public
from orstt_core.errors import WeightsError
from orstt_core.proxies import check_proxies


class HubPolicy:
    """Decides where the hub's client may connect to."""

    def permits(self, host: str, address: str) -> bool:
        """Return whether a connection to that address of that host may be made."""
        from huggingface_hub import constants

        hub = urlsplit(constants.ENDPOINT).hostname or ""
        if host == hub or _is_public(address):
            return True
        try:
            return _is_private_hub(hub)
        except OSError:  # it is not known now, and asked again the next time
            return False

    def refused(self, host: str) -> WeightsError:
        """Return the error that says why nothing is fetched from a host."""
        return WeightsError(
            f"The hub sends us on to {host}, which is an address of a private network.",
            hint="Set HF_ENDPOINT to the hub of that network, if it is to be asked.",
        )


@cache
def guard_connections() -> None:
    """From now on have the hub's library connect only to where it may; done once for a process."""
    from huggingface_hub import constants, set_client_factory
    from huggingface_hub.utils._http import default_client_factory

    from orstt_core.checked_network import CheckedNetwork

    def client() -> Any:
        check_proxies()
        made: Any = default_client_factory()
        if is_loopback(urlsplit(constants.ENDPOINT).hostname):  # which no proxy can reach
            made = type(made)(event_hooks=made.event_hooks, follow_redirects=True, timeout=None, trust_env=False)
        made.event_hooks = {**made.event_hooks, "request": [*made.event_hooks.get("request", []), _check]}
        # The library's client takes none; one with a transport of ours would no longer use the environment's proxies.
        made._transport._pool._network_backend = CheckedNetwork(HubPolicy())  # noqa: SLF001 - no public way
        return made

    set_client_factory(client)


def _check(request: Any) -> None:
    """Look at an address before each request and redirect: where a proxy connects, we do not.

    Raises:
        WeightsError: it leads from a public hub to a private host.
    """
    from orstt_core.checked_network import resolve

    policy, host = HubPolicy(), request.url.host
    try:
        addresses = resolve(host, request.url.port or 0)
    except OSError:
        return  # the request itself will say so, or a proxy knows the name
    if not all(policy.permits(host, address) for address in addresses):
        raise policy.refused(host)


def _is_public(address: str) -> bool:
    return is_public(ipaddress.ip_address(address.partition("%")[0]))


@cache
def _is_private_hub(hub: str) -> bool:
    """Return whether the hub itself is of a private network; asked once, so that its name cannot change its mind."""
    from orstt_core.checked_network import resolve

    return not all(map(_is_public, resolve(hub, 0)))
