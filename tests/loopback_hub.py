"""A model hub on the loopback interface: as much of the hub's HTTP interface as a download needs."""

from __future__ import annotations

import hashlib
import json
import threading
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from made_up_weights import COMMIT, CONTENT, REPO, sha256

LARGE = 10_000
"""Files of this many bytes or more are declared by SHA-256 and served from another address, as the hub does."""


class LoopbackHub(ThreadingHTTPServer):
    """Serves one repository.

    Attributes:
        content: the files as they are declared.
        served: the files as they are sent, where that differs.
        cut: after how many bytes the connection breaks, once for each entry.
        stalled: set when a transfer has stopped because `stall` bytes were sent.
        requests: `(method, path, range)` in order.
    """

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.content: dict[str, bytes] = dict(CONTENT)
        self.served: dict[str, bytes] = {}
        self.cut: list[int] = []
        self.stall: int | None = None
        self.stalled = threading.Event()
        self.release = threading.Event()
        self.declares_digests = True
        self.requests: list[tuple[str, str, str | None]] = []

    @property
    def address(self) -> str:
        return f"http://127.0.0.1:{self.server_port}"

    def fetched(self) -> list[str]:
        """Names of the files that were asked for, in order."""
        return [path.rpartition("/")[2] for method, path, _ in self.requests if method == "GET" and "/api/" not in path]

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
        if path in {f"/api/models/{REPO}/revision/main", f"/api/models/{REPO}/revision/{COMMIT}"}:
            facts = {"id": REPO, "sha": COMMIT, "siblings": [hub.described(name) for name in hub.content]}
            self._send(200, json.dumps(facts).encode(), {"Content-Type": "application/json"})
            return
        name = path.removeprefix(f"/{REPO}/resolve/{COMMIT}/").removeprefix("/elsewhere/")
        if path == f"/{REPO}/resolve/{COMMIT}/{name}" and name in hub.content:
            self._file(name)
        elif path == f"/elsewhere/{name}" and name in hub.content:
            self._body(name)
        else:
            self._send(404, b"{}", {"X-Error-Code": "RepoNotFound"})

    def _file(self, name: str) -> None:
        data = self.server.content[name]
        if len(data) < LARGE:
            self._body(name)
            return
        headers = {
            # Another host, as the hub's own storage is: a client that asks for facts does not go there.
            "Location": f"http://localhost:{self.server.server_port}/elsewhere/{name}",
            "X-Linked-Etag": f'"{sha256(data)}"',
            "X-Linked-Size": str(len(data)),
            "X-Repo-Commit": COMMIT,
        }
        self._send(302, b"", headers)

    def _body(self, name: str) -> None:
        hub = self.server
        data = hub.served.get(name, hub.content[name])
        start = int((self.headers.get("Range") or "bytes=0-").removeprefix("bytes=").partition("-")[0])
        headers = {"X-Repo-Commit": COMMIT, "ETag": f'"{git_name(hub.content[name])}"', "Accept-Ranges": "bytes"}
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
