"""RemoteBackend when things go wrong on the way; what it does when they go well is in the contract suite."""

from __future__ import annotations

import asyncio
import gc
import re
import subprocess
import sys
from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import aclosing, asynccontextmanager

import pytest
from scripted import ScriptedBackend, speech
from serving import eventually, served

from orstt_api import server_connection
from orstt_api.client import RemoteBackend
from orstt_api.server import ApiServer
from orstt_core.errors import ModelNotFound, ServerUnreachable, SettingsError, Unauthorized
from orstt_core.settings import Settings
from orstt_core.types import Accepted, Done, RawAudio, TranscribeRequest

SOUND = TranscribeRequest(audio=RawAudio(data=b"\0\0" * 100, rate=16000))
Handler = Callable[[bytes, asyncio.StreamWriter], Awaitable[None]]
"""Gets the request's head and answers."""


@asynccontextmanager
async def stranger(handler: Handler) -> AsyncIterator[str]:
    """Something that listens but is no OR-STT server."""

    connections: set[asyncio.Task[object] | None] = set()

    async def answer(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        connections.add(asyncio.current_task())
        try:
            head = await reader.readuntil(b"\r\n\r\n")
            if length := re.search(rb"content-length: (\d+)", head, re.IGNORECASE):
                await reader.readexactly(int(length[1]))
            await handler(head, writer)
        finally:
            writer.close()

    server = await asyncio.start_server(answer, "127.0.0.1", 0)
    async with server:
        yield f"http://127.0.0.1:{server.sockets[0].getsockname()[1]}"
        open_still = [task for task in connections if task is not None and not task.done()]
        for task in open_still:
            task.cancel()
        await asyncio.gather(*open_still, return_exceptions=True)


def says(status: str, body: str = "", kind: str = "text/html") -> Handler:
    async def handler(_: bytes, writer: asyncio.StreamWriter) -> None:
        head = f"HTTP/1.1 {status}\r\nContent-Type: {kind}\r\nContent-Length: {len(body)}\r\nConnection: close\r\n\r\n"
        writer.write((head + body).encode())
        await writer.drain()

    return handler


def test_looking_at_a_server_needs_no_server_code() -> None:
    program = "import sys, orstt_api.client; print(*sorted({name.partition('.')[0] for name in sys.modules}))"
    loaded = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True).stdout.split()
    assert {"httpx2", "msgspec"} <= set(loaded)
    heavy = {
        "litestar",
        "uvicorn",
        "piccolo",
        "numpy",
        "av",
        "soundfile",
        "faster_whisper",
        "textual",
        "click",
        "multipart",
    }
    assert heavy.isdisjoint(loaded)


@pytest.mark.parametrize(
    "url",
    [
        "",
        "localhost:8000",
        "127.0.0.1",
        "ftp://host",
        "http://",
        "http://host:port",
        "http://host:0",
        "http://host:99999",
        "file:///etc",
    ],
)
def test_what_is_no_address_of_a_server_is_refused_at_once(url: str) -> None:
    with pytest.raises(SettingsError, match="not the address of a server"):
        RemoteBackend(url)


def test_a_key_that_cannot_be_sent_is_refused_at_once() -> None:
    with pytest.raises(SettingsError, match="line break"):
        RemoteBackend("http://127.0.0.1:1", api_key="secret\n")


async def test_no_server_is_told_with_its_address() -> None:
    async with RemoteBackend("http://127.0.0.1:1") as remote:
        with pytest.raises(ServerUnreachable, match=r"No server answers at http://127\.0\.0\.1:1\."):
            await remote.info()
        with pytest.raises(ServerUnreachable, match="No server answers"):
            [event async for event in remote.transcribe(SOUND)]
        with pytest.raises(ServerUnreachable, match="No server answers"):
            [event async for event in remote.events()]


