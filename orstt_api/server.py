"""Serving: what `orstt serve` and the server inside the terminal program share.

The socket is bound here and not by uvicorn, which ends the whole process when a port is taken; and signals
are left to whoever runs the loop.
"""

from __future__ import annotations

import asyncio
import errno
import os
import signal
import socket
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress

import uvicorn
from litestar import Litestar

from orstt_api.access_log import OnRequest
from orstt_api.addresses import check_bind
from orstt_api.app import create_app
from orstt_api.protocol.http1 import HEAD_BYTES, Http1Protocol
from orstt_api.web.pages import WebPages
from orstt_core.backend import Backend
from orstt_core.errors import Conflict, Forbidden, OrsttError, SettingsError
from orstt_core.malloc import set_mmap_threshold
from orstt_core.settings import Settings
from orstt_core.termination import termination_signals
from orstt_core.units import MIB

BACKLOG = 2048
SPARE_SECONDS = 5
"""So much later than `shutdown_seconds`, requests that did not end by themselves are cancelled."""

IDLE_SECONDS = 75
"""How long a connection stays open between two requests: longer than proxies and clients keep theirs, most often 60, so
that they close first and lose no request; nginx keeps its own as long."""

STOP_POLL_SECONDS = 0.05
"""How often a server that stops looks whether the requests under way have ended."""


class ApiServer:
    """Serves an open backend in the running event loop, once.

    Args:
        backend: is open, and stays open after `stop`.
        settings: give the address, the key and the limits.
        on_request: called with every request when it has been answered.
        pages: the terminal program, served as a page too.
    """

    def __init__(
        self,
        backend: Backend,
        settings: Settings,
        *,
        on_request: OnRequest | None = None,
        pages: WebPages | None = None,
    ) -> None:
        self._backend, self._settings = backend, settings
        self._app = create_app(backend, settings, owns_backend=False, on_request=on_request, pages=pages)
        self._server = _Server(self._app, settings, sockets=pages is not None)
        self._serving: asyncio.Task[None] | None = None

    async def start(self) -> str:
        """Begin to serve and return the address, such as `http://127.0.0.1:8000`.

        Raises:
            Forbidden: other machines could reach it and no key is set.
            Conflict: the port is taken.
            SettingsError: there is no such address here, or it may not be used.
        """
        check_bind(self._settings.host, self._settings, keyed=await self._backend.keyed())
        listener = _listen(self._settings.host, self._settings.port)
        address = _address(listener)
        self._serving = asyncio.create_task(self._serve(listener))
        ready = asyncio.create_task(self._server.ready.wait())
        await asyncio.wait({self._serving, ready}, return_when=asyncio.FIRST_COMPLETED)
        if not ready.done():
            ready.cancel()
            self._serving.result()
        return address

    async def wait(self) -> None:
        """Return when the server has stopped."""
        if self._serving is not None:
            await asyncio.shield(self._serving)

    def ask_to_stop(self) -> None:
        """Take no more work and end the streams under way; asked again, wait for nothing."""
        self._server.force_exit = self._server.should_exit
        self._server.should_exit = True
        self._app.state.stopping.set()

    async def stop(self) -> None:
        """Stop serving; returns when the requests under way have ended, within a few seconds."""
        self.ask_to_stop()
        await self.wait()

    async def _serve(self, listener: socket.socket) -> None:
        # Not uvicorn's own lifespan: a failure there ends the process.
        async with self._app.lifespan():
            await self._server.serve(sockets=[listener])


async def serve(
    backend: Backend, settings: Settings, *, on_start: Callable[[str], None], pages: WebPages | None = None
) -> None:
    """Serve an open backend until SIGINT, SIGTERM or SIGHUP; a second one does not wait for requests under way.

    Args:
        backend: is open, and stays open.
        settings: give the address, the key and the limits.
        on_start: called with the address once requests are taken.
        pages: the terminal program, served as a page too.

    Raises:
        Forbidden: other machines could reach it and no key is set.
        Conflict: the port is taken.
        SettingsError: there is no such address here, or it may not be used.
    """
    set_mmap_threshold()
    server = ApiServer(backend, settings, pages=pages)
    loop = asyncio.get_running_loop()
    address = await server.start()
    signals = (signal.SIGINT, *termination_signals())
    try:
        for number in signals:  # before `on_start` says that there is something to stop
            loop.add_signal_handler(number, server.ask_to_stop)
        on_start(address)
        await server.wait()
    finally:
        for number in signals:
            loop.remove_signal_handler(number)
        await server.stop()


class _Server(uvicorn.Server):
    def __init__(self, app: Litestar, settings: Settings, *, sockets: bool) -> None:
        super().__init__(
            uvicorn.Config(
                app,
                http=Http1Protocol,
                h11_max_incomplete_event_size=HEAD_BYTES,
                ws="websockets-sansio" if sockets else "none",
                ws_max_size=MIB,
                lifespan="off",
                log_config=None,
                access_log=False,
                server_header=False,
                proxy_headers=bool(settings.trusted_proxies),
                forwarded_allow_ips=settings.trusted_proxies,
                timeout_keep_alive=IDLE_SECONDS,
                headers=[("Keep-Alive", f"timeout={IDLE_SECONDS}")],
                timeout_graceful_shutdown=SPARE_SECONDS,
            )
        )
        self.ready = asyncio.Event()
        self._shutdown_seconds = settings.shutdown_seconds

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        await super().startup(sockets)
        self.ready.set()

    async def shutdown(self, sockets: list[socket.socket] | None = None) -> None:
        # uvicorn closes the listening socket first; readiness checks are to hear that the server stops.
        with suppress(TimeoutError):
            async with asyncio.timeout(self._shutdown_seconds):
                while self.server_state.tasks and not self.force_exit:  # noqa: ASYNC110 - uvicorn offers no event
                    await asyncio.sleep(STOP_POLL_SECONDS)
        await super().shutdown(sockets)

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        yield


def _listen(host: str, port: int) -> socket.socket:
    try:
        family, kind, protocol, _, address = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)[0]
        listener = socket.socket(family, kind, protocol)
    except socket.gaierror as error:
        raise SettingsError(f"There is no address called {host!r}: {error.strerror}.", field="host") from error
    try:
        listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        listener.bind(address)
        listener.listen(BACKLOG)
    except OSError as error:
        listener.close()
        raise _cannot_listen(host, port, error) from error
    listener.setblocking(False)
    return listener


def _cannot_listen(host: str, port: int, error: OSError) -> OrsttError:
    match error.errno:
        case errno.EADDRINUSE:
            return Conflict(
                f"Port {port} on {host} is taken by another program.",
                hint="Choose another port, or 0 for any free one.",
                field="port",
            )
        case errno.EACCES:
            return Forbidden(f"Port {port} may only be used by the administrator.", hint="Choose one above 1023.")
        case _:
            reason = os.strerror(error.errno or 0)
            return SettingsError(f"This machine cannot listen on {host}: {reason}.", field="host")


def _address(listener: socket.socket) -> str:
    host, port = listener.getsockname()[:2]
    return f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}"
