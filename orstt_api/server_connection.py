"""ServerConnection: one OR-STT server over HTTP. Whatever goes wrong on the way becomes one of our own errors."""

from __future__ import annotations

import ssl
from collections.abc import AsyncGenerator, Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager, nullcontext
from types import TracebackType
from typing import Any, Self, TypeVar
from urllib.parse import urlsplit, urlunsplit

import httpx2
import msgspec
from msgspec.json import Decoder
from socksio import ProtocolError

from orstt_api.wire import ERROR_EVENT, KEEP_ALIVE_SECONDS, NOT_FOUND_PREFIX
from orstt_core.addresses import is_loopback, without_credentials
from orstt_core.errors import NotFound, OrsttError, ServerUnreachable, SettingsError, Unauthorized
from orstt_core.proxies import check_proxies, no_socks_proxy, proxy_hint
from orstt_core.types import Problem, to_json

T = TypeVar("T")

CONNECT_SECONDS = 5.0
ANSWER_SECONDS = 120.0
"""How long a server may take over an answer; looking at an engine starts a process there."""
LOAD_SECONDS = 1800.0
"""The same where the answer waits for a model: it may be large, its disk slow, its files on their way."""
SILENCE_SECONDS = 3 * KEEP_ALIVE_SECONDS
"""How long a stream may send nothing, not even a keep-alive comment."""
IDLE_SECONDS = 2.0
"""How long an unused connection is kept: less than servers do, so that none is used while it is being closed."""


JSON = {"Content-Type": "application/json"}


