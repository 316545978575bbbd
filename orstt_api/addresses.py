"""Which addresses a server may listen on: only this machine's while anyone could use it."""

from __future__ import annotations

from orstt_core.addresses import is_loopback
from orstt_core.errors import Forbidden
from orstt_core.settings import Settings


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
