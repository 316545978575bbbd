"""HTTP on the wire: clients that do not finish, read or bring their body, and offers of other protocols."""

from __future__ import annotations

import asyncio
import logging
import shutil
from collections.abc import AsyncIterator
from contextlib import suppress
from pathlib import Path

import httpx2
import pytest
from scripted import ScriptedBackend, speech
from serving import http_client, served
from upload_forms import FORM, HEAD, TAIL

from orstt_api.protocol import http1, transfer_rate

UPGRADE = "Connection: Upgrade, HTTP2-Settings\r\nUpgrade: h2c\r\nHTTP2-Settings: AAMAAABkAAQAoAAAAAIAAAAA\r\n"
"""What Java's HttpClient and `curl --http2` offer with every request."""


async def test_a_client_that_does_not_finish_its_request_is_let_go(
    backend: ScriptedBackend, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(http1, "HEAD_SECONDS", 0.2)
    async with served(backend) as address:
        port = int(address.rpartition(":")[2])
        for beginning in (b"", b"GET / HTTP/1.1\r\nHost: localhost\r\n"):
            reader, writer = await asyncio.open_connection("127.0.0.1", port)
            writer.write(beginning)
            async with asyncio.timeout(20):
                assert await reader.read() == b""
            writer.close()
        async with http_client(address) as http:
            assert (await http.get("/health")).status_code == 200


async def test_a_head_without_end_is_cut_off(http: httpx2.AsyncClient) -> None:
    reader, writer = await asyncio.open_connection(http.base_url.host, http.base_url.port)
    with suppress(ConnectionError):
        writer.write(b"GET /health HTTP/1.1\r\nHost: localhost\r\n")
        for number in range(200):
            writer.write(f"X-{number}: {'a' * 4000}\r\n".encode())
            await writer.drain()
        assert (await asyncio.wait_for(reader.read(), 20)).partition(b"\r\n")[0] in (b"", b"HTTP/1.1 400 Bad Request")
    writer.close()
    assert (await http.get("/health")).status_code == 200


async def test_a_target_that_is_a_whole_address_is_served_and_its_host_is_the_one_that_counts(address: str) -> None:
    port = int(address.rpartition(":")[2])
    answers = []
    for target, host in (
        (f"http://localhost:{port}/api/v1/info", "elsewhere"),
        (f"HTTP://127.0.0.1:{port}?x=1", "localhost"),
        ("http://evil.example/api/v1/info", "localhost"),
    ):
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(f"GET {target} HTTP/1.1\r\nHost: {host}\r\nConnection: close\r\n\r\n".encode())
        async with asyncio.timeout(20):
            answers.append((await reader.read())[9:12])
        writer.close()
    assert answers == [b"200", b"302", b"403"]


async def test_a_body_that_does_not_come_is_not_waited_for(
    http: httpx2.AsyncClient, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(transfer_rate, "BODY_SECONDS", 0.2)

    async def slowly() -> AsyncIterator[bytes]:
        yield b"{"
        await asyncio.sleep(0.6)
        yield b"}"

    answer = await http.post("/api/v1/models/validate", content=slowly(), headers={"Content-Type": "application/json"})
    assert answer.status_code == 499
    assert not [record for record in caplog.records if record.levelname == "ERROR"]


async def test_an_upload_by_drops_is_refused(http: httpx2.AsyncClient, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(transfer_rate, "GRACE_SECONDS", 0.2)

    async def drops() -> AsyncIterator[bytes]:
        yield b'--b\r\nContent-Disposition: form-data; name="audio"; filename="a"\r\n\r\n'
        for _ in range(10):
            await asyncio.sleep(0.05)
            yield b"x"

    answer = await http.post("/api/jobs", content=drops(), headers={"Content-Type": "multipart/form-data; boundary=b"})
    assert answer.status_code == 400
    assert "slowly" in answer.json()["detail"]


async def test_an_answer_that_nobody_reads_is_given_up(
    backend: ScriptedBackend, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(http1, "UNREAD_SECONDS", 0.2)
    backend.script = [*speech(*["word " * 20_000] * 200)]
    async with served(backend) as address, http_client(address) as http:
        reader, writer = await asyncio.open_connection(http.base_url.host, http.base_url.port, limit=1024)
        form = HEAD + b"sound" + TAIL
        writer.write(_post("/api/v1/transcriptions", len(form)).encode() + form)
        assert await reader.readline() == b"HTTP/1.1 200 OK\r\n"
        async with asyncio.timeout(20):
            while "orstt_http_requests_in_progress 1.0" not in (await http.get("/metrics")).text:
                await asyncio.sleep(0.05)
        with suppress(ConnectionError):
            assert b"event: done" not in await reader.read()
        writer.close()


async def test_a_body_arrives_although_another_protocol_is_offered(
    address: str, backend: ScriptedBackend, caplog: pytest.LogCaptureFixture
) -> None:
    form = HEAD + b"sound" * 50_000 + TAIL
    reader, writer = await asyncio.open_connection("127.0.0.1", int(address.rpartition(":")[2]))
    async with asyncio.timeout(20):
        for _ in range(2):  # the connection stays as it is
            writer.write(_post("/api/jobs", len(form), UPGRADE).encode())
            await writer.drain()
            writer.write(form)
            assert await reader.readline() == b"HTTP/1.1 202 Accepted\r\n"
            head = (await reader.readuntil(b"\r\n\r\n")).lower()
            await reader.readexactly(int(head.partition(b"content-length: ")[2].partition(b"\r\n")[0]))
    writer.close()
    assert [_size(request.audio) for request in backend.requests] == [250_000] * 2
    assert not [record for record in caplog.records if record.levelno >= logging.WARNING]


@pytest.mark.skipif(shutil.which("curl") is None, reason="needs curl")
async def test_curl_sends_a_recording_with_http2_offered(
    address: str, backend: ScriptedBackend, tmp_path: Path
) -> None:
    recording = tmp_path / "talk.wav"
    recording.write_bytes(b"sound" * 50_000)
    command = ["curl", "-sS", "--noproxy", "*", "--http2", "-F", f"audio=@{recording}", f"{address}/api/jobs"]
    curl = await asyncio.create_subprocess_exec(*command, stdout=asyncio.subprocess.PIPE)
    async with asyncio.timeout(20):
        told, _ = await curl.communicate()
    assert b'"id"' in told
    assert [_size(request.audio) for request in backend.requests] == [250_000]


def _post(path: str, length: int, more: str = "") -> str:
    head = f"POST {path} HTTP/1.1\r\nHost: localhost\r\nContent-Type: {FORM['Content-Type']}\r\n"
    return f"{head}{more}Content-Length: {length}\r\n\r\n"


def _size(audio: object) -> int:
    assert isinstance(audio, Path)
    return audio.stat().st_size
