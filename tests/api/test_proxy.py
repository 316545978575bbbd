"""nginx with the file in deploy/, TLS too, before a real server: streams stream, uploads pass, clients are seen."""

from __future__ import annotations

import asyncio
import logging
import shutil
import socket
import ssl
import subprocess
from collections.abc import AsyncIterator
from contextlib import suppress
from functools import partial
from pathlib import Path
from typing import Any

import httpx2
import pytest
from scripted import ScriptedBackend, speech
from serving import eventually, served
from websockets.asyncio.client import connect
from websockets.exceptions import InvalidStatus

from orstt_api.web.pages import WebPages
from orstt_core.types import KeyDraft

DEPLOY = Path(__file__).parents[2] / "deploy"
MIB = 1024 * 1024
pytestmark = pytest.mark.skipif(
    not (shutil.which("nginx") and shutil.which("openssl")), reason="nginx or openssl is not installed"
)


def configured(folder: Path, port: int, upstream: str) -> Path:
    """Write a configuration with the site as it stands in deploy/, but for its port, its certificate and upstream."""
    site = (DEPLOY / "nginx.conf").read_text()
    for there, here in {
        "listen 443 ssl": f"listen 127.0.0.1:{port} ssl",
        "/etc/ssl/certs/stt.example.pem": str(folder / "cert.pem"),
        "/etc/ssl/private/stt.example.key": str(folder / "cert.key"),
        "http://127.0.0.1:8000": upstream,
    }.items():
        assert there in site
        site = site.replace(there, here)
    temporary = "".join(
        f"{kind}_temp_path {folder}/{kind};" for kind in ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    )
    path = folder / "nginx.conf"
    path.write_text(
        f"daemon off; master_process off; pid {folder}/pid; error_log stderr;"
        f"events {{}} http {{ access_log off; {temporary} {site} }}"
    )
    return path


def certificate(folder: Path) -> None:
    """Make one for 127.0.0.1 that vouches for itself."""
    names = ["-subj", "/CN=127.0.0.1", "-addext", "subjectAltName=IP:127.0.0.1"]
    files = ["-keyout", str(folder / "cert.key"), "-out", str(folder / "cert.pem")]
    kind = ["-x509", "-nodes", "-days", "2", "-newkey", "ec", "-pkeyopt", "ec_paramgen_curve:prime256v1"]
    subprocess.run(["openssl", "req", *kind, *names, *files], check=True, capture_output=True)


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


@pytest.fixture
async def proxied(backend: ScriptedBackend, tmp_path: Path) -> AsyncIterator[httpx2.AsyncClient]:
    """A client of the proxy, with a key."""
    await backend.create_key(KeyDraft(name="ward"))
    certificate(tmp_path)
    port = free_port()
    pages = WebPages(("cat",), folder=tmp_path, most=1)
    async with served(backend, pages=pages, max_upload_mb=50, trusted_proxies=["127.0.0.1"]) as upstream:
        nginx = await asyncio.create_subprocess_exec(
            "nginx", "-p", str(tmp_path), "-c", str(configured(tmp_path, port, upstream)), stderr=subprocess.PIPE
        )
        try:
            async with httpx2.AsyncClient(
                base_url=f"https://127.0.0.1:{port}",
                verify=ssl.create_default_context(cafile=str(tmp_path / "cert.pem")),
                trust_env=False,
                timeout=20,
                headers={"Authorization": "Bearer secret of ward"},
            ) as client:
                async with asyncio.timeout(20):
                    while True:
                        with suppress(httpx2.ConnectError):
                            await client.get("/health/live")
                            break
                        await asyncio.sleep(0.05)
                yield client
        finally:
            nginx.terminate()
            await nginx.communicate()


CLIP: dict[str, Any] = {"file": ("clip.wav", b"sound"), "stream": (None, "true")}


async def test_an_event_passes_before_the_next_one_happens(
    proxied: httpx2.AsyncClient, backend: ScriptedBackend
) -> None:
    backend.script = [*speech("First.", "Never.")[:3], 60.0]
    async with (
        asyncio.timeout(20),
        proxied.sse("/v1/audio/transcriptions", method="POST", files=CLIP) as source,
    ):
        assert (await anext(aiter(source))).event == "transcript.text.delta"
    await eventually(lambda: backend.cancelled == 1)


async def test_a_large_recording_passes_and_a_too_large_one_gets_the_servers_own_reason(
    proxied: httpx2.AsyncClient, backend: ScriptedBackend
) -> None:
    done = await proxied.post("/v1/audio/transcriptions", files={"file": ("a.wav", bytes(40 * MIB))})
    assert done.json()["text"] == "Hello there. General remarks."
    refused = await proxied.post("/v1/audio/transcriptions", files={"file": ("a.wav", bytes(60 * MIB))})
    assert (refused.status_code, refused.json()["error"]["code"]) == (413, "too_large")


async def test_the_key_is_asked_for_and_the_client_is_known(
    proxied: httpx2.AsyncClient, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.INFO, logger="orstt_api.access_log"):
        wrong = await proxied.get("/v1/models", headers={"Authorization": "Bearer no"})
        right = await proxied.get("/v1/models", headers={"X-Request-ID": "from-the-client"})
    assert (wrong.status_code, right.status_code) == (401, 200)
    assert right.headers["x-request-id"] == "from-the-client"
    assert "for key ward" in caplog.text


async def test_health_needs_no_key(proxied: httpx2.AsyncClient) -> None:
    assert (await proxied.get("/health/ready", headers={"Authorization": ""})).status_code == 200


async def test_a_page_in_the_browser_passes_and_one_from_elsewhere_does_not(
    proxied: httpx2.AsyncClient, tmp_path: Path
) -> None:
    origin = str(proxied.base_url).rstrip("/")
    answer = await proxied.post("/web/login", data={"key": "secret of ward"}, headers={"Origin": origin})
    cookie, *attributes = answer.headers["set-cookie"].split("; ")
    assert "Secure" in attributes
    trusted = ssl.create_default_context(cafile=str(tmp_path / "cert.pem"))
    socket = partial(connect, f"{origin.replace('http', 'ws')}/web/socket", ssl=trusted, proxy=None)
    with pytest.raises(InvalidStatus, match="403"):
        await socket(additional_headers={"Cookie": cookie, "Origin": "https://elsewhere.example"})
    async with asyncio.timeout(20), socket(additional_headers={"Cookie": cookie, "Origin": origin}) as page:
        await page.send('["stdin", "through nginx\\r"]')
        shown = b""
        while b"through nginx" not in shown:
            shown += await page.recv(decode=False)
