"""UploadPlaces: how many uploads may arrive at once, and how many of them one client may send."""

from __future__ import annotations

import ipaddress
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager

from litestar.types import Scope

from orstt_api.protocol.transfer_rate import PacedBody
from orstt_core.errors import Busy
from orstt_core.settings import Settings
from orstt_core.types import ApiKey

CLIENT = "orstt.client"
"""Key of the scope under which authentication left who counts as one client."""

SPARE_PLACES = 8
"""Uploads that may arrive at once beside those that the queue has room for: some begin without waiting, and one with
an idempotency key may be a job already. More could not all become jobs, and each takes a file and room on the disk."""

IPV6_SITE = 64
"""Bits of an IPv6 address that one site has; it chooses the others as it likes (RFC 6177)."""


class UploadPlaces:
    """Places for uploads that arrive at the same time.

    A client may take another place while it has fewer than are free, so that one alone gets half of them and each
    further one half of what is left: dynamic thresholds with factor 1 (Choudhury and Hahne, "Dynamic queue length
    thresholds for shared-memory packet switches", 1998). Where none is free, it has the place of an upload that
    comes by drops; as long as there are places slow ones are kept.

    Args:
        settings: say how many jobs may wait.
    """

    def __init__(self, settings: Settings) -> None:
        self._places = settings.max_queued + SPARE_PLACES
        self._arriving: dict[PacedBody, str] = {}

    @contextmanager
    def place(self, client: str, body: PacedBody) -> Iterator[None]:
        """Have a place, meanwhile.

        Raises:
            Busy: the client has as many as it may, or none is free.
        """
        if not self._may_have_one(client):
            self._give_up_slowest(client)
        self._arriving[body] = client
        try:
            yield
        finally:
            self._arriving.pop(body, None)

    def _may_have_one(self, client: str, without: PacedBody | None = None) -> bool:
        others = Counter(owner for body, owner in self._arriving.items() if body is not without)
        return others[client] < self._places - others.total()

    def _give_up_slowest(self, client: str) -> None:
        full = len(self._arriving) == self._places
        slow = sorted((body for body in self._arriving if full and body.spare < 0), key=lambda body: body.spare)
        given_up = next((body for body in slow if self._may_have_one(client, without=body)), None)
        if given_up is None:
            raise self._refusal(client)
        del self._arriving[given_up]
        given_up.give_up()

    def _refusal(self, client: str) -> Busy:
        if len(self._arriving) == self._places:
            return Busy("The server receives as many recordings as it can at once.", hint="Try again in a few seconds.")
        taken = Counter(self._arriving.values())[client]
        return Busy(
            f"{taken} recordings arrive from you already, and the other places are kept for others.",
            hint="Send the next one when one of them has arrived.",
        )


def client_of(scope: Scope, key: ApiKey | None) -> str:
    """Return who counts as one client: a key of the database, else an address as the trusted proxies tell it."""
    if key is not None:
        return f"key {key.id}"
    host = scope["client"][0] if scope["client"] else ""
    try:
        address = ipaddress.ip_address(host.partition("%")[0])
    except ValueError:
        return host
    if isinstance(address, ipaddress.IPv4Address):
        return str(address)
    if address.ipv4_mapped is not None:  # as a socket for both kinds tells it
        return str(address.ipv4_mapped)
    return str(ipaddress.ip_network((address, IPV6_SITE), strict=False))
