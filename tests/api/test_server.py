"""Starting and stopping the server, in a program of its own and inside another one."""

from __future__ import annotations

import asyncio
import os
import signal
import socket
import sys
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Self

import httpx2
import pytest
from litestar.testing import AsyncTestClient
from scripted import ScriptedBackend
from serving import eventually, http_client, served

from orstt_api.app import create_app
from orstt_api.server import ApiServer, serve
from orstt_core.errors import Conflict, Forbidden, OrsttError, SettingsError
from orstt_core.settings import Settings
from orstt_core.types import Accepted, RequestServed

PROGRAM = """
import asyncio, sys
import uvloop
from scripted import ScriptedBackend
from orstt_api.server import serve
from orstt_core.settings import Settings
from orstt_core.types import Accepted

backend = ScriptedBackend()
backend.script = [Accepted(model="base"), 600.0]
with asyncio.Runner(loop_factory=uvloop.new_event_loop if "uvloop" in sys.argv else None) as runner:
    settings = Settings(port=0, shutdown_seconds=float(sys.argv[2]))
    runner.run(serve(backend, settings, on_start=lambda address: print(address, flush=True)))
print("ended", backend.cancelled)
"""


@asynccontextmanager
async def program(loop: str, shutdown_seconds: float) -> AsyncIterator[tuple[asyncio.subprocess.Process, str]]:
    """A process that serves a scripted backend; yields it and the address it printed."""
    paths = os.pathsep.join([str(Path(__file__).parents[1]), str(Path(__file__).parents[2])])
    process = await asyncio.create_subprocess_exec(
        sys.executable,
        "-W", "error", "-c", PROGRAM, loop, str(shutdown_seconds),
        env=os.environ | {"PYTHONPATH": paths},
        stdout=asyncio.subprocess.PIPE,
        stderr=asyncio.subprocess.PIPE,
    )  # fmt: skip
    assert process.stdout
    try:
        async with asyncio.timeout(30):
            address = (await process.stdout.readline()).decode().strip()
        yield process, address
    finally:
        if process.returncode is None:
            process.kill()
            await process.communicate()


async def communicate(process: asyncio.subprocess.Process, seconds: float) -> tuple[str, str]:
    async with asyncio.timeout(seconds):
        out, err = await process.communicate()
    return out.decode(), err.decode()


@pytest.mark.parametrize(("number", "loop"), [(signal.SIGINT, "asyncio"), (signal.SIGTERM, "uvloop")])
async def test_a_signal_ends_the_server_cleanly_and_soon(number: signal.Signals, loop: str) -> None:
    async with program(loop, 0.1) as (process, address), http_client(address) as http:
        stream = http.sse("/api/v1/transcriptions", method="POST", files={"audio": b"x"})
        async with stream as source:
            events = aiter(source)
            assert (await anext(events)).event == "accepted"
            process.send_signal(number)
            async with asyncio.timeout(20):
                last = await anext(events)
        assert last.event == "error"
        assert "stopping" in last.data
        out, err = await communicate(process, 20)
    assert (process.returncode, out, err) == (0, "ended 1\n", "")


async def test_a_second_signal_waits_for_nothing() -> None:
    async with program("asyncio", 60) as (process, address), http_client(address) as http:
        stream = http.sse("/api/v1/transcriptions", method="POST", files={"audio": b"x"})
        async with stream as source:
            events = aiter(source)  # kept: without it the connection closes
            await anext(events)
            process.send_signal(signal.SIGINT)
            await asyncio.sleep(0.3)  # until the first one was seen
            process.send_signal(signal.SIGINT)
            out, _ = await communicate(process, 20)
    assert (process.returncode, out) == (0, "ended 1\n")


async def test_signals_are_left_to_the_program_around_it(backend: ScriptedBackend) -> None:
    before = {number: signal.getsignal(number) for number in (signal.SIGINT, signal.SIGTERM)}
    async with served(backend):
        assert {number: signal.getsignal(number) for number in before} == before
    assert {number: signal.getsignal(number) for number in before} == before


async def test_a_taken_port_is_an_error_and_not_the_end(backend: ScriptedBackend) -> None:
    with socket.create_server(("127.0.0.1", 0)) as other:
        port = other.getsockname()[1]
        with pytest.raises(Conflict, match=f"Port {port} on 127.0.0.1 is taken") as refusal:
            await ApiServer(backend, Settings(port=port)).start()
    assert "another port" in refusal.value.hint


async def test_a_port_can_be_used_again_at_once(backend: ScriptedBackend) -> None:
    async with served(backend) as address, http_client(address) as http:
        await http.get("/health")
    port = int(address.rpartition(":")[2])
    async with served(backend, port=port) as again:
        assert again == address


