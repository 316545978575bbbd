"""How many uploads may arrive at once, and how long the server waits for one that stopped."""

from __future__ import annotations

import asyncio
from contextlib import AsyncExitStack
from pathlib import Path

import pytest
from scripted import ScriptedBackend
from serving import eventually, http_client, served
from upload_forms import FORM, HEAD, PATHS, TAIL, connected

from orstt_api.protocol import transfer_rate
from orstt_api.uploads import SPARE_PLACES
from orstt_core.errors import Busy


@pytest.mark.parametrize("path", PATHS)
async def test_only_so_many_arrive_at_once_and_the_next_is_told_when_to_try_again(
    backend: ScriptedBackend, uploads: Path, path: str
) -> None:
    form = HEAD + b"sound" + TAIL
    async with AsyncExitStack() as stack, served(backend, max_queued=2) as address, http_client(address) as http:
        arriving = [
            await stack.enter_async_context(connected(address, path, f"Content-Length: {len(form)}"))
            for _ in range(2 + SPARE_PLACES)
        ]
        for _, writer in arriving:
            writer.write(HEAD)
        await eventually(lambda: len(list(uploads.iterdir())) == len(arriving))
        async with connected(address, path, f"Content-Length: {500_000}") as (reader, writer), asyncio.timeout(20):
            writer.write(HEAD)
            assert await reader.readline() == b"HTTP/1.1 503 Service Unavailable\r\n"
            assert b"retry-after: %d\r\n" % Busy.retry_after in await reader.readuntil(b"\r\n\r\n")
        assert len(list(uploads.iterdir())) == len(arriving)
        assert backend.requests == []
        for reader, writer in arriving:
            writer.write(form.removeprefix(HEAD))
            assert await reader.readline() in (b"HTTP/1.1 200 OK\r\n", b"HTTP/1.1 202 Accepted\r\n")
        assert (await http.post(path, content=form, headers=FORM)).is_success


@pytest.mark.parametrize("path", PATHS)
async def test_a_recording_that_stops_arriving_is_given_up_and_removed(
    address: str, backend: ScriptedBackend, uploads: Path, path: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(transfer_rate, "IDLE_SECONDS", 0.1)
    async with connected(address, path, f"Content-Length: {100_000}") as (reader, writer), asyncio.timeout(20):
        writer.write(HEAD)
        await eventually(lambda: list(uploads.iterdir()))
        assert await reader.readline() == b"HTTP/1.1 400 Bad Request\r\n"
        assert b"nothing came for 0.1 seconds" in await reader.readuntil(b"}")
    assert list(uploads.iterdir()) == []
    assert backend.requests == []


async def test_a_recording_that_arrives_slowly_is_taken(
    address: str, backend: ScriptedBackend, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(transfer_rate, "IDLE_SECONDS", 1.0)
    form = HEAD + b"sound" + TAIL
    async with connected(address, PATHS[1], f"Content-Length: {len(form)}") as (reader, writer), asyncio.timeout(20):
        for begin in range(0, len(form), 16):
            writer.write(form[begin : begin + 16])
            await asyncio.sleep(0.2)  # in all longer than the server waits, and never half as long at once
        assert await reader.readline() == b"HTTP/1.1 200 OK\r\n"
    assert len(backend.requests) == 1
