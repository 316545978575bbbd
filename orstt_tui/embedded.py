"""EmbeddedApi: the HTTP API served from the terminal program, over the backend that it shows."""

from __future__ import annotations

import asyncio
from collections import deque
from collections.abc import Callable
from importlib import import_module
from typing import TYPE_CHECKING

import msgspec
from msgspec import Struct

from orstt_api.addresses import check_bind
from orstt_core.errors import Forbidden, InvalidRequest
from orstt_core.settings import Settings

if TYPE_CHECKING:
    from orstt_api.server import ApiServer
    from orstt_core.backend import Backend
    from orstt_core.types import RequestServed

REMEMBERED = 200
"""Requests kept for the list on the screen."""

LAST_PORT = 65535


def listening(settings: Settings, address: str) -> Settings:
    """Return the settings with the address to listen on.

    Args:
        settings: give what the address leaves out.
        address: `HOST:PORT`, `HOST`, `:PORT` or `PORT`; empty changes nothing.

    Raises:
        InvalidRequest: the port is not one.
    """
    host, colon, port = address.rpartition(":")
    if not colon:
        host, port = ("", port) if port.isdecimal() else (port, "")
    elif address.endswith("]") or (":" in host and not host.endswith("]")):  # an IPv6 address alone
        host, port = address, ""
    if port and not (port.isdecimal() and int(port) <= LAST_PORT):
        raise InvalidRequest(f"{address!r} is not an address to listen on.", hint="Give it as HOST:PORT.", field="api")
    changes: dict[str, str | int] = {"host": host} if host else {}
    return msgspec.structs.replace(settings, **changes, **({"port": int(port)} if port else {}))


async def check_listening(open_backend: Callable[[], Backend], settings: Settings) -> None:
    """Refuse an address that others reach while there is no key; the database is asked for keys only then.

    Raises:
        Forbidden: others could use the API.
        OrsttError: the backend cannot be opened.
    """
    try:
        check_bind(settings.host, settings)
    except Forbidden:
        async with open_backend() as backend:
            check_bind(settings.host, settings, keyed=await backend.keyed())


class ApiState(Struct, frozen=True, kw_only=True):
    """What the screen shows of the embedded API; an empty address means that it is off."""

    address: str = ""
    requests: tuple[RequestServed, ...] = ()
    """The latest, oldest first."""


class EmbeddedApi:
    """Starts and stops the server and remembers what it served.

    Args:
        settings: give the address to listen on, the key and the limits.
    """

    def __init__(self, settings: Settings) -> None:
        self._settings = settings
        self._server: ApiServer | None = None
        self._address = ""
        self._requests: deque[RequestServed] = deque(maxlen=REMEMBERED)
        self._lock = asyncio.Lock()
        self._unseen = False

    @property
    def running(self) -> bool:
        """Whether it serves."""
        return self._server is not None

    @property
    def state(self) -> ApiState:
        """What to show."""
        return ApiState(address=self._address, requests=tuple(self._requests))

    def has_unseen(self) -> bool:
        """Return whether anything was served since the last call."""
        unseen, self._unseen = self._unseen, False
        return unseen

    async def start(self, backend: Backend) -> str:
        """Serve the backend and return the address.

        Raises:
            OrsttError: the port is taken, or the address may not be used without a key.
        """
        async with self._lock:
            if self._server is None:
                # The web framework is imported only now, and beside the screen instead of before it.
                module = await asyncio.to_thread(import_module, "orstt_api.server")
                server: ApiServer = module.ApiServer(backend, self._settings, on_request=self._remember)
                self._address = await server.start()
                self._server = server
            return self._address

    async def stop(self) -> None:
        """Stop serving; does nothing when it does not."""
        async with self._lock:
            if self._server is not None:
                await self._server.stop()
                self._server, self._address = None, ""

    def _remember(self, request: RequestServed) -> None:
        self._requests.append(request)
        self._unseen = True
