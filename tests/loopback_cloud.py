"""A cloud service on the loopback interface, which holds every request against what the service publishes.

It answers as it is told, in turn, and breaks connections in the ways that networks do.
"""

from __future__ import annotations

import io
import json
import threading
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from email.message import Message
from email.parser import BytesParser
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path
from typing import Any, NamedTuple

import jsonschema_rs
import soundfile

PUBLISHED = Path(__file__).parent / "engines/published"


class Request(NamedTuple):
    """What arrived; names of headers are in lower case."""

    path: str
    headers: dict[str, str]
    body: bytes

    def json(self) -> Any:
        return json.loads(self.body)

    def parts(self) -> dict[str, Message]:
        """The parts of a form, by name."""
        head = f"Content-Type: {self.headers['content-type']}\r\n\r\n".encode()
        form = BytesParser().parsebytes(head + self.body)
        return {
            str(part.get_param("name", header="content-disposition")): part for part in form.walk() if part is not form
        }


class Answer(NamedTuple):
    """What is sent back; without a body the connection is cut after the request has been read."""

    body: bytes | None
    status: int = 200
    headers: Mapping[str, str] = {}


class LoopbackCloud(ThreadingHTTPServer):
    """Serves one service.

    Attributes:
        check: raises where a request is not as the service publishes it.
        answers: in turn; the last one is given again.
        requests: all that arrived.
        violations: what `check` found.
    """

    daemon_threads = True

    def __init__(self, check: Callable[[Request], None]) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.check = check
        self.answers: list[Answer] = []
        self.requests: list[Request] = []
        self.violations: list[str] = []

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"

    def answer(self, request: Request) -> Answer:
        self.requests.append(request)
        try:
            self.check(request)
        except Exception as error:  # noqa: BLE001 - whatever it is, the test is told
            self.violations.append(f"{type(error).__name__}: {error}")
            return Answer(b"{}", 400)
        return self.answers.pop(0) if len(self.answers) > 1 else self.answers[0]


class _Handler(BaseHTTPRequestHandler):
    server: LoopbackCloud
    protocol_version = "HTTP/1.1"

    def log_message(self, *args: object) -> None:
        pass

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        headers = {name.lower(): value for name, value in self.headers.items()}
        answer = self.server.answer(Request(self.path, headers, body))
        if answer.body is None:
            self.close_connection = True
            return
        self.send_response(answer.status)
        for name, value in {"Content-Type": "application/json", **answer.headers}.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(answer.body)))
        self.end_headers()
        self.wfile.write(answer.body)


@contextmanager
def loopback_cloud(check: Callable[[Request], None]) -> Iterator[LoopbackCloud]:
    """Serve until the block ends; then no request may have been other than published."""
    with LoopbackCloud(check) as cloud:
        thread = threading.Thread(target=cloud.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield cloud
        finally:
            cloud.shutdown()
            thread.join()
    assert not cloud.violations


def hold_against(name: str, document: Any) -> None:
    """Hold a document against what a service publishes; raises where it does not fit."""
    jsonschema_rs.validator_for(json.loads((PUBLISHED / name).read_text())).validate(document)


def seconds_of(sound: bytes) -> float:
    """How long a FLAC file of 16 kHz mono is; raises where it is none."""
    with soundfile.SoundFile(io.BytesIO(sound)) as file:
        assert (file.format, file.samplerate, file.channels) == ("FLAC", 16_000, 1)
        return float(file.frames / file.samplerate)
