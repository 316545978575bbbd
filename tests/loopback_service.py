"""A service on loopback for engines that send sound: it keeps what it is asked, and answers as it is told."""

from __future__ import annotations

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import NamedTuple

from msgspec import Struct, json

from orstt_core.settings import EngineSettings


class Asked(NamedTuple):
    """A request that arrived, the names of its headers in small letters."""

    method: str
    target: str
    headers: dict[str, str]
    body: bytes


class Reply(Struct, frozen=True):
    """What is answered; with `cut` the connection is closed instead, with `seconds` after so long."""

    status: int = 200
    body: bytes = b"{}"
    headers: dict[str, str] = {}
    cut: bool = False
    seconds: float = 0.0


def json_reply(value: object, status: int = 200, **headers: str) -> Reply:
    return Reply(status, json.encode(value), {"content-type": "application/json", **headers})


class Service:
    """Answers requests in turn by `replies`, and once there are none by `otherwise`."""

    def __init__(self, otherwise: Callable[[Asked], Reply] = lambda _: Reply()) -> None:
        self.asked: list[Asked] = []
        self.replies: list[Reply] = []
        self.otherwise = otherwise
        self.host = ""
        """As `cloud_hosts` has it, and as addresses begin."""
        self.ended = threading.Event()

    def settings(self, **credentials: str) -> EngineSettings:
        """Those that allow to send sound here and nowhere else."""
        return EngineSettings(cloud_hosts=[self.host], credentials=credentials)

    def reply(self, asked: Asked) -> Reply:
        self.asked.append(asked)
        return self.replies.pop(0) if self.replies else self.otherwise(asked)


@contextmanager
def serving(service: Service) -> Iterator[Service]:
    """Serve on a free port of loopback."""

    class Handler(BaseHTTPRequestHandler):
        def answer(self) -> None:
            body = self.rfile.read(int(self.headers.get("content-length", 0)))
            headers = {name.lower(): value for name, value in self.headers.items()}
            reply = service.reply(Asked(self.command, self.path, headers, body))
            service.ended.wait(reply.seconds)
            if reply.cut:
                self.close_connection = True
                return
            self.send_response(reply.status)
            for name, value in {**reply.headers, "content-length": str(len(reply.body))}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(reply.body)

        do_GET = do_POST = do_PUT = do_DELETE = answer  # noqa: N815 - as http.server calls them

        def log_message(self, *_: object) -> None:
            pass

    class Server(ThreadingHTTPServer):
        def handle_error(self, *_: object) -> None:
            pass  # whoever asked has gone, as was tried

    server = Server(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01}, daemon=True).start()
    service.host = f"http://127.0.0.1:{server.server_port}"
    try:
        yield service
    finally:
        service.ended.set()
        server.shutdown()
        server.server_close()


def seconds_of(work: Callable[[], object]) -> float:
    began = time.monotonic()
    work()
    return time.monotonic() - began
