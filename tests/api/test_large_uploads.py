"""Large bodies sent to a real `orstt serve`: they go to disk as they come, and the server's memory does not follow."""

from __future__ import annotations

import select
import socket
from collections.abc import Iterator
from pathlib import Path

import psutil
import pytest
from cli.running import Shell, wait_for

from orstt_core.settings import Settings

pytestmark = pytest.mark.slow
MIB = 1024 * 1024
PATHS = {"/v1/audio/transcriptions": "file", "/api/transcribe_only": "audio"}


@pytest.fixture
def server(request: pytest.FixtureRequest) -> Iterator[tuple[str, psutil.Process]]:
    """A server that takes as much as the parameter says, in MiB, and its process."""
    with Shell().serving(ORSTT_MAX_UPLOAD_MB=str(request.param), ORSTT_RETRY_MINUTES="0") as address:
        [process] = psutil.Process().children()
        yield address, process


def peak(process: psutil.Process) -> int:
    """The most memory in bytes that a process held since it was last forgotten."""
    for line in Path(f"/proc/{process.pid}/status").read_text().splitlines():
        if line.startswith("VmHWM"):
            return int(line.split()[1]) * 1024
    raise AssertionError("the kernel does not tell")


def forget_peak(process: psutil.Process) -> None:
    """Count the peak from now on; see proc(5), clear_refs."""
    Path(f"/proc/{process.pid}/clear_refs").write_text("5")


def post(address: str, path: str, size: int) -> tuple[int, str, int]:
    """Send a form whose recording is so many zeros, until it is answered.

    Returns:
        The status, the answer's body, and how many bytes of the recording were sent by then.
    """
    host, port = address.removeprefix("http://").split(":")
    head = f'--b\r\nContent-Disposition: form-data; name="{PATHS[path]}"; filename="a.wav"\r\n\r\n'.encode()
    tail, chunk, sent = b"\r\n--b--\r\n", bytes(MIB), 0
    with socket.create_connection((host, int(port)), timeout=60) as connection:
        connection.sendall(
            f"POST {path} HTTP/1.1\r\nHost: {host}\r\nContent-Length: {len(head) + size + len(tail)}\r\n"
            f"Connection: close\r\nContent-Type: multipart/form-data; boundary=b\r\n\r\n".encode()
            + head
        )
        while sent < size and not select.select([connection], [], [], 0)[0]:
            connection.sendall(chunk)
            sent += len(chunk)
        if sent == size:
            connection.sendall(tail)
        else:
            connection.shutdown(socket.SHUT_WR)
        answer = b""
        while received := connection.recv(65536):
            answer += received
    start, _, body = answer.partition(b"\r\n\r\n")
    return int(start.split()[1]), body.decode(), sent


@pytest.mark.parametrize("server", [1000], indirect=True)
def test_half_a_gigabyte_moves_the_servers_memory_by_less_than_fifty_megabytes(
    server: tuple[str, psutil.Process],
) -> None:
    address, process = server
    for path, size in (("/v1/audio/transcriptions", 500 * MIB), ("/api/transcribe_only", 100 * MIB)):
        assert post(address, path, MIB)[0] >= 400  # whatever a first request loads is loaded
        forget_peak(process)
        before = process.memory_info().rss
        status, answer, sent = post(address, path, size)
        assert (status, sent) == (400 if path.startswith("/v1") else 422, size), answer
        assert peak(process) - before < 50e6
        wait_for(lambda: not list(Settings().spool.iterdir()))


@pytest.mark.parametrize("path", PATHS)
@pytest.mark.parametrize("server", [10], indirect=True)
def test_what_is_too_large_is_cut_off_long_before_its_end(server: tuple[str, psutil.Process], path: str) -> None:
    status, answer, sent = post(server[0], path, 2000 * MIB)
    assert (status, "10 MiB" in answer) == (413, True)
    assert sent < 50 * MIB
    assert not Settings().spool.exists()