class ServerConnection:
    """A client for one server; entering and leaving opens and closes it.

    Args:
        url: the server's address, such as `http://127.0.0.1:8000`.
        api_key: its key, if it asks for one.

    Raises:
        SettingsError: the address is not an http or https one, the key cannot be sent, or the environment names a
            proxy that cannot be used.
    """

    def __init__(self, url: str, api_key: str = "") -> None:
        url = _checked(url)
        self._location = without_credentials(url)
        if not api_key.isprintable():
            raise SettingsError("The key has characters that cannot be sent, such as a line break.", field="api_key")
        # Proxies named in the environment lead out of this machine and cannot reach a server on it.
        self._direct = is_loopback(urlsplit(url).hostname)
        if not self._direct:
            check_proxies()
        self._client = httpx2.AsyncClient(
            base_url=self._location if api_key else url,
            # Bytes, because a header given as text must be ASCII and a key need not be.
            headers=[(b"Authorization", b"Bearer " + api_key.encode())] if api_key else None,
            limits=httpx2.Limits(keepalive_expiry=IDLE_SECONDS),
            # Reading the certificates takes a tenth of a second, and an http address needs none.
            verify=True if url.startswith("https:") else ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT),
            trust_env=not self._direct,
        )

    async def __aenter__(self) -> Self:
        await self._client.__aenter__()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._client.__aexit__(kind, error, trace)

    @property
    def location(self) -> str:
        """The server's address, without what is secret in it."""
        return self._location

    async def request(
        self,
        method: str,
        path: str,
        kind: type[T],
        *,
        json: object = None,
        also_accept: int | None = None,
        answer_seconds: float | None = None,
        **options: Any,
    ) -> T:
        """Send a request and return the answer as the type that it is.

        Args:
            method: GET, POST or DELETE.
            path: below the server's address.
            kind: type of the answer.
            json: what to send as JSON, if anything.
            also_accept: a status that carries such an answer too, although it says no.
            answer_seconds: how long the server may take over the answer; default: `ANSWER_SECONDS`.
            options: parameters or a form, as httpx takes them.

        Raises:
            OrsttError: what the server answers with.
            ServerUnreachable: it cannot be reached, or is no such server.
        """
        if json is not None:
            options |= {"content": to_json(json), "headers": JSON}
        with self._own_errors():
            response = await self._client.request(
                method, path, timeout=_timeout(answer_seconds or ANSWER_SECONDS), **options
            )
            if not response.is_success and response.status_code != also_accept:
                raise self._error_in(response)
            return msgspec.json.decode(response.content, type=kind)

    async def events(
        self,
        method: str,
        path: str,
        decoder: Decoder[T],
        complete: Callable[[T], bool],
        broken: ServerUnreachable,
        form: AbstractContextManager[Mapping[str, Any]] | None = None,
    ) -> AsyncGenerator[T]:
        """Send a request and yield the events of the answer.

        Args:
            method: GET or POST.
            path: below the server's address.
            decoder: reads the data of an event.
            complete: whether the stream may end after this event.
            broken: what to raise when it ends otherwise.
            form: gives a form, as httpx takes it, for as long as it is sent.

        Raises:
            OrsttError: what the server answers with, at once or as an event.
            ServerUnreachable: it cannot be reached, says nothing any more, or is no such server; or `broken`.
        """
        ended = False
        with self._own_errors(), form or nullcontext({}) as options:
            # A transcript comes as one event, and a long one is long.
            async with self._client.sse(
                path, method=method, timeout=_timeout(SILENCE_SECONDS), max_event_size=None, **options
            ) as source:
                await self._check(source.response)
                async for event in source:
                    if event.event == ERROR_EVENT:
                        raise msgspec.json.decode(event.data, type=Problem).error
                    item = decoder.decode(event.data)
                    ended = complete(item)
                    yield item
        if not ended:
            raise broken

    async def lines(
        self,
        method: str,
        path: str,
        json: object,
        decode: Callable[[str], T],
        complete: Callable[[T], bool],
        broken: ServerUnreachable,
    ) -> AsyncGenerator[T]:
        """Send a request and yield what the answer's lines say.

        Args:
            method: GET or POST.
            path: below the server's address.
            json: what to send as JSON.
            decode: reads a line; raises the error that it tells of.
            complete: whether the stream may end after this item.
            broken: what to raise when it ends otherwise.

        Raises:
            OrsttError: what the server answers with, at once or as a line.
            ServerUnreachable: it cannot be reached, says nothing any more, or is no such server; or `broken`.
        """
        ended = False
        with self._own_errors():
            async with self._client.stream(
                method, path, content=to_json(json), headers=JSON, timeout=_timeout(SILENCE_SECONDS)
            ) as response:
                await self._check(response)
                async for line in response.aiter_lines():
                    item = decode(line)
                    ended = complete(item)
                    yield item
        if not ended:
            raise broken

    async def download(self, path: str, asked: Mapping[str, float | None] | None = None) -> AsyncGenerator[bytes]:
        """Yield the body of an answer as it comes.

        Args:
            path: below the server's address.
            asked: parameters; one that is None is left out.

        Raises:
            OrsttError: what the server answers with.
            ServerUnreachable: it cannot be reached, or the answer breaks off.
        """
        with self._own_errors():
            params = {name: value for name, value in (asked or {}).items() if value is not None}
            async with self._client.stream("GET", path, params=params, timeout=_timeout(LOAD_SECONDS)) as response:
                await self._check(response)
                async for part in response.aiter_bytes():
                    yield part

    @contextmanager
    def _own_errors(self) -> Iterator[None]:
        """Turn what can go wrong on the way into our own errors."""
        try:
            yield
        except (httpx2.ConnectError, httpx2.ProxyError) as error:
            raise ServerUnreachable(
                f"No server answers at {self._location}.",
                hint="Start one there with `orstt serve`, or check the address." + self._through_proxy(),
            ) from error
        except ProtocolError as error:  # of SOCKS, which the client lets through
            raise ServerUnreachable(
                f"{self._location} cannot be reached: {no_socks_proxy(self._location)}.",
                hint="Mend or unset it, or name the server's host in NO_PROXY.",
            ) from error
        except httpx2.TimeoutException as error:
            raise ServerUnreachable(
                f"{self._location} does not answer in time.", hint=f"Try again later.{self._through_proxy()}"
            ) from error
        except (msgspec.DecodeError, httpx2.DecodingError, httpx2.SSEError) as error:
            raise self._not_orstt("with something else than OR-STT") from error
        except httpx2.TransportError as error:
            raise ServerUnreachable(
                f"The connection to {self._location} broke.",
                hint="The server may have stopped, or refused what was sent; its log may say." + self._through_proxy(),
            ) from error

    def _through_proxy(self) -> str:
        return "" if self._direct else proxy_hint(self._location)

    async def _check(self, response: httpx2.Response) -> None:
        """Raise what the server answers with, when it is no stream."""
        if not response.is_success:
            await response.aread()
            raise self._error_in(response)

    def _error_in(self, response: httpx2.Response) -> OrsttError:
        try:
            error = msgspec.json.decode(response.content, type=Problem).error
        except msgspec.DecodeError:
            pass  # it is not from an OR-STT server, so all there is to go by is the status
        else:
            if type(error) is NotFound and error.message.startswith(NOT_FOUND_PREFIX):  # as an older server says
                return self._not_orstt(f"that there is nothing at {response.request.url.path}")
            return error
        if response.status_code == httpx2.codes.UNAUTHORIZED:
            return Unauthorized(f"{self._location} asks for a key.", hint="Set ORSTT_API_KEY or ORSTT_API_KEY_FILE.")
        return self._not_orstt(f"with HTTP status {response.status_code}")

    def _not_orstt(self, how: str) -> ServerUnreachable:
        return ServerUnreachable(
            f"What answers at {self._location} is no OR-STT server of this version: it answers {how}.",
            hint="Check the address; a proxy may stand in between." + self._through_proxy(),
        )


def _timeout(read: float) -> httpx2.Timeout:
    return httpx2.Timeout(ANSWER_SECONDS, connect=CONNECT_SECONDS, read=read, pool=None)


def _checked(url: str) -> str:
    parts = urlsplit(url.strip())
    try:
        sound = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        sound = False
    if not sound:
        raise SettingsError(
            f"{url.rpartition('@')[2]!r} is not the address of a server.",
            hint="Write it like http://127.0.0.1:8000.",
            field="remote",
        )
    return urlunsplit((parts.scheme, parts.netloc, parts.path.rstrip("/"), "", ""))


def has_credentials(url: str) -> bool:
    """Return whether an address has a name and a password in it, which are then sent in the place of a key."""
    return "@" in urlsplit(url).netloc
