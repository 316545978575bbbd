"""Traces: what a collector gets over a real socket, and that it gets nothing unasked."""

from __future__ import annotations

import gzip
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, HTTPServer

import pytest
from opentelemetry.proto.collector.trace.v1.trace_service_pb2 import ExportTraceServiceRequest
from scripted import ScriptedBackend
from serving import http_client, served


@contextmanager
def collector() -> Iterator[tuple[str, list[bytes]]]:
    """A collector's address, and the bodies that came."""
    bodies: list[bytes] = []

    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers["Content-Length"]))
            bodies.append(gzip.decompress(body) if self.headers.get("Content-Encoding") == "gzip" else body)
            self.send_response(200)
            self.send_header("Content-Length", "0")
            self.end_headers()

        def log_message(self, *_: object) -> None:
            pass

    server = HTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}", bodies
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


async def test_a_request_is_a_span_that_says_its_route_and_not_what_was_asked(
    backend: ScriptedBackend, monkeypatch: pytest.MonkeyPatch
) -> None:
    with collector() as (endpoint, bodies):
        monkeypatch.setenv("OTEL_EXPORTER_OTLP_ENDPOINT", endpoint)
        async with served(backend) as address, http_client(address) as http:
            await http.get("/api/v1/models/small", headers={"X-Request-ID": "mine-7"})
            await http.get("/api/jobs", params={"q": "metformin"})
    spans = [
        span
        for body in bodies
        for resource in ExportTraceServiceRequest.FromString(body).resource_spans
        for scope in resource.scope_spans
        for span in scope.spans
    ]
    assert [span.name for span in spans] == ["GET /api/v1/models/{ref}", "GET /api/jobs"]
    attributes = {attribute.key: attribute.value.string_value for attribute in spans[0].attributes}
    assert attributes["http.route"] == "/api/v1/models/{ref}"
    assert attributes["orstt.request_id"] == "mine-7"
    assert b"metformin" not in b"".join(bodies)
    assert b"small" not in b"".join(bodies)


async def test_nothing_is_sent_unasked(backend: ScriptedBackend, monkeypatch: pytest.MonkeyPatch) -> None:
    with collector() as (_, bodies):
        async with served(backend) as address, http_client(address) as http:
            await http.get("/api/v1/models")
    assert bodies == []
