"""How many uploads may arrive at once, and how long the server waits for one that stopped."""

from __future__ import annotations

import asyncio
import logging
from collections.abc import AsyncGenerator
from contextlib import AsyncExitStack, ExitStack, suppress
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, cast

import pytest
from scripted import ScriptedBackend
from serving import eventually, http_client, served
from upload_forms import FORM, HEAD, PATHS, TAIL, connected

from orstt_api.protocol import transfer_rate
from orstt_api.upload_places import SPARE_PLACES, UploadPlaces, client_of
from orstt_core.errors import Busy
from orstt_core.settings import Settings
from orstt_core.types import ApiKey

SHARES = {"127.0.0.1": 5, "127.0.0.2": 3, "127.0.0.3": 1, "127.0.0.4": 1}
"""Of ten places: half, half of what is left, and so on."""


@pytest.mark.parametrize("path", PATHS)
async def test_only_so_many_arrive_at_once_no_client_takes_all_and_the_next_is_told_when_to_try_again(
    backend: ScriptedBackend, uploads: Path, path: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(transfer_rate, "CROWDED_SECONDS", 600.0)
    form = HEAD + b"sound" + TAIL
    arriving: list[tuple[asyncio.StreamReader, asyncio.StreamWriter]] = []

    async def refused(source: str, why: bytes) -> None:
        async with connected(address, path, "Content-Length: 500000", source) as (reader, writer), asyncio.timeout(20):
            writer.write(HEAD)
            assert await reader.readline() == b"HTTP/1.1 503 Service Unavailable\r\n"
            assert b"retry-after: %d\r\n" % Busy.retry_after in await reader.readuntil(b"\r\n\r\n")
            assert why in await reader.readuntil(b"}")

    async with AsyncExitStack() as stack, served(backend, max_queued=2) as address, http_client(address) as http:
        for source, share in SHARES.items():
            for _ in range(share):
                connection = connected(address, path, f"Content-Length: {len(form)}", source)
                arriving.append(await stack.enter_async_context(connection))
                arriving[-1][1].write(HEAD)
                await eventually(lambda: len(list(uploads.iterdir())) == len(arriving))
            await refused(source, b"kept for others" if len(arriving) < 2 + SPARE_PLACES else b"as it can at once")
        assert len(list(uploads.iterdir())) == len(arriving) == 2 + SPARE_PLACES
        assert backend.requests == []
        for reader, writer in arriving:
            writer.write(form.removeprefix(HEAD))
            assert await reader.readline() in (b"HTTP/1.1 200 OK\r\n", b"HTTP/1.1 202 Accepted\r\n")
        assert (await http.post(path, content=form, headers=FORM)).is_success


async def test_from_a_client_that_reads_an_answer_no_further_what_it_holds_is_taken_away(
    backend: ScriptedBackend, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(transfer_rate, "GRACE_SECONDS", 0.1)
    monkeypatch.setattr(transfer_rate, "CROWDED_RATE", 1 << 30)
    given_back = asyncio.Event()

    async def endless(ref: str, start: float = 0.0, end: float | None = None) -> AsyncGenerator[bytes]:
        try:
            while True:
                yield bytes(1 << 20)
        finally:
            given_back.set()

    backend.audio = endless
    async with served(backend) as address:
        reader, writer = await asyncio.open_connection(*address.removeprefix("http://").split(":"), limit=1)
        writer.write(b"GET /api/jobs/any/audio HTTP/1.1\r\nHost: localhost\r\n\r\n")
        async with asyncio.timeout(60):
            await given_back.wait()
            with suppress(ConnectionError):
                assert not (await reader.read()).endswith(b"0\r\n\r\n"), "what is left of it is no whole answer"
        writer.close()
    logged = [record for record in caplog.records if record.levelno >= logging.WARNING]
    assert [(record.exc_info, "cut off" in record.getMessage()) for record in logged] == [(None, True)]


async def test_where_none_is_free_the_slowest_gives_its_place_to_who_comes_next(
    backend: ScriptedBackend, uploads: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(transfer_rate, "CROWDED_SECONDS", 0.0)  # the slowest is the one that was silent longest
    form = HEAD + b"sound" + TAIL
    arriving: list[tuple[asyncio.StreamReader, asyncio.StreamWriter]] = []

    async def keep_sending(writer: asyncio.StreamWriter) -> None:
        while not newcomer.done():
            writer.write(b"x" * 1000)
            await asyncio.sleep(0.01)

    async with AsyncExitStack() as stack, served(backend, max_queued=1) as address, http_client(address) as http:
        for number in range(1 + SPARE_PLACES):
            connection = connected(address, PATHS[0], "Content-Length: 50000000", f"127.0.0.{2 + number}")
            arriving.append(await stack.enter_async_context(connection))
            arriving[-1][1].write(HEAD)
            await eventually(lambda: len(list(uploads.iterdir())) == len(arriving))
        newcomer = asyncio.create_task(http.post(PATHS[0], content=form, headers=FORM))
        await keep_sending(arriving[0][1])
        assert (await newcomer).status_code == 200
        async with asyncio.timeout(20):
            reader, _ = arriving[1]
            assert await reader.readline() == b"HTTP/1.1 503 Service Unavailable\r\n"
            assert b"its place was needed" in await reader.readuntil(b"}")
        assert len(list(uploads.iterdir())) == SPARE_PLACES + 1  # all others still arrive, and the backend has one


async def test_what_was_given_up_is_read_no_further_even_if_its_own_time_ends_at_that_moment() -> None:
    async def drops() -> AsyncGenerator[bytes]:
        yield b"x"
        await asyncio.sleep(600)
        yield b"x"

    bodies = [transfer_rate.PacedBody(drops()) for _ in range(2)]
    for body in bodies:
        assert await body.read() == b"x"
    bodies[0].give_up()
    with pytest.raises(Busy, match="its place was needed"):
        await bodies[0].read()
    reading = asyncio.create_task(bodies[1].read())
    await asyncio.sleep(0)
    assert bodies[1]._timeout
    now = asyncio.get_running_loop().time()
    bodies[1]._timeout.reschedule(now)
    asyncio.get_running_loop().call_soon(bodies[1].give_up)  # just after the timeout, and before who reads hears of it
    with pytest.raises(Busy, match="its place was needed"):
        await reading


def test_while_there_are_places_nobody_slow_is_given_up_for_a_client_that_has_its_share(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    async def nothing() -> AsyncGenerator[bytes]:
        yield b""

    monkeypatch.setattr(transfer_rate, "CROWDED_SECONDS", -1.0)  # all are slow
    places = UploadPlaces(Settings(max_queued=2))
    with ExitStack() as stack:
        for client in [*["office"] * 4, *["field"] * 2]:
            stack.enter_context(places.place(client, transfer_rate.PacedBody(nothing())))
        with pytest.raises(Busy, match="4 recordings arrive from you already"):
            stack.enter_context(places.place("office", transfer_rate.PacedBody(nothing())))


def test_a_client_is_its_key_wherever_it_sends_from_or_else_its_site() -> None:
    def client(host: str, key: ApiKey | None = None) -> str:
        return client_of(cast("Any", {"client": (host, 1)}), key)

    ward, lab = [
        ApiKey(id=name, name=name, scope="transcribe", created_at=datetime.now(UTC), created_by="")
        for name in ("ward", "lab")
    ]
    assert client("192.0.2.1", ward) == client("192.0.2.2", ward) != client("192.0.2.1", lab)
    assert client("192.0.2.1") == client("::ffff:192.0.2.1") != client("::ffff:192.0.2.2")
    assert client("2001:db8::1") == client("2001:db8::ffff:2") != client("2001:db8:0:1::1")


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


async def test_what_came_fast_at_first_is_no_excuse_for_drops_later(
    address: str, uploads: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(transfer_rate, "GRACE_SECONDS", 0.3)
    async with connected(address, PATHS[0], "Content-Length: 900000") as (reader, writer), asyncio.timeout(20):
        writer.write(HEAD + bytes(500_000))
        answer = asyncio.create_task(reader.readuntil(b"}"))
        while not answer.done():
            writer.write(b"x")
            await asyncio.wait({answer}, timeout=0.05)
        assert b"too slowly" in answer.result()
    assert list(uploads.iterdir()) == []


async def test_a_recording_that_arrives_slowly_is_taken(
    address: str, backend: ScriptedBackend, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(transfer_rate, "IDLE_SECONDS", 1.0)
    monkeypatch.setattr(transfer_rate, "CROWDED_SECONDS", 0.0)  # nobody else wants its place
    form = HEAD + b"sound" + TAIL
    async with connected(address, PATHS[1], f"Content-Length: {len(form)}") as (reader, writer), asyncio.timeout(20):
        for begin in range(0, len(form), 16):
            writer.write(form[begin : begin + 16])
            await asyncio.sleep(0.2)  # in all longer than the server waits, and never half as long at once
        assert await reader.readline() == b"HTTP/1.1 200 OK\r\n"
    assert len(backend.requests) == 1
