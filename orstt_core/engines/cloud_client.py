"""CloudClient: what an engine that sends sound out of this machine asks over HTTP; no other module does.

Invariants: nothing is sent to a host that `cloud_hosts` does not name, redirects included; and a request that may have
been processed, and paid for, is never sent a second time.
"""

from __future__ import annotations

import asyncio
import threading
from collections.abc import AsyncGenerator, Callable, Coroutine, Iterator, Sequence
from concurrent.futures import CancelledError
from contextlib import suppress
from typing import TYPE_CHECKING, Any, TypeVar

import msgspec

from orstt_core.engines.cancellation import current
from orstt_core.engines.cloud_answers import Answer, Request, explained, is_throttled, retry_after
from orstt_core.engines.permission import check_address, written_host
from orstt_core.errors import Busy, EngineFailed, EngineUnavailable, OrsttError, ServerUnreachable
from orstt_core.proxies import check_proxies, proxy_hint
from orstt_core.settings import HIDDEN
from orstt_core.text import CONTROLS

if TYPE_CHECKING:
    import httpx2

    from orstt_core.settings import EngineSettings

T = TypeVar("T")

CONNECT_SECONDS, WRITE_SECONDS, READ_SECONDS = 10.0, 60.0, 300.0
"""How long each may stand still; the last is less than `engine_silence`, past which the engine counts as hung."""
PAUSES = (1.0, 4.0, 15.0)
"""Seconds before what was certainly not processed is sent again, unless the service says how many."""
CLOSE_SECONDS = 2.0
"""What it may take to cut connections; whoever cancels waits for no more."""
LONGEST_PAUSE = 60.0
"""Seconds: whoever is told to wait for longer is told so instead."""
MOST_QUOTED = 300
"""Characters of a service's own words in an error."""


