"""RemoteBackend: the other end of the wire. The same Backend as a local one, the work done by a server.

Imports no server code: a laptop that only looks at a server needs none of it.
"""

from __future__ import annotations

import ssl
from collections.abc import AsyncGenerator, Iterator
from contextlib import ExitStack, aclosing, contextmanager
from types import TracebackType
from typing import IO, Any, Self, TypeVar
from urllib.parse import urlsplit, urlunsplit

import httpx2
import msgspec
from msgspec import Struct
from msgspec.json import Decoder

from orstt_api.addresses import is_loopback
from orstt_api.wire import API, ERROR_EVENT, KEEP_ALIVE_SECONDS, problem_code, quote_ref
from orstt_core.audio import check_file
from orstt_core.errors import (
    FileProblem,
    ModelNotFound,
    OrsttError,
    ServerUnreachable,
    SettingsError,
    Unauthorized,
    from_wire,
)
from orstt_core.types import (
    BackendEvent,
    BackendInfo,
    Change,
    Diagnosis,
    Done,
    EngineList,
    Model,
    ModelDraft,
    Problem,
    RawAudio,
    TranscribeEvent,
    TranscribeRequest,
    Validation,
    to_json,
)

T = TypeVar("T")

CONNECT_SECONDS = 5.0
ANSWER_SECONDS = 120.0
"""How long a server may take over an answer; looking at an engine starts a process there."""
SILENCE_SECONDS = 3 * KEEP_ALIVE_SECONDS
"""How long a stream may say nothing, not even that it is alive."""
IDLE_SECONDS = 2.0
"""How long an unused connection is kept: less than servers do, so that none is used while it is being closed."""

_TRANSCRIBE_EVENT: Decoder[TranscribeEvent] = Decoder(TranscribeEvent)
_BACKEND_EVENT: Decoder[BackendEvent] = Decoder(BackendEvent)


class RemoteBackend:
    """The backend of an OR-STT server.

    Args:
        url: the server's address, such as `http://127.0.0.1:8000`.
        api_key: its key, if it asks for one.

    Raises:
        SettingsError: the address is not an http or https one.
    """

    def __init__(self, url: str, api_key: str = "") -> None:
        url = _checked(url)
        self._location = _without_credentials(url)
        if not api_key.isprintable():
            raise SettingsError("The key has characters that cannot be sent, such as a line break.", field="api_key")
        self._client = httpx2.AsyncClient(
            base_url=(self._location if api_key else url) + API,
            # Bytes, because a header given as text must be ASCII and a key need not be.
            headers=[(b"Authorization", b"Bearer " + api_key.encode())] if api_key else None,
            timeout=httpx2.Timeout(ANSWER_SECONDS, connect=CONNECT_SECONDS, pool=None),
            limits=httpx2.Limits(keepalive_expiry=IDLE_SECONDS),
            # Reading the certificates takes a tenth of a second, and an http address needs none.
            verify=True if url.startswith("https:") else ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT),
            # Proxies named in the environment lead out of this machine and cannot reach a server on it.
            trust_env=not is_loopback(urlsplit(url).hostname),
        )

    async def __aenter__(self) -> Self:
        await self._client.__aenter__()
        return self

    async def __aexit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        await self._client.__aexit__(kind, error, trace)

    async def info(self) -> BackendInfo:
        """See `Backend.info`."""
        info = await self._ask("GET", "/info", BackendInfo)
        return msgspec.structs.replace(info, location=self._location)

    async def models(self) -> list[Model]:
        """See `Backend.models`."""
        return await self._ask("GET", "/models", list[Model])

    async def model(self, ref: int | str) -> Model:
        """See `Backend.model`."""
        return await self._ask("GET", _model_path(ref), Model)

    async def create_model(self, draft: ModelDraft) -> Change:
        """See `Backend.create_model`."""
        return await self._ask("POST", "/models", Change, draft)

    async def validate_model(self, draft: ModelDraft) -> Validation:
        """See `Backend.validate_model`."""
        return await self._ask("POST", "/models/validate", Validation, draft)

    async def activate_model(self, ref: int | str) -> Change:
        """See `Backend.activate_model`."""
        return await self._ask("POST", f"{_model_path(ref)}/activate", Change)

    async def delete_model(self, ref: int | str) -> Model:
        """See `Backend.delete_model`."""
        return await self._ask("DELETE", _model_path(ref), Model)

    async def engines(self) -> EngineList:
        """See `Backend.engines`."""
        return await self._ask("GET", "/engines", EngineList)

    async def diagnose(self) -> Diagnosis:
        """See `Backend.diagnose`."""
        return await self._ask("GET", "/doctor", Diagnosis)

    async def transcribe(self, request: TranscribeRequest) -> AsyncGenerator[TranscribeEvent]:
        """See `Backend.transcribe`. The recording is read on this machine and sent as it is read."""
        done = False
        try:
            with ExitStack() as files:
                form = _form(request, files)
                async with aclosing(self._stream("POST", "/transcriptions", _TRANSCRIBE_EVENT, **form)) as events:
                    async for event in events:
                        done = isinstance(event, Done)
                        yield event
        except OrsttError:
            raise
        except OSError as error:  # the file went away, or its disk did, while it was sent
            raise FileProblem(f"{request.audio} cannot be read: {error.strerror}.") from error
        if not done:
            raise ServerUnreachable(f"{self._location} stopped answering before the transcription was done.")

    async def events(self) -> AsyncGenerator[BackendEvent]:
        """See `Backend.events`.

        Raises:
            ServerUnreachable: the connection ended.
        """
        async with aclosing(self._stream("GET", "/events", _BACKEND_EVENT)) as events:
            async for event in events:
                yield event
        raise ServerUnreachable(f"The connection to {self._location} ended.")

    async def _ask(self, method: str, path: str, kind: type[T], body: Struct | None = None) -> T:
        content = None if body is None else to_json(body)
        headers = {} if body is None else {"Content-Type": "application/json"}
        with self._reaching():
            response = await self._client.request(method, path, content=content, headers=headers)
            if not response.is_success:
                raise self._refusal(response)
            return msgspec.json.decode(response.content, type=kind)

    async def _stream(self, method: str, path: str, decoder: Decoder[T], **form: Any) -> AsyncGenerator[T]:
        timeout = httpx2.Timeout(ANSWER_SECONDS, connect=CONNECT_SECONDS, read=SILENCE_SECONDS, pool=None)
        with self._reaching():
            # A transcript comes as one event, and a long one is long.
            async with self._client.sse(path, method=method, timeout=timeout, max_event_size=None, **form) as source:
                if not source.response.is_success:
                    await source.response.aread()
                    raise self._refusal(source.response)
                async for event in source:
                    if event.event == ERROR_EVENT:
                        raise _error(msgspec.json.decode(event.data, type=Problem))
                    yield decoder.decode(event.data)

    @contextmanager
    def _reaching(self) -> Iterator[None]:
        """Turn what can go wrong on the way into our own errors."""
        try:
            yield
        except httpx2.ConnectError as error:
            raise ServerUnreachable(
                f"No server answers at {self._location}.",
                hint="Start one there with `orstt serve`, or check the address.",
            ) from error
        except httpx2.TimeoutException as error:
            raise ServerUnreachable(f"{self._location} does not answer in time.", hint="Try again later.") from error
        except (msgspec.DecodeError, httpx2.DecodingError, httpx2.SSEError) as error:
            raise self._stranger("with something else than OR-STT") from error
        except httpx2.TransportError as error:
            raise ServerUnreachable(
                f"The connection to {self._location} broke.",
                hint="The server may have stopped, or refused what was sent; its log may say.",
            ) from error

    def _refusal(self, response: httpx2.Response) -> OrsttError:
        try:
            return _error(msgspec.json.decode(response.content, type=Problem))
        except msgspec.DecodeError:
            pass  # it is not from an OR-STT server, so all there is to go by is the status
        if response.status_code == httpx2.codes.UNAUTHORIZED:
            return Unauthorized(f"{self._location} asks for a key.", hint="Set ORSTT_API_KEY to it.")
        return self._stranger(f"with HTTP status {response.status_code}")

    def _stranger(self, how: str) -> ServerUnreachable:
        return ServerUnreachable(
            f"What answers at {self._location} is no OR-STT server of this version: it answers {how}.",
            hint="Check the address; a proxy may stand in between.",
        )


