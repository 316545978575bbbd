"""RemoteBackend sends recordings as they are read, and of their names only what is needed."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest
from scripted import ScriptedBackend
from serving import served

from orstt_api.client import RemoteBackend
from orstt_core.errors import FileProblem, TooLarge
from orstt_core.types import Done, TranscribeRequest


async def test_a_file_that_cannot_be_read_is_told_before_anything_is_sent(tmp_path: Path) -> None:
    async with RemoteBackend("http://127.0.0.1:1") as remote:
        for path in (tmp_path / "missing.wav", tmp_path):
            with pytest.raises(FileProblem, match=str(path)):
                await anext(remote.transcribe(TranscribeRequest(audio=path)))


async def test_no_path_travels_to_the_server(backend: ScriptedBackend, tmp_path: Path) -> None:
    path = tmp_path / "visit.wav"
    path.write_bytes(b"sound")
    async with served(backend) as url, RemoteBackend(url) as remote:
        [event async for event in remote.transcribe(TranscribeRequest(audio=path))]
        [event async for event in remote.transcribe(TranscribeRequest(audio=path, filename="Tuesday"))]
    assert [request.filename for request in backend.requests] == ["visit.wav", "Tuesday"]
    assert str(tmp_path) not in str(backend.requests)


@pytest.mark.parametrize("name", ["line\nbreak.wav", 'quo"te.wav', "back\\slash.wav", "Größe 話.wav", b"\xff\xfe.wav"])
async def test_a_recording_of_any_name_can_be_sent(backend: ScriptedBackend, tmp_path: Path, name: str | bytes) -> None:
    path = tmp_path / (name if isinstance(name, str) else name.decode("utf-8", "surrogateescape"))
    path.write_bytes(b"sound")
    async with served(backend) as url, RemoteBackend(url) as remote:
        events = [event async for event in remote.transcribe(TranscribeRequest(audio=path))]
    assert isinstance(events[-1], Done)


async def test_a_recording_that_is_too_large_for_the_server_says_so(backend: ScriptedBackend, tmp_path: Path) -> None:
    path = tmp_path / "long.wav"
    path.write_bytes(b"x" * 3_000_000)
    async with served(backend, max_upload_mb=1) as url, RemoteBackend(url) as remote:
        with pytest.raises(TooLarge, match="1 MiB"):
            await anext(remote.transcribe(TranscribeRequest(audio=path)))


async def test_of_a_pipe_no_more_is_read_than_the_setting_says(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("ORSTT_MAX_UPLOAD_MB", "1")
    pipe = tmp_path / "pipe"
    os.mkfifo(pipe)
    with subprocess.Popen(["sh", "-c", 'head -c 3000000 /dev/zero > "$0"', pipe]):
        async with RemoteBackend("http://127.0.0.1:1") as remote:
            with pytest.raises(TooLarge, match=r"more than 1 MiB.*max_upload_mb"):
                await anext(remote.transcribe(TranscribeRequest(audio=pipe)))


async def test_a_recording_is_sent_while_it_is_read(
    backend: ScriptedBackend, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "long.wav"
    path.write_bytes(b"x" * 5_000_000)
    largest = 0
    open_path = Path.open

    def watched(self: Path, mode: str = "r") -> object:
        file = open_path(self, mode)
        read = file.read

        def noting(size: int = -1) -> object:
            nonlocal largest
            data = read(size)
            largest = max(largest, len(data))
            return data

        file.read = noting  # to see how much is read at a time
        return file

    async with served(backend) as url, RemoteBackend(url) as remote:
        monkeypatch.setattr(Path, "open", watched)
        [event async for event in remote.transcribe(TranscribeRequest(audio=path))]
    assert 0 < largest < 1_000_000