@pytest.mark.parametrize(
    ("status", "body", "kind"),
    [
        ("200 OK", "<html>Welcome to nginx!</html>", "text/html"),
        ("200 OK", '{"message": "another API"}', "application/json"),
        ("200 OK", "", "text/event-stream"),
        ("404 Not Found", '{"detail": "Not Found"}', "application/json"),
        ("502 Bad Gateway", "<html>Bad Gateway</html>", "text/html"),
        ("302 Found", "", "text/html"),
    ],
)
async def test_a_stranger_is_told_from_a_server(status: str, body: str, kind: str) -> None:
    async with stranger(says(status, body, kind)) as url, RemoteBackend(url) as remote:
        with pytest.raises(ServerUnreachable, match=url) as told:
            await remote.models()
        assert told.value.hint
        with pytest.raises(ServerUnreachable, match=url):
            [event async for event in remote.transcribe(SOUND)]
        with pytest.raises(ServerUnreachable, match=url):
            [event async for event in remote.events()]


async def test_a_connection_that_breaks_is_told() -> None:
    async def hang_up(_: bytes, writer: asyncio.StreamWriter) -> None:
        writer.transport.abort()

    async with stranger(hang_up) as url, RemoteBackend(url) as remote:
        with pytest.raises(ServerUnreachable, match=f"connection to {url} broke"):
            await remote.info()


