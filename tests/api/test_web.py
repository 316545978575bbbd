"""The page in the browser: who gets it, what else a browser could be made to do, and the process behind it."""

from __future__ import annotations

import asyncio
import platform
import re
import sys
from collections.abc import AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager
from pathlib import Path

import httpx2
import psutil
import pytest
from scripted import ScriptedBackend
from serving import eventually, http_client, served
from websockets.asyncio.client import ClientConnection, connect
from websockets.exceptions import ConnectionClosedOK, InvalidStatus

from orstt_api.web.pages import WebPages
from orstt_core.types import KeyDraft

PROGRAM = """
import fcntl, os, signal, sys, termios
fcntl.ioctl(0, termios.TIOCSCTTY, 0)
def tell(*_):
    # Not printed: the signal may come amid a print, which is not entered twice.
    os.write(1, ("size %d %d\\n" % os.get_terminal_size()).encode())
signal.signal(signal.SIGWINCH, tell)
print("pid", os.getpid(), "for", os.environ["ORSTT_REMOTE"], os.environ["ORSTT_API_KEY"], sorted(os.environ), flush=True)
tell()
for line in sys.stdin:
    if line == "end\\n":
        break
    print("typed", line.strip(), flush=True)
"""
"""Says on its screen what a program in a page gets."""


