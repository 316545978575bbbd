"""A model hub on the loopback interface: as much of its HTTP interface as a download needs."""

from __future__ import annotations

import hashlib
import json
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from made_up_weights import COMMIT, CONTENT, REPO, sha256

LARGE = 10_000
"""Files of this many bytes or more are declared by SHA-256 and served from another address, as the hub does."""


class LoopbackHub(ThreadingHTTPServer):
    """Serves one repository.

    Attributes:
        content: the files as they are declared.
        served: the files as they are sent, where that differs.
        published: files that are no part of the repository, by their paths.
        cut: after how many bytes the connection breaks, once for each entry.
        stalled: set when a transfer has stopped because `stall` bytes were sent.
        later: status and headers that are answered instead, once for each entry.
        token: what a request for the repository must carry; none: nothing.
        requests: `(method, path, range)` in order.
        tokens: `(host, token)` of each request, as the client sent them.
    """

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.content: dict[str, bytes] = dict(CONTENT)
        self.served: dict[str, bytes] = {}
        self.published: dict[str, bytes] = {}
        self.cut: list[int] = []
        self.stall: int | None = None
        self.stalled = threading.Event()
        self.release = threading.Event()
        self.declares_digests = True
        self.later: list[tuple[int, dict[str, str]]] = []
        self.token: str | None = None
        self.requests: list[tuple[str, str, str | None]] = []
        self.tokens: list[tuple[str, str | None]] = []

    def handle_error(self, *_: object) -> None:
        """Say nothing: whoever asked has gone, as is tried."""

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"

    def fetched(self) -> list[str]:
        """Names of the files that were asked for, in order."""
        return [path.rpartition("/")[2] for method, path, _ in self.requests if method == "GET" and "/api/" not in path]

    def ranges(self, name: str) -> list[str | None]:
        """Which parts of a file were asked for, in order."""
        return [part for method, path, part in self.requests if method == "GET" and path.endswith(f"/{name}")]

    def described(self, name: str) -> Mapping[str, object]:
        data = self.content[name]
        if not self.declares_digests:
            return {"rfilename": name}
        facts: dict[str, object] = {"rfilename": name, "size": len(data), "blobId": git_name(data)}
        if len(data) >= LARGE:
            facts["lfs"] = {"sha256": sha256(data), "size": len(data), "pointerSize": 130}
        return facts


def git_name(data: bytes) -> str:
    return hashlib.sha1(b"blob %d\0" % len(data) + data, usedforsecurity=False).hexdigest()


class _Handler(BaseHTTPRequestHandler):
    server: LoopbackHub
    protocol_version = "HTTP/1.1"

    def log_message(self, *args: object) -> None:
        pass

    def do_HEAD(self) -> None:
        self._answer()

    def do_GET(self) -> None:
        self._answer()

    def _answer(self) -> None:
        hub = self.server
        path = self.path.partition("?")[0]
        hub.requests.append((self.command, path, self.headers.get("Range")))
        hub.tokens.append((self.headers["Host"], self.headers.get("Authorization")))
        name = path.removeprefix(f"/{REPO}/resolve/{COMMIT}/").removeprefix("/elsewhere/")
        if hub.later:
            status, headers = hub.later.pop(0)
            self._send(status, b"later", headers)
        elif path in hub.published:
            self._body(path, hub.published[path])
        elif path == f"/elsewhere/{name}" and name in hub.content:
            self._body(name, hub.content[name])
        elif hub.token and self.headers.get("Authorization") != f"Bearer {hub.token}":
            self._send(401, b"{}", {"X-Error-Code": "RepoNotFound"})
        elif path in {f"/api/models/{REPO}/revision/main", f"/api/models/{REPO}/revision/{COMMIT}"}:
            facts = {"id": REPO, "sha": COMMIT, "siblings": [hub.described(name) for name in hub.content]}
            self._send(200, json.dumps(facts).encode(), {"Content-Type": "application/json"})
        elif path == f"/{REPO}/resolve/{COMMIT}/{name}" and name in hub.content:
            self._file(name)
        else:
            self._send(404, b"{}", {"X-Error-Code": "RepoNotFound"})

    def _file(self, name: str) -> None:
        data = self.server.content[name]
        if len(data) < LARGE:
            self._body(name, data)
            return
        headers = {
            # Another host, as the hub's own storage is: a client that asks for facts does not go there.
            "Location": f"http://localhost:{self.server.server_port}/elsewhere/{name}",
            "X-Linked-Etag": f'"{sha256(data)}"',
            "X-Linked-Size": str(len(data)),
            "X-Repo-Commit": COMMIT,
        }
        self._send(302, b"", headers)

    def _body(self, name: str, declared: bytes) -> None:
        hub = self.server
        data = hub.served.get(name, declared)
        start = int((self.headers.get("Range") or "bytes=0-").removeprefix("bytes=").partition("-")[0])
        if start and start >= len(data):
            self._send(416, b"", {"Content-Range": f"bytes */{len(data)}"})
            return
        headers = {"X-Repo-Commit": COMMIT, "ETag": f'"{git_name(declared)}"', "Accept-Ranges": "bytes"}
        if start:
            headers["Content-Range"] = f"bytes {start}-{len(data) - 1}/{len(data)}"
        limit = None
        if self.command == "GET" and len(data) >= LARGE:
            limit = hub.cut.pop(0) if hub.cut else hub.stall
        self._send(206 if start else 200, data[start:], headers, limit)

    def _send(self, status: int, body: bytes, headers: Mapping[str, str], limit: int | None = None) -> None:
        self.send_response(status)
        for key, value in headers.items():
            self.send_header(key, value)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body[:limit])
        if limit is not None:
            self.close_connection = True
            if self.server.stall is not None:
                self.wfile.flush()
                self.server.stalled.set()
                self.server.release.wait(timeout=60)


@contextmanager
def loopback_hub() -> Iterator[LoopbackHub]:
    """Serve until the block ends."""
    with LoopbackHub() as hub:
        thread = threading.Thread(target=hub.serve_forever, kwargs={"poll_interval": 0.01})
        thread.start()
        try:
            yield hub
        finally:
            hub.release.set()
            hub.shutdown()
            thread.join()


def point_to(address: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Let the hub's library, which reads the environment only once, find the hub there."""
    monkeypatch.setattr("huggingface_hub.constants.ENDPOINT", address)
    template = f"{address}/{{repo_id}}/resolve/{{revision}}/{{filename}}"
    monkeypatch.setattr("huggingface_hub.constants.HUGGINGFACE_CO_URL_TEMPLATE", template)
