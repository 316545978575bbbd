"""Text beside recordings, and bodies of JSON: bounded for each request and for all of them together."""

from __future__ import annotations

import asyncio

import httpx2
import pytest
from scripted import ScriptedBackend
from serving import http_client, served
from upload_forms import FORM, PATHS

from orstt_api import body_memory
from orstt_core.errors import Busy


async def test_a_text_field_cannot_fill_the_memory(http: httpx2.AsyncClient) -> None:
    answer = await http.post(PATHS[0], data={"options": "x" * 100_000}, files={"audio": b"x"})
    assert (answer.status_code, answer.json()["field"]) == (413, "options")
    many = dict.fromkeys(("options", "initial_prompt", "hotwords"), "x" * 60_000)
    answer = await http.post(PATHS[0], data=many, files={"audio": b"x"})
    assert (answer.status_code, answer.json()["field"]) == (413, "hotwords")


async def test_a_field_that_is_no_list_is_refused_when_it_comes_again(http: httpx2.AsyncClient) -> None:
    for path, file in ((PATHS[0], "audio"), ("/v1/audio/transcriptions", "file")):
        again = {"model": ["", "base", "tiny"]}
        answer = await http.post(path, data=again, files={file: b"x"})
        assert answer.status_code == 400
        assert "model is given twice" in answer.text


@pytest.mark.parametrize("kind", ["json", "form", "form for json"])
async def test_text_of_all_connections_together_cannot_fill_the_memory(
    backend: ScriptedBackend, monkeypatch: pytest.MonkeyPatch, kind: str
) -> None:
    monkeypatch.setattr(body_memory, "MOST_BYTES", 100_000)
    head = b'{"name": "' if kind == "json" else b'--b\r\nContent-Disposition: form-data; name="hotwords"\r\n\r\n'
    media = "application/json" if kind == "json" else FORM["Content-Type"]
    path = PATHS[0] if kind == "form" else "/api/v1/models/validate"
    announced = f"POST {path} HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 90000\r\nContent-Type: {media}\r\n\r\n"
    async with served(backend) as address, http_client(address) as http:
        port = int(address.rpartition(":")[2])
        reader, writer = await asyncio.open_connection("127.0.0.1", port)
        writer.write(announced.encode() + head + b"x" * 60_000)  # and waits
        other, second = await asyncio.open_connection("127.0.0.1", port)
        async with asyncio.timeout(20):
            second.write(announced.encode() + head + b"x" * 60_000)
            waiting = [asyncio.create_task(stream.readuntil(b"\r\n\r\n")) for stream in (reader, other)]
            await asyncio.wait(waiting, return_when=asyncio.FIRST_COMPLETED)
            [answer] = [task.result() for task in waiting if task.done()]
            assert answer.startswith(b"HTTP/1.1 503")
            assert b"retry-after: %d\r\n" % Busy.retry_after in answer
            for task in waiting:
                task.cancel()
            await asyncio.gather(*waiting, return_exceptions=True)
        writer.close()
        second.close()

        async with asyncio.timeout(20):  # what those who left had is free again
            form = {"options": " " * 60_000 + "{}"}
            while not (await http.post(PATHS[0], data=form, files={"audio": b"x"})).is_success:
                await asyncio.sleep(0.01)