@pytest.fixture
async def pages(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> AsyncIterator[WebPages]:
    monkeypatch.setenv("ORSTT_DATABASE_URL", "postgres://user:password@nowhere/orstt")
    pages = WebPages((sys.executable, "-c", PROGRAM), folder=tmp_path, most=2)
    yield pages
    await eventually(lambda: pages._open == 0)


@pytest.fixture
async def site(backend: ScriptedBackend, pages: WebPages) -> AsyncIterator[httpx2.AsyncClient]:
    """A browser's client of a server with a key."""
    await backend.create_key(KeyDraft(name="ward"))
    async with served(backend, pages=pages) as address, http_client(address, headers={"Origin": address}) as client:
        yield client


async def log_in(site: httpx2.AsyncClient) -> str:
    """Give the key and return the cookie."""
    answer = await site.post("/web/login", data={"key": "secret of ward"})
    assert (answer.status_code, answer.headers["location"]) == (303, "/web")
    return answer.headers["set-cookie"].partition(";")[0]


class Page:
    """What a browser has of a page: its socket, and what came through it."""

    def __init__(self, socket: ClientConnection) -> None:
        self._socket, self._text = socket, ""

    async def shown(self, pattern: str) -> re.Match[str]:
        """Read on until there is something that matches."""
        async with asyncio.timeout(60):
            while not (found := re.search(pattern, self._text)):
                data = await self._socket.recv()
                self._text += data.decode() if isinstance(data, bytes) else data
        self._text = self._text[found.end() :]
        return found

    async def send(self, text: str) -> None:
        await self._socket.send(text)


@asynccontextmanager
async def opened(site: httpx2.AsyncClient, cookie: str = "", **headers: str) -> AsyncIterator[Page]:
    """Open the socket of a page as a browser does."""
    address = str(site.base_url).replace("http", "ws").rstrip("/")
    sent = {"Origin": site.headers["Origin"], "Cookie": cookie, **headers}
    async with connect(f"{address}/web/socket?width=90&height=20", additional_headers=sent, proxy=None) as socket:
        yield Page(socket)


async def refused(site: httpx2.AsyncClient, cookie: str = "", **headers: str) -> int:
    with pytest.raises(InvalidStatus) as refusal:
        async with opened(site, cookie, **headers):
            pass
    return refusal.value.response.status_code


async def test_the_page_asks_for_the_key_and_its_cookie_opens_nothing_else(
    site: httpx2.AsyncClient, pages: WebPages
) -> None:
    unknown = await site.get("/web")
    assert (unknown.status_code, unknown.headers["location"]) == (303, "/web/login")
    browser = await site.get("/", headers={"Accept": "text/html,*/*;q=0.8"})
    assert (browser.status_code, browser.headers["location"]) == (303, "/web")
    assert (await site.get("/", headers={"Accept": "application/json"})).status_code == 401
    assert "orstt keys create NAME --scope" in (await site.get("/web/login")).text
    wrong = await site.post("/web/login", data={"key": "secret of nobody"})
    assert (wrong.status_code, "set-cookie" in wrong.headers) == (401, False)
    assert "not the right one" in wrong.text
    for asked in (wrong, await site.get("/web/login")):
        assert not any(told in asked.text for told in (str(pages.folder), platform.node())), "nothing of the machine"
    assert (await site.get("/web", headers={"Authorization": "Bearer secret of ward"})).status_code == 303

    right = await site.post("/web/login", data={"key": "secret of ward"})
    cookie = right.headers["set-cookie"]
    assert "secret" not in cookie
    assert {"HttpOnly", "SameSite=strict", "Path=/web"} <= set(cookie.split("; "))
    sent = {"Cookie": cookie.partition(";")[0]}
    page = await site.get("/web", headers=sent)
    assert page.status_code == 200
    assert str(pages.folder) in page.text
    assert "default-src 'none'; script-src 'self';" in page.headers["content-security-policy"]
    assert page.headers["x-frame-options"] == "DENY"
    assert not re.search(r"(?:https?:)?//", page.text)  # nothing from elsewhere, and no script in the page itself
    for file in re.findall(r'(?:href|src)="(/web/assets/[^"]+)"', page.text):
        assert (await site.get(file)).status_code == 200
    assert (await site.get("/api/v1/info", headers=sent)).status_code == 401

    # Elsewhere a page may have a browser send a form, and one at another port even with the cookie.
    for origin in ("null", "http://elsewhere.example", f"{site.headers['Origin']}0"):
        forged = await site.post("/web/logout", headers={**sent, "Origin": origin})
        assert forged.status_code == 403
    assert (await site.get("/web", headers=sent)).status_code == 200
    assert (await site.post("/web/logout", headers=sent)).headers["location"] == "/web/login"
    assert (await site.get("/web", headers=sent)).status_code == 303


async def test_over_tls_the_cookie_is_never_sent_without(backend: ScriptedBackend, pages: WebPages) -> None:
    await backend.create_key(KeyDraft(name="ward"))
    async with served(backend, pages=pages, trusted_proxies=["127.0.0.1"]) as address, http_client(address) as client:
        headers = {"Origin": address.replace("http", "https"), "X-Forwarded-Proto": "https"}
        answer = await client.post("/web/login", data={"key": "secret of ward"}, headers=headers)
        assert "Secure" in answer.headers["set-cookie"].split("; ")


async def test_a_page_is_a_process_with_the_key_and_ends_with_it(site: httpx2.AsyncClient) -> None:
    cookie = await log_in(site)
    async with opened(site, cookie) as socket:
        found = await socket.shown(r"pid (\d+) for (\S+) (.*) \[(.*)\]")
        process = psutil.Process(int(found[1]))
        assert found[2] == str(site.base_url).rstrip("/")
        assert found[3] == "secret of ward"
        assert "DATABASE_URL" not in found[4]
        assert "secret of ward" not in " ".join(process.cmdline())
        home = process.environ()["HOME"]
        await socket.shown("size 90 20")
        await socket.send('["resize", {"width": 100, "height": 30}]')
        await socket.shown("size 100 30")
        await socket.send('["stdin", "héllo\\r"]')
        await socket.shown("typed héllo")
        await socket.send('["ping", "17"]')
        await socket.shown(r'\["pong","17"\]')
        for unknown in ('["resize", {"width": "wide"}]', "[", "{}", '["focus"]'):
            await socket.send(unknown)
        # The page of another browser, and no third one.
        async with opened(site, await log_in(site)) as second:
            await second.shown("size 90 20")
            assert (await site.get("/web", headers={"Cookie": cookie})).status_code == 503
            assert await refused(site, cookie) == 403
            await second.send('["stdin", "end\\r"]')
            with pytest.raises(ConnectionClosedOK):
                await second.shown("never")
        assert process.is_running()
    await eventually(lambda: not process.is_running())
    await eventually(lambda: not Path(home).exists())


@pytest.mark.parametrize("origin", ["http://elsewhere.example", "null", ""])
async def test_a_page_from_elsewhere_opens_no_socket(site: httpx2.AsyncClient, origin: str) -> None:
    cookie = await log_in(site)
    assert await refused(site, cookie, Origin=origin) == 403
    assert await refused(site) == 403
    async with opened(site, cookie):
        pass


async def test_without_a_key_the_page_is_for_this_machine_alone(backend: ScriptedBackend, pages: WebPages) -> None:
    async with served(backend, pages=pages) as address, http_client(address, headers={"Origin": address}) as client:
        assert (await client.get("/web")).status_code == 200
        assert (await client.get("/web", headers={"Host": "rebound.example"})).status_code == 403
        assert await refused(client, Origin="http://elsewhere.example") == 403
        async with opened(client) as socket:
            assert (await socket.shown(r"for (\S+) (.*) \["))[2] == ""


async def test_a_server_that_stops_ends_its_pages(backend: ScriptedBackend, pages: WebPages) -> None:
    async with AsyncExitStack() as server:
        address = await server.enter_async_context(served(backend, pages=pages))
        async with http_client(address, headers={"Origin": address}) as client, opened(client) as socket:
            process = psutil.Process(int((await socket.shown(r"pid (\d+)"))[1]))
            await server.aclose()
            await eventually(lambda: not process.is_running())


async def test_no_socket_is_spoken_where_no_page_is_served(backend: ScriptedBackend) -> None:
    async with served(backend) as address, http_client(address, headers={"Origin": address}) as client:
        assert await refused(client) == 404
        assert (await client.get("/web")).status_code == 404