def _error(problem: Problem) -> OrsttError:
    return from_wire(problem_code(problem.type), problem.detail, problem.hint, problem.field)


def _checked(url: str) -> str:
    parts = urlsplit(url.strip())
    try:
        sound = parts.scheme in ("http", "https") and bool(parts.hostname) and parts.port != 0
    except ValueError:
        sound = False
    if not sound:
        raise SettingsError(
            f"{url!r} is not the address of a server.", hint="Write it like http://127.0.0.1:8000.", field="remote"
        )
    return urlunsplit((parts.scheme, parts.netloc, parts.path.rstrip("/"), "", ""))


def _without_credentials(url: str) -> str:
    parts = urlsplit(url)
    return urlunsplit(parts._replace(netloc=parts.netloc.rpartition("@")[2]))


def _model_path(ref: int | str) -> str:
    return f"/models/{quote_ref(_named(ref))}"


def _named(ref: int | str) -> int | str:
    if ref == "":  # which on the wire would mean no model at all
        raise ModelNotFound("No model is called ''.", hint="See `orstt models list`.")
    return ref


def _form(request: TranscribeRequest, files: ExitStack) -> dict[str, Any]:
    fields = {"options": to_json(request.options).decode()}
    if request.model is not None:
        fields["model_id" if isinstance(request.model, int) else "model"] = str(_named(request.model))
    content: IO[bytes] | bytes
    if isinstance(request.audio, RawAudio):
        raw = request.audio
        fields |= {"rate": str(raw.rate), "channels": str(raw.channels), "sample_type": raw.sample_type}
        name, content = "recording", raw.data
    else:
        check_file(request.audio)
        name, content = request.audio.name, files.enter_context(request.audio.open("rb"))
    # A name on disk may hold bytes that are no text; it is only a label there.
    label = (request.filename or name).encode("utf-8", "replace").decode()
    return {"data": fields, "files": {"audio": (label, content, "application/octet-stream")}}
