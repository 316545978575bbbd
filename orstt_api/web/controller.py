"""What a browser asks for: the page, its files, the login, and the socket that carries keys and screen."""

from __future__ import annotations

import asyncio
import html
import platform
from contextlib import suppress
from pathlib import Path
from string import Template
from typing import Annotated, Any

import msgspec
from litestar import MediaType, Request, Response, Router, WebSocket, get, post, websocket
from litestar.datastructures import State
from litestar.enums import RequestEncodingType
from litestar.exceptions import WebSocketDisconnect
from litestar.params import Body
from litestar.response import Redirect
from litestar.static_files import create_static_files_router

from orstt_api.authentication import identify
from orstt_api.controllers.injection import InjectedBackend
from orstt_api.scopes import OPEN, TRANSCRIBE
from orstt_api.web.pages import WebPages
from orstt_api.web.sessions import ASSETS, LOGIN, LOGOUT, PAGE, SOCKET
from orstt_api.web.terminal_process import TerminalProcess
from orstt_core.errors import Busy

COLUMNS, ROWS = 80, 24
"""The screen's size until the page says another."""
DIGITS = 4
"""Of a number of columns or rows, at most."""
HEADERS = {
    # The styles in the page are those that xterm.js makes of its colours and of the size of a letter.
    "Content-Security-Policy": "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; "
    "font-src 'self'; connect-src 'self'; img-src 'self' data:; form-action 'self'; base-uri 'none'; "
    "frame-ancestors 'none'",
    # With `no-referrer`, as elsewhere, a form would not say which page it comes from.
    "Referrer-Policy": "same-origin",
    "Cache-Control": "no-store",
}


class Login(msgspec.Struct, frozen=True):
    """What the form sends."""

    key: str = ""


@get(PAGE, opt=TRANSCRIBE, include_in_schema=False)
async def page(request: Request[Any, Any, Any], state: State) -> Response[str]:
    """Return the page, in which the program begins."""
    pages: WebPages = state.pages
    try:
        pages.check_room()
    except Busy as busy:
        return _document("message", 503, message=f"{busy} {busy.hint}")
    keyed = bool(pages.sessions.key(request.headers))
    return _document("page", 200, files=_files(pages), logout="" if keyed else "hidden")


@get(LOGIN, opt={"scope": OPEN}, include_in_schema=False)
async def login_form() -> Response[str]:
    """Ask for the key."""
    return _document("login", 200, message="")


@post(LOGIN, opt={"scope": OPEN}, include_in_schema=False)
async def log_in(
    request: Request[Any, Any, Any],
    data: Annotated[Login, Body(media_type=RequestEncodingType.URL_ENCODED)],
    state: State,
    backend: InjectedBackend,
) -> Response[str] | Redirect:
    """Take a key; one that is wrong is asked for again."""
    pages: WebPages = state.pages
    key = data.key.strip().encode("utf-8", "surrogateescape")
    if await identify(backend, state.api_key, key) is None:
        message = "That key is not the right one, was revoked or has expired."
        return _document("login", 401, message=message)
    cookie = pages.sessions.begin(key, secure=request.url.scheme == "https")
    return Redirect(PAGE, status_code=303, cookies=[cookie])


@post(LOGOUT, opt={"scope": OPEN}, include_in_schema=False)
async def log_out(request: Request[Any, Any, Any], state: State) -> Redirect:
    """Forget the key that this browser gave."""
    pages: WebPages = state.pages
    return Redirect(LOGIN, status_code=303, cookies=[pages.sessions.end(request.headers)])


@websocket(SOCKET, opt=TRANSCRIBE)
async def screen(socket: WebSocket[Any, Any, Any], state: State) -> None:
    """Run the program for as long as the page is there, and close the socket when it ends.

    Raises:
        Busy: as many pages are open as may be.
    """
    pages: WebPages = state.pages
    host, port = socket.scope["server"] or ("127.0.0.1", None)
    async with pages.program(
        f"http://[{host}]:{port}" if ":" in host else f"http://{host}:{port}",
        pages.sessions.key(socket.headers),
        columns=_number(socket, "width", COLUMNS),
        rows=_number(socket, "height", ROWS),
    ) as terminal:
        await socket.accept()
        tasks = [
            asyncio.create_task(work)
            for work in (_show(terminal, socket), _take(terminal, socket), state.stopping.wait())
        ]
        try:
            await asyncio.wait(tasks, return_when=asyncio.FIRST_COMPLETED)
        finally:
            for task in tasks:
                task.cancel()
            results = await asyncio.gather(*tasks, return_exceptions=True)
    for error in results:
        if isinstance(error, Exception):
            raise error
    with suppress(OSError):  # the page may be gone, which is why this ends
        await socket.close()


async def _show(terminal: TerminalProcess, socket: WebSocket[Any, Any, Any]) -> None:
    with suppress(OSError):  # the page is gone
        async for data in terminal.output():
            await socket.send_data(data, mode="binary")


async def _take(terminal: TerminalProcess, socket: WebSocket[Any, Any, Any]) -> None:
    """Hand on what the page sends: keys, and sizes. It is JSON, as textual-serve's script has it."""
    with suppress(WebSocketDisconnect, OSError):
        while True:
            match _message(await socket.receive_text()):
                case ["stdin", str(typed)]:
                    await terminal.type(typed.encode("utf-8", "replace"))
                case ["resize", {"width": int(columns), "height": int(rows)}]:
                    terminal.resize(columns, rows)
                case ["ping", str(sent)]:
                    await socket.send_text(msgspec.json.encode(["pong", sent]))
                case _:  # that the page has the focus or lost it, which the terminal says as well
                    pass


def _message(text: str) -> object:
    try:
        return msgspec.json.decode(text)
    except msgspec.DecodeError:
        return None


def _number(socket: WebSocket[Any, Any, Any], name: str, otherwise: int) -> int:
    text = socket.query_params.get(name, "")
    return int(text) if text.isdecimal() and len(text) <= DIGITS else otherwise


def _files(pages: WebPages) -> str:
    return f"Files are those of {platform.node()}, in {pages.folder}"


def _document(name: str, status: int, **texts: str) -> Response[str]:
    """Return a document of this folder, with texts in their places."""
    template = Template((Path(__file__).parent / "documents" / f"{name}.html").read_text(encoding="utf-8"))
    content = template.substitute({name: html.escape(text) for name, text in texts.items()})
    return Response(content, status_code=status, media_type=MediaType.HTML, headers=HEADERS)


def page_router(pages: WebPages) -> Router:
    """Return what serves the page, its files among them."""
    files = create_static_files_router(
        path=ASSETS, directories=[*pages.assets], include_in_schema=False, opt={"scope": OPEN}
    )
    return Router("/", route_handlers=[page, login_form, log_in, log_out, screen, files])
