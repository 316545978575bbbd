"""The hub's HTTP client, but one that no answer leads into a private network.

The operator names the hub (`HF_ENDPOINT`). Where that sends us on to is its own choice: a public one may not choose the
network that we are in. A private one may, since it is of that network.
"""

from __future__ import annotations

import ipaddress
import socket
from functools import cache
from typing import Any
from urllib.parse import urlsplit

from orstt_core.addresses import is_loopback, is_public
from orstt_core.errors import WeightsError
from orstt_core.proxies import check_proxies


@cache
def guard_redirects() -> None:
    """From now on have the hub's library look at every address before it asks there; done once for a process."""
    from huggingface_hub import constants, set_client_factory
    from huggingface_hub.utils._http import default_client_factory

    def client() -> Any:
        check_proxies()
        made = default_client_factory()
        if is_loopback(urlsplit(constants.ENDPOINT).hostname):  # which no proxy can reach
            made = type(made)(event_hooks=made.event_hooks, follow_redirects=True, timeout=None, trust_env=False)
        hooks = made.event_hooks
        made.event_hooks = {**hooks, "request": [*hooks.get("request", []), _check]}
        return made

    set_client_factory(client)


def _check(request: Any) -> None:
    """Refuse a request that leads from a public hub to a private host; called for each redirect too.

    Raises:
        WeightsError: it does.
    """
    from huggingface_hub import constants

    host, hub = request.url.host, urlsplit(constants.ENDPOINT).hostname or ""
    if host != hub and not _is_public(host) and _is_public(hub):
        raise WeightsError(
            f"The hub sends us on to {host}, which is an address of a private network.",
            hint="Set HF_ENDPOINT to the hub of that network, if it is to be asked.",
        )


def _is_public(host: str) -> bool:
    try:
        found = socket.getaddrinfo(host, None, type=socket.SOCK_STREAM)
    except OSError:
        return True  # the request itself will say so, or a proxy knows the name
    return all(is_public(ipaddress.ip_address(str(address[0]).partition("%")[0])) for *_, address in found)