async def test_a_server_that_says_nothing_is_given_up(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(server_connection, "ANSWER_SECONDS", 0.2)

    async def say_nothing(_: bytes, writer: asyncio.StreamWriter) -> None:
        await asyncio.sleep(60)

    async with stranger(say_nothing) as url, RemoteBackend(url) as remote:
        with pytest.raises(ServerUnreachable, match=f"{url} does not answer in time"):
            await remote.info()


async def test_a_stream_that_says_nothing_is_given_up(
    backend: ScriptedBackend, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(server_connection, "SILENCE_SECONDS", 0.3)
    backend.script = [Accepted(model="base"), 60.0]
    async with served(backend) as url, RemoteBackend(url) as remote:
        events = remote.transcribe(SOUND)
        assert isinstance(await anext(events), Accepted)
        with pytest.raises(ServerUnreachable, match="in time"):
            await anext(events)


async def test_a_stream_that_ends_too_early_is_told() -> None:
    event = 'event: accepted\ndata: {"event": "accepted", "model": "base"}\n\n'
    async with stranger(says("200 OK", event, "text/event-stream")) as url, RemoteBackend(url) as remote:
        events = remote.transcribe(SOUND)
        assert isinstance(await anext(events), Accepted)
        with pytest.raises(ServerUnreachable, match="before the transcription was done"):
            await anext(events)


@pytest.mark.parametrize("key", ["", "wrong"])
async def test_a_missing_or_wrong_key_says_where_it_is_set(backend: ScriptedBackend, key: str) -> None:
    async with served(backend, api_key="right") as url, RemoteBackend(url, api_key=key) as remote:
        for ask in (remote.info(), remote.models(), anext(remote.transcribe(SOUND)), anext(remote.events())):
            with pytest.raises(Unauthorized) as told:
                await ask
            assert "ORSTT_API_KEY" in told.value.hint


async def test_a_proxys_refusal_says_where_the_key_is_set() -> None:
    async with stranger(says("401 Unauthorized", "no")) as url, RemoteBackend(url) as remote:
        with pytest.raises(Unauthorized, match=url) as told:
            await remote.info()
        assert "ORSTT_API_KEY" in told.value.hint


@pytest.mark.parametrize("key", ["plain", "ключ", "with space", 'q"uote', "ü" * 200])
async def test_a_key_of_any_letters_is_understood(backend: ScriptedBackend, key: str) -> None:
    async with served(backend, api_key=key) as url, RemoteBackend(url, api_key=key) as remote:
        assert (await remote.info()).active_model == "base"


async def test_the_key_and_the_server_of_the_settings_are_used_where_none_is_given(
    backend: ScriptedBackend, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with served(backend, api_key="sesame") as url:
        monkeypatch.setenv("ORSTT_API_KEY", "sesame")
        monkeypatch.setenv("ORSTT_REMOTE", url)
        for keyed in (RemoteBackend(url), RemoteBackend()):
            async with keyed:
                assert await keyed.models()
        for unkeyed in (RemoteBackend(url, api_key=""), RemoteBackend(url.replace("//", "//user:hidden@"))):
            async with unkeyed:
                with pytest.raises(Unauthorized):
                    await unkeyed.models()


async def test_the_address_is_shown_without_what_is_secret(backend: ScriptedBackend) -> None:
    async with served(backend) as url, RemoteBackend(url.replace("//", "//user:hidden@") + "/") as remote:
        assert (await remote.info()).location == url
    async with RemoteBackend("http://user:hidden@127.0.0.1:1", api_key="k") as remote:
        with pytest.raises(ServerUnreachable) as told:
            await remote.info()
    assert "hidden" not in str(told.value)


async def test_a_server_may_stand_under_a_path() -> None:
    heads: list[bytes] = []

    async def note(head: bytes, writer: asyncio.StreamWriter) -> None:
        heads.append(head)
        await says("200 OK", "[]", "application/json")(head, writer)

    async with stranger(note) as url, RemoteBackend(f"{url}/stt/") as remote:
        assert await remote.models() == []
    assert heads[0].startswith(b"GET /stt/api/v1/models HTTP/1.1")


def set_proxy(patched: pytest.MonkeyPatch, proxy: str, *, exempt: str = "") -> None:
    """Let the environment name a proxy for everything but what is exempt."""
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "ALL_PROXY", "NO_PROXY"):
        patched.delenv(name, raising=False)
        patched.delenv(name.lower(), raising=False)
    patched.setenv("ALL_PROXY", proxy)
    patched.setenv("NO_PROXY", exempt)


async def test_a_proxy_of_the_environment_is_not_asked_for_this_machine(
    backend: ScriptedBackend, monkeypatch: pytest.MonkeyPatch
) -> None:
    set_proxy(monkeypatch, "http://127.0.0.1:1")
    async with served(backend) as url, RemoteBackend(url) as remote:
        assert (await remote.info()).active_model == "base"
    async with RemoteBackend("http://192.0.2.1:8000") as remote:  # which only the proxy could reach
        with pytest.raises(ServerUnreachable) as told:
            async with asyncio.timeout(20):
                await remote.info()
    assert "The proxy of ALL_PROXY is asked for it unless NO_PROXY names it." in told.value.hint


async def test_no_proxy_is_asked_for_what_no_proxy_names(
    backend: ScriptedBackend, monkeypatch: pytest.MonkeyPatch
) -> None:
    async with served(backend, api_key="k") as url:
        # An address that is this machine and is not known as loopback.
        elsewhere = url.replace("127.0.0.1", "0.0.0.0")
        port = url.rpartition(":")[2]
        for exempt in ("0.0.0.0", f"x.example, 0.0.0.0:{port}", "0.0.0.0/8,x", "[fd00::1], *"):
            set_proxy(monkeypatch, "http://127.0.0.1:1", exempt=exempt)
            async with RemoteBackend(elsewhere, "k") as remote:
                assert (await remote.info()).active_model == "base"
        set_proxy(monkeypatch, "http://127.0.0.1:1", exempt="0.0.0.0:1,10.0.0.0/8")
        async with RemoteBackend(elsewhere, "k") as remote:
            with pytest.raises(ServerUnreachable):
                await remote.info()
    monkeypatch.setenv("NO_PROXY", "asr.invalid,10.0.0.0/8")
    async with RemoteBackend("http://asr.invalid:8000") as remote:
        with pytest.raises(ServerUnreachable) as told:
            await remote.info()
    assert "PROXY" not in told.value.hint


async def test_a_socks_proxy_of_the_environment_is_spoken_to(
    backend: ScriptedBackend, monkeypatch: pytest.MonkeyPatch
) -> None:
    asked: list[bytes] = []

    async def socks(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        """Answer as a SOCKS 5 proxy (RFC 1928) that finds the server, whatever its name."""
        greeting = await reader.readexactly(2)
        await reader.readexactly(greeting[1])
        writer.write(b"\5\0")
        *_, length = await reader.readexactly(5)
        asked.append((await reader.readexactly(length + 2))[:-2])
        writer.write(b"\5\0\0\1\0\0\0\0\0\0")
        await reader.readuntil(b"\r\n\r\n")
        await says("200 OK", "[]", "application/json")(b"", writer)
        writer.close()

    server = await asyncio.start_server(socks, "127.0.0.1", 0)
    set_proxy(monkeypatch, f"socks5h://127.0.0.1:{server.sockets[0].getsockname()[1]}")
    async with server, RemoteBackend("http://asr.example:8000") as remote:
        assert await remote.models() == []
    assert asked == [b"asr.example"]


NO_PROXIES = {
    "socks5": (b"", b"HTTP/1.1 400 Bad Request\r\n\r\n", b"SSH-2.0-OpenSSH_9.6\r\n", b"\5\xff", b"\5"),
    "http": (b"", b"SSH-2.0-OpenSSH_9.6\r\n", b"HTTP/1.1 502 Bad Gateway\r\nContent-Length: 0\r\n\r\n"),
}


@pytest.mark.filterwarnings("ignore::pytest.PytestUnraisableExceptionWarning")  # the library drops the socket
async def test_what_is_no_such_proxy_is_named_by_its_variable(monkeypatch: pytest.MonkeyPatch) -> None:
    answers: list[bytes] = []

    async def says_that(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        await reader.read(100)
        writer.write(answers.pop())
        writer.close()

    server = await asyncio.start_server(says_that, "127.0.0.1", 0)
    async with server:
        for scheme, texts in NO_PROXIES.items():
            set_proxy(monkeypatch, f"{scheme}://127.0.0.1:{server.sockets[0].getsockname()[1]}")
            for text in texts:
                answers.append(text)
                async with RemoteBackend("http://asr.example:8000") as remote:
                    with pytest.raises(ServerUnreachable, match="ALL_PROXY"):
                        await remote.models()
    gc.collect()


@pytest.mark.parametrize("proxy", ["socks://127.0.0.1:1", "http://me:hidden@proxy:port", "http://"])
def test_a_proxy_that_cannot_be_used_is_said_in_a_sentence(proxy: str, monkeypatch: pytest.MonkeyPatch) -> None:
    set_proxy(monkeypatch, proxy)
    RemoteBackend("http://localhost:8000")
    with pytest.raises(
        SettingsError, match=r"ALL_PROXY in the environment names a proxy that cannot be used: "
    ) as told:
        RemoteBackend("http://asr.example:8000")
    assert "hidden" not in str(told.value)
    set_proxy(monkeypatch, proxy, exempt="*")
    RemoteBackend("http://asr.example:8000")


async def test_closing_the_generator_closes_the_connection(backend: ScriptedBackend) -> None:
    backend.script = [Accepted(model="base"), 60.0]
    async with served(backend) as url, RemoteBackend(url) as remote:
        async with aclosing(remote.transcribe(SOUND)) as events:
            await anext(events)
        await eventually(lambda: backend.cancelled == 1)
        async with aclosing(remote.events()) as changes:
            waiting = asyncio.create_task(anext(changes))
            await eventually(lambda: backend._followers)
            waiting.cancel()
            await asyncio.gather(waiting, return_exceptions=True)
        await eventually(lambda: not backend._followers)


async def test_the_end_of_the_server_ends_whoever_follows_it(backend: ScriptedBackend) -> None:
    server = ApiServer(backend, Settings(port=0))
    async with RemoteBackend(await server.start()) as remote:
        waiting = asyncio.create_task(anext(remote.events()))
        await eventually(lambda: backend._followers)
        await server.stop()
        with pytest.raises(ServerUnreachable):
            await waiting


async def test_a_model_without_a_name_is_not_found(backend: ScriptedBackend) -> None:
    async with served(backend) as url, RemoteBackend(url) as remote:
        for ask in (remote.model(""), remote.activate_model(""), remote.delete_model("")):
            with pytest.raises(ModelNotFound):
                await ask
        with pytest.raises(ModelNotFound):
            await anext(remote.transcribe(TranscribeRequest(audio=SOUND.audio, model="")))


async def test_many_requests_share_one_remote_backend(backend: ScriptedBackend) -> None:
    backend.script = [0.05, *speech("Together.")]
    async with served(backend) as url, RemoteBackend(url) as remote:

        async def last() -> object:
            return [event async for event in remote.transcribe(SOUND)][-1]

        ends = await asyncio.gather(*(last() for _ in range(20)))
    assert all(isinstance(end, Done) for end in ends)