class CloudClient:
    """Sends requests of one engine, from any of its threads.

    Args:
        service: what to call who answers, in a sentence.
        settings: the hosts that may be asked, and the credentials that no error may show.
        credentials: the settings that the service knows us by.
        throttled: says of an answer that nothing was done for its request, so that it may be sent again.
        explain: makes an error of an answer, where the engine knows better than `explained`.
    """

    def __init__(
        self,
        service: str,
        settings: EngineSettings,
        *,
        credentials: Sequence[str] = (),
        throttled: Callable[[Answer], bool] = is_throttled,
        explain: Callable[[Answer, str], OrsttError | None] = lambda *_: None,
    ) -> None:
        self._service, self._settings, self._credentials = service, settings, credentials
        self._throttled, self._explain = throttled, explain
        self._lock = threading.Lock()
        self._loop: asyncio.AbstractEventLoop | None = None
        self._thread: threading.Thread | None = None
        self._http: httpx2.AsyncClient | None = None

    def send(self, request: Request) -> Answer:
        """Send a request and return the whole answer, one of success.

        Raises:
            WorkCancelled: nobody wants it any more; the connection is cut.
            EngineUnavailable: its host is not allowed, or the service refuses the key, the model or the quota.
            ServerUnreachable: there is no connection, so nothing was sent.
            Busy: the service is, and stays so.
            TooLarge: the service takes no such length or size.
            EngineFailed: it failed, or the connection was cut.
        """
        return self._wait(self._whole(request), self._running())

    def lines(self, request: Request) -> Iterator[str]:
        """Send a request and yield the lines of its answer as they come; otherwise as `send`."""
        loop, lines = self._running(), self._lines(request)
        try:
            while (line := self._wait(_next(lines), loop)) is not None:
                yield line
        finally:
            # Whoever closed the client has ended what was under way; the generator may also be running still.
            if not loop.is_closed():
                with suppress(RuntimeError, TimeoutError):
                    asyncio.run_coroutine_threadsafe(lines.aclose(), loop).result(CLOSE_SECONDS)

    def quoted(self, text: str) -> str:
        """Return a service's own words as they may be shown: no credential, nothing that a terminal obeys."""
        for secret in filter(None, self._settings.credentials.values()):
            text = text.replace(secret, HIDDEN)
        return CONTROLS.sub(" ", text)[:MOST_QUOTED].strip()

    def close(self) -> None:
        """Cut what is under way and give back the thread."""
        with self._lock:
            loop, thread, self._loop = self._loop, self._thread, None
        if loop and thread:
            loop.call_soon_threadsafe(loop.stop)
            thread.join(CLOSE_SECONDS)

    def _wait(self, work: Coroutine[Any, Any, T], loop: asyncio.AbstractEventLoop) -> T:
        closed = EngineFailed(f"The connection to {self._service} was closed.", hint="Transcribe it once more.")
        if loop.is_closed():
            work.close()
            raise closed
        future = asyncio.run_coroutine_threadsafe(work, loop)
        try:
            current().wait_for(future)
            return future.result()
        except CancelledError:
            raise closed from None
        except BaseException:
            future.cancel()
            raise

    def _running(self) -> asyncio.AbstractEventLoop:
        with self._lock:
            if self._loop is None:
                self._loop = asyncio.new_event_loop()
                self._thread = threading.Thread(target=self._serve, args=(self._loop,), daemon=True)
                self._thread.start()
            return self._loop

    def _serve(self, loop: asyncio.AbstractEventLoop) -> None:
        """Run the loop, in a thread of its own, until the client is closed."""
        asyncio.set_event_loop(loop)
        loop.run_forever()
        loop.run_until_complete(self._end())
        loop.close()

    async def _end(self) -> None:
        tasks = asyncio.all_tasks() - {asyncio.current_task()}
        for task in tasks:
            task.cancel()
        await asyncio.gather(*tasks, return_exceptions=True)
        await asyncio.get_running_loop().shutdown_asyncgens()  # answers of which not all was read
        if self._http:
            await self._http.aclose()
        self._http = None
        await asyncio.sleep(0)  # transports close in the next turn

    async def _whole(self, request: Request) -> Answer:
        response = await self._opened(request)
        try:
            return await self._read(response, request.url)
        finally:
            await response.aclose()

    async def _lines(self, request: Request) -> AsyncGenerator[str]:
        import httpx2

        response = await self._opened(request)
        try:
            async for line in response.aiter_lines():
                yield line
        except (httpx2.TransportError, httpx2.DecodingError) as error:
            raise self._cut(request.url) from error
        finally:
            await response.aclose()

    async def _opened(self, request: Request) -> httpx2.Response:
        """Return a successful answer whose body is still to be read."""
        check_address(request.url, self._settings)
        self._check_headers(request)
        for pause in (*PAUSES, 0.0):
            try:
                return await self._tried(request)
            except _NotProcessedError as refused:
                if not pause or refused.come_back > LONGEST_PAUSE:
                    raise refused.problem from None
                await asyncio.sleep(max(pause, refused.come_back))
        raise AssertionError  # the last one was raised

    def _check_headers(self, request: Request) -> None:
        """Refuse what no header may hold, before the library quotes it, with the key in it, in an error of its own."""
        if not all(value.isascii() and value.isprintable() for value in request.headers.values()):
            names = " or ".join(f"ORSTT_{name.upper()}" for name in self._credentials)
            raise EngineUnavailable(
                f"What is to be sent to {self._place(request.url)} holds letters that no HTTP header may have.",
                hint=f"Mend {names}: a key is one line of plain letters." if names else "",
            )

    async def _tried(self, request: Request) -> httpx2.Response:
        import httpx2

        try:
            response = await self._client().send(self._built(request), stream=True)
            if response.is_success or response.status_code in request.also_answers:
                return response
            answer = await self._read(response, request.url)
        except (httpx2.ConnectError, httpx2.ConnectTimeout) as error:
            raise _NotProcessedError(self._unreachable(request.url)) from error
        except httpx2.ProxyError as error:
            raise self._unreachable(request.url) from error
        except httpx2.TransportError as error:
            raise self._cut(request.url, late=isinstance(error, httpx2.TimeoutException)) from error
        said = self._said(answer)
        problem = self._explain(answer, said) or explained(self._place(request.url), answer, said, self._credentials)
        if self._throttled(answer) and isinstance(problem, Busy):
            raise _NotProcessedError(problem, retry_after(answer))
        raise problem

    def _built(self, request: Request) -> httpx2.Request:
        data: dict[str, list[str]] = {}
        for name, value in request.fields:
            data.setdefault(name, []).append(value)
        return self._client().build_request(
            request.method,
            request.url,
            headers=dict(request.headers),
            params=dict(request.params) or None,
            content=request.content,
            data=data or None,
            files=dict(request.files) or None,
        )

    def _client(self) -> httpx2.AsyncClient:
        """Return the client, made in its own loop; a connection is used once: a kept one may be closed just then."""
        if self._http is None:
            import httpx2

            check_proxies()
            self._http = httpx2.AsyncClient(
                timeout=httpx2.Timeout(READ_SECONDS, connect=CONNECT_SECONDS, write=WRITE_SECONDS, pool=None),
                limits=httpx2.Limits(max_keepalive_connections=0),
                follow_redirects=False,
            )
        return self._http

    async def _read(self, response: httpx2.Response, url: str) -> Answer:
        import httpx2

        try:
            body = await response.aread()
        except (httpx2.TransportError, httpx2.DecodingError) as error:
            raise self._cut(url, late=isinstance(error, httpx2.TimeoutException)) from error
        finally:
            await response.aclose()
        return Answer(response.status_code, {name.lower(): value for name, value in response.headers.items()}, body)

    def _place(self, url: str) -> str:
        return f"{self._service} at {written_host(url)}"

    def _unreachable(self, url: str) -> OrsttError:
        return ServerUnreachable(
            f"{self._service} cannot be reached at {written_host(url)}: nothing was sent.",
            hint=f"Check the network and the address, or use a model of this machine.{proxy_hint(url)}",
        )

    def _cut(self, url: str, *, late: bool = False) -> OrsttError:
        how = "did not answer in time" if late else "broke the connection off"
        return EngineFailed(
            f"{self._place(url)} {how}; it may have processed, and charged for, what was sent, so "
            "it was not sent again.",
            hint="Transcribe it once more when the service is well.",
        )

    def _said(self, answer: Answer) -> str:
        """Return the service's own words."""
        text = answer.body[: 4 * MOST_QUOTED].decode(errors="replace")
        with suppress(msgspec.DecodeError, AttributeError, TypeError):
            found = msgspec.json.decode(answer.body)
            found = found.get("error", found)
            text = str(found.get("message") or found.get("Message") or text) if isinstance(found, dict) else str(found)
        return self.quoted(text)


class _NotProcessedError(Exception):
    """Why a request was certainly not processed, and the seconds after which the service wants it again; 0: any."""

    def __init__(self, problem: OrsttError, come_back: float = 0.0) -> None:
        super().__init__(str(problem))
        self.problem, self.come_back = problem, come_back


async def _next(lines: AsyncGenerator[str]) -> str | None:
    return await anext(lines, None)
