"""The hub's HTTP client, but one that nothing leads into a private network: no answer, and no name server.

The operator names the hub (`HF_ENDPOINT`) and other servers, at whatever address. Where they send us on to is their own
choice: a public one may not choose the network that we are in. A private hub may, since it is of that network.
"""

from __future__ import annotations

import ipaddress
from functools import cache
from typing import Any
from urllib.parse import urlsplit

from orstt_core.addresses import is_loopback, is_public
from orstt_core.errors import WeightsError
from orstt_core.proxies import check_proxies
from orstt_core.weights.attempts import LATER, RetryLater, seconds_to_wait

_named_hosts: set[str] = set()


class HubPolicy:
    """Decides where the hub's client may connect to."""

    def permits(self, host: str, address: str) -> bool:
        """Return whether a connection to that address of that host may be made."""
        from huggingface_hub import constants

        hub = urlsplit(constants.ENDPOINT).hostname or ""
        if host == hub or host in _named_hosts or _is_public(address):
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


def name_host(host: str) -> None:
    """Let the client connect to a host that the operator named, wherever it is."""
    _named_hosts.add(host)


@cache
def guard_connections() -> None:
    """From now on have the hub's library connect only to where it may; done once for a process.

    It is also told to leave it to us when a server is asked again, and to say nothing of what runs here: it would ask
    the hub, of its own accord, for a list of programs to name.
    """
    from huggingface_hub import constants, set_client_factory
    from huggingface_hub.utils._http import default_client_factory

    from orstt_core.checked_network import CheckedNetwork

    constants.HF_HUB_DISABLE_TELEMETRY = True

    def client() -> Any:
        check_proxies()
        made: Any = default_client_factory()
        if is_loopback(urlsplit(constants.ENDPOINT).hostname):  # which no proxy can reach
            made = type(made)(event_hooks=made.event_hooks, follow_redirects=True, timeout=None, trust_env=False)
        requests = [*made.event_hooks.get("request", []), _check]
        made.event_hooks = {**made.event_hooks, "request": requests, "response": [_refuse_later]}
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


def _refuse_later(response: Any) -> None:
    """Raise for an answer that asks us to come later: the library waits as long as it is told to, and cannot end.

    Raises:
        RetryLater: it is such an answer.
    """
    if response.status_code in LATER:
        raise RetryLater(response.status_code, seconds_to_wait(response.headers))


def _is_public(address: str) -> bool:
    return is_public(ipaddress.ip_address(address.partition("%")[0]))


@cache
def _is_private_hub(hub: str) -> bool:
    """Return whether the hub itself is of a private network; asked once, so that its name cannot change its mind."""
    from orstt_core.checked_network import resolve

    return not all(map(_is_public, resolve(hub, 0)))