@pytest.mark.parametrize(
    ("settings", "kind", "says"),
    [
        (Settings(host="0.0.0.0", port=0), Forbidden, "anyone"),
        (Settings(host="no.such.host.invalid", port=0, api_key="k"), SettingsError, "no.such.host.invalid"),
        (Settings(host="203.0.113.9", port=0, api_key="k"), SettingsError, "cannot listen on 203.0.113.9"),
    ],
)
async def test_an_address_it_cannot_have_is_refused_with_the_reason(
    backend: ScriptedBackend, settings: Settings, kind: type[OrsttError], says: str
) -> None:
    with pytest.raises(kind, match=says):
        await ApiServer(backend, settings).start()


async def test_a_public_address_is_served_once_a_key_is_set(backend: ScriptedBackend) -> None:
    async with served(backend, host="0.0.0.0", api_key="k") as address:
        assert address.startswith("http://0.0.0.0:")
        async with http_client(address.replace("0.0.0.0", "127.0.0.1")) as http:
            assert (await http.get("/api/v1/info", headers={"Authorization": "Bearer k"})).status_code == 200


async def test_ipv6_addresses_are_written_so_that_they_can_be_used(backend: ScriptedBackend) -> None:
    try:
        async with served(backend, host="[::1]") as address, http_client(address) as http:
            assert address.startswith("http://[::1]:")
            assert (await http.get("/api/v1/info")).status_code == 200
    except SettingsError:
        pytest.skip("this machine has no IPv6")


async def test_every_request_is_told_with_its_outcome(backend: ScriptedBackend) -> None:
    told: list[RequestServed] = []
    async with served(backend, on_request=told.append) as address, http_client(address) as http:
        await http.get("/health")
        await http.post("/api/set_stt_model", json={"model_id": 99})
        await http.get("/api/v1/models/two%20words")
        await http.get("/nothing%1B%5B2J%0A")
    assert [(one.method, one.path, one.status) for one in told] == [
        ("GET", "/health", 200),
        ("POST", "/api/set_stt_model", 404),
        ("GET", "/api/v1/models/two words", 404),
        ("GET", "/nothing?[2J?", 404),
    ]
    assert all(one.client == "127.0.0.1" and 0 < one.seconds < 5 for one in told)


async def test_a_stream_is_told_when_it_has_ended(backend: ScriptedBackend) -> None:
    told: list[RequestServed] = []
    backend.script = [Accepted(model="base"), 60.0]
    async with served(backend, on_request=told.append) as address, http_client(address) as http:
        async with http.sse("/api/v1/transcriptions", method="POST", files={"audio": b"x"}) as source:
            events = aiter(source)
            await anext(events)
            assert told == []
        await eventually(lambda: told)
    assert told[0].status == 200


async def test_a_request_whose_client_went_away_is_told_as_such(backend: ScriptedBackend) -> None:
    told: list[RequestServed] = []
    backend.script = [60.0]
    async with served(backend, on_request=told.append) as address, http_client(address) as http:
        asking = asyncio.create_task(http.post("/api/transcribe_only", files={"audio": b"x"}))
        await eventually(lambda: backend.requests)
        asking.cancel()
        await eventually(lambda: told)
    assert [one.status for one in told] == [499]


async def test_a_server_that_cannot_be_announced_does_not_stay(backend: ScriptedBackend) -> None:
    addresses: list[str] = []

    def announce(address: str) -> None:
        addresses.append(address)
        raise BrokenPipeError

    with pytest.raises(BrokenPipeError):
        await serve(backend, Settings(port=0), on_start=announce)
    async with http_client(addresses[0]) as http:
        with pytest.raises(httpx2.ConnectError):
            await http.get("/health")


async def test_a_server_stops_twice_and_before_it_started(backend: ScriptedBackend) -> None:
    never = ApiServer(backend, Settings(port=0))
    await never.stop()
    server = ApiServer(backend, Settings(port=0))
    address = await server.start()
    await asyncio.gather(server.stop(), server.stop())
    await server.stop()
    async with http_client(address) as http:
        with pytest.raises(httpx2.ConnectError):
            await http.get("/health")


class Watched(ScriptedBackend):
    opened = 0

    async def __aenter__(self) -> Self:
        self.opened += 1
        return self

    async def __aexit__(self, *_: object) -> None:
        self.opened -= 1


@pytest.mark.parametrize("owns", [True, False])
async def test_an_application_opens_only_a_backend_of_its_own(*, owns: bool) -> None:
    backend = Watched()
    async with AsyncTestClient(create_app(backend, Settings(), owns_backend=owns)):
        assert backend.opened == owns
    assert backend.opened == 0
